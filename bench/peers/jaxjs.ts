// jax-js, used as its documentation shows: the whole step (gather, forward, valueAndGrad, update) inside one `jit`, the
// dataset resident, ownership passed by `.ref`, and no wait but for the last loss.

import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import type { Device } from '@jax-js/jax'
import { batchStart } from '../engines/engine.ts'
import type { Dataset, Engine, Session, Task } from '../engines/engine.ts'

// A type alias, not an interface: jax-js's tree types ask for that.
type Params = { w1: np.Array; b1: np.Array; w2: np.Array; b2: np.Array }

/** Opens jax-js on `webgpu` or `wasm`. */
export async function openJaxjs(device: string, dataset: Dataset): Promise<Engine> {
  const wanted = device === 'webgpu' ? 'webgpu' : 'wasm'
  const available: Device[] = await init(wanted)
  if (!available.includes(wanted)) throw new Error(`jax-js could not start its ${wanted} backend`)
  defaultDevice(wanted)
  const { count, features } = dataset
  const images = np.array(
    Float32Array.from(dataset.images, (pixel) => pixel / 255),
    { shape: [count, features] },
  )
  const labels = np.array(Int32Array.from(dataset.labels), { dtype: np.int32 })
  const threads = typeof SharedArrayBuffer === 'undefined' ? 1 : navigator.hardwareConcurrency
  const name = wanted === 'wasm' ? `jax-js wasm, ${threads} thread(s)` : 'jax-js webgpu'
  return { device: name, prepare: async (task) => prepareJaxjs(task, images, labels, dataset) }
}

function prepareJaxjs(task: Task, images: np.Array, labels: np.Array, dataset: Dataset): Session {
  const { batchSize, hidden, learningRate, order } = task
  const { features, classes } = dataset
  const samples = Int32Array.from(order)
  let step = 0
  let params: Params = {
    w1: np.array(task.params.w1, { shape: [features, hidden] }),
    b1: np.array(task.params.b1),
    w2: np.array(task.params.w2, { shape: [hidden, classes] }),
    b2: np.array(task.params.b2),
  }

  function batchLoss({ w1, b1, w2, b2 }: Params, x: np.Array, y: np.Array): np.Array {
    const activation = nn.relu(np.dot(x, w1).add(b1))
    const logits = np.dot(activation, w2).add(b2)
    return nn
      .logSoftmax(logits)
      .mul(nn.oneHot(y, classes))
      .sum()
      .mul(-1 / batchSize)
  }

  const trainStep = jit((current: Params, x: np.Array, y: np.Array, index: np.Array): [Params, np.Array] => {
    const [loss, gradients] = valueAndGrad(batchLoss)(tree.ref(current), x.slice(index.ref), y.slice(index))
    const updated = {
      w1: current.w1.sub(gradients.w1.mul(learningRate)),
      b1: current.b1.sub(gradients.b1.mul(learningRate)),
      w2: current.w2.sub(gradients.w2.mul(learningRate)),
      b2: current.b2.sub(gradients.b2.mul(learningRate)),
    }
    return [updated, loss]
  })

  return {
    async run(steps) {
      let last = NaN
      for (let n = 1; n <= steps; n++) {
        const start = batchStart(task, step++)
        const index = np.array(samples.slice(start, start + batchSize), { dtype: np.int32 })
        const [updated, loss] = trainStep(params, images.ref, labels.ref, index)
        params = updated
        if (n < steps) loss.dispose()
        else last = (await loss.data())[0] ?? NaN
      }
      return last
    },
    dispose() {
      tree.dispose(params)
      trainStep.dispose()
    },
  }
}
