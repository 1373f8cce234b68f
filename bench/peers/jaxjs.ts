// jax-js, used as its documentation shows: the whole step (gather, forward, valueAndGrad, update) inside one `jit`, the
// dataset resident, ownership passed by `.ref`, and no wait but for the last loss.

import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import type { Device } from '@jax-js/jax'
import { batchStart } from '../engines/engine.ts'
import type { Dataset, Engine, OptimizerSpec, Session, Workload } from '../engines/engine.ts'
import { jaxInputs, jaxLogits, jaxParams, type Weights } from './jaxjsModels.ts'

const beta1 = 0.9
const beta2 = 0.999
const epsilon = 1e-8
const testBatch = 1000

// A type alias, not an interface: jax-js's tree types ask for that.
type State = { params: Weights; mean: Weights; variance: Weights; count: np.Array }

/** Starts jax-js on `webgpu` or `wasm`; returns what to call it. */
export async function startJaxjs(device: string): Promise<string> {
  const wanted = device === 'webgpu' ? 'webgpu' : 'wasm'
  const available: Device[] = await init(wanted)
  if (!available.includes(wanted)) throw new Error(`jax-js could not start its ${wanted} backend`)
  defaultDevice(wanted)
  const threads = typeof SharedArrayBuffer === 'undefined' ? 1 : navigator.hardwareConcurrency
  return wanted === 'wasm' ? `jax-js wasm, ${threads} thread(s)` : 'jax-js webgpu'
}

/** Opens jax-js on `webgpu` or `wasm`. */
export async function openJaxjs(device: string, workload: Workload): Promise<Engine> {
  const name = await startJaxjs(device)
  const resident = residentOf(workload.dataset, workload)
  return { device: name, prepare: async (batchSize) => prepareJaxjs(workload, batchSize, resident) }
}

/** Inputs as the model takes them, and integer targets. */
function residentOf(dataset: Dataset, { model }: Workload): { inputs: np.Array; targets: np.Array } {
  const perSample = dataset.targets.length / dataset.count
  const targets = np.array(Int32Array.from(dataset.targets), {
    dtype: np.int32,
    shape: perSample === 1 ? [dataset.count] : [dataset.count, perSample],
  })
  return { inputs: jaxInputs(model, dataset), targets }
}

function prepareJaxjs(workload: Workload, batchSize: number, resident: ReturnType<typeof residentOf>): Session {
  const { model, dataset, optimizer } = workload
  const samples = Int32Array.from(workload.order)
  let step = 0
  const params = jaxParams(model, workload.params)
  // what plain SGD does not need is not even there
  const moments = (): Weights => (optimizer.kind === 'sgd' ? {} : zerosLike(params))
  let state: State = { params, mean: moments(), variance: moments(), count: np.array(0) }

  function batchLoss(weights: Weights, x: np.Array, y: np.Array): np.Array {
    const logits = jaxLogits(model, weights, x)
    return nn
      .logSoftmax(logits)
      .mul(nn.oneHot(y, dataset.classes))
      .sum()
      .mul((-1 / batchSize) * (dataset.count / dataset.targets.length))
  }

  const trainStep = jit((current: State, x: np.Array, y: np.Array, index: np.Array): [State, np.Array] => {
    const [loss, gradients] = valueAndGrad(batchLoss)(tree.ref(current.params), x.slice(index.ref), y.slice(index))
    return [optimizer.kind === 'sgd' ? sgd(current, gradients, optimizer) : adam(current, gradients, optimizer), loss]
  })

  const countCorrect = jit((weights: Weights, x: np.Array, y: np.Array) =>
    np
      .argmax(jaxLogits(model, weights, x), -1)
      .equal(y)
      .astype(np.float32)
      .sum(),
  )

  return {
    async run(steps) {
      let last = NaN
      for (let n = 1; n <= steps; n++) {
        const start = batchStart(workload, batchSize, step++)
        const index = np.array(samples.slice(start, start + batchSize), { dtype: np.int32 })
        const [updated, loss] = trainStep(state, resident.inputs.ref, resident.targets.ref, index)
        state = updated
        if (n < steps) loss.dispose()
        else last = (await loss.data())[0] ?? NaN
      }
      return last
    },
    async accuracy() {
      if (workload.test === undefined) throw new Error('the workload has no test samples')
      const test = residentOf(workload.test, workload)
      let correct = 0
      for (let from = 0; from < workload.test.count; from += testBatch) {
        const [x, y] = [
          test.inputs.ref.slice([from, from + testBatch]),
          test.targets.ref.slice([from, from + testBatch]),
        ]
        correct += (await countCorrect(tree.ref(state.params), x, y).data())[0] ?? NaN
      }
      tree.dispose(test)
      return correct / workload.test.count
    },
    dispose() {
      tree.dispose(state)
      trainStep.dispose()
      countCorrect.dispose()
    },
  }
}

/** `w - learningRate g`. */
function sgd(current: State, gradients: Weights, { learningRate }: OptimizerSpec): State {
  return { ...current, params: combine(current.params, gradients, (w, g) => w.sub(g.mul(learningRate))) }
}

/** Adam with bias corrections from the count of steps, which is part of the state. */
function adam(current: State, gradients: Weights, { learningRate }: OptimizerSpec): State {
  const count = current.count.add(1)
  const correction = (beta: number): np.Array =>
    np
      .exp(count.ref.mul(Math.log(beta)))
      .mul(-1)
      .add(1)
  const [first, second] = [correction(beta1), correction(beta2)]
  const mean = combine(current.mean, tree.ref(gradients), (m, g) => m.mul(beta1).add(g.mul(1 - beta1)))
  const variance = combine(current.variance, gradients, (v, g) => v.mul(beta2).add(np.square(g).mul(1 - beta2)))
  const updates = combine(tree.ref(mean), tree.ref(variance), (m, v) =>
    m
      .div(first.ref)
      .mul(learningRate)
      .div(np.sqrt(v.div(second.ref)).add(epsilon)),
  )
  const params = combine(current.params, updates, (w, update) => w.sub(update))
  first.dispose()
  second.dispose()
  return { params, mean, variance, count }
}

/** Zeros in the shapes of weights, which stay. */
function zerosLike(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, np.zeros(shape)]))
}

/** Two trees of weights, name by name; both are consumed. */
function combine(left: Weights, right: Weights, join: (left: np.Array, right: np.Array) => np.Array): Weights {
  return Object.fromEntries(
    Object.entries(left).map(([name, value]) => {
      const other = right[name]
      if (other === undefined) throw new Error(`no counterpart of ${name}`)
      return [name, join(value, other)]
    }),
  )
}
