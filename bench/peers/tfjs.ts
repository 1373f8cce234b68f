// TensorFlow.js, used as its documentation shows: variables, `optimizer.minimize` inside `tf.tidy`, a dataset that stays
// on the device, no read-back but the last loss. Its dense layers run as `tf.layers.dense` runs them: `tf.fused.matMul`.

import * as tf from '@tensorflow/tfjs'
import { batchStart } from '../engines/engine.ts'
import type { Dataset, Engine, Session, Task } from '../engines/engine.ts'

/** The whole dataset as device tensors: float32 images in [0, 1] and one-hot labels. */
interface Resident {
  readonly images: tf.Tensor2D
  readonly labels: tf.Tensor2D
}

/** Opens TF.js on `webgpu`, `wasm` or `cpu`. */
export async function openTfjs(device: string, dataset: Dataset): Promise<Engine> {
  const name = await selectBackend(device)
  const { count, features, classes } = dataset
  const images = tf.tensor2d(
    Float32Array.from(dataset.images, (pixel) => pixel / 255),
    [count, features],
  )
  const oneHot = new Float32Array(count * classes)
  dataset.labels.forEach((label, sample) => (oneHot[sample * classes + label] = 1))
  const labels = tf.tensor2d(oneHot, [count, classes])
  return { device: name, prepare: async (task) => prepareTfjs(task, { images, labels }) }
}

async function selectBackend(device: string): Promise<string> {
  let name = `TF.js ${tf.version.tfjs} ${device}`
  if (device === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu')
  if (device === 'wasm') {
    const wasm = await import('@tensorflow/tfjs-backend-wasm')
    wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/')
  }
  if (!(await tf.setBackend(device))) throw new Error(`TF.js could not start its ${device} backend`)
  await tf.ready()
  if (device === 'wasm') {
    const wasm = await import('@tensorflow/tfjs-backend-wasm')
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
    const threaded = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')
    name += `, ${simd ? 'SIMD' : 'no SIMD'}, ${threaded ? wasm.getThreadsCount() : 1} thread(s)`
  }
  return name
}

function prepareTfjs(task: Task, resident: Resident): Session {
  const { batchSize, hidden, params, order } = task
  const [features, classes] = [resident.images.shape[1], resident.labels.shape[1]]
  const w1 = tf.variable(tf.tensor2d(params.w1, [features, hidden]))
  const b1 = tf.variable(tf.tensor1d(params.b1))
  const w2 = tf.variable(tf.tensor2d(params.w2, [hidden, classes]))
  const b2 = tf.variable(tf.tensor1d(params.b2))
  const optimizer = tf.train.sgd(task.learningRate)
  const samples = Int32Array.from(order)
  let step = 0

  function batchLoss(images: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
    const activation = tf.fused.matMul({ a: images, b: w1, bias: b1, activation: 'relu' })
    const logits = tf.fused.matMul({ a: activation, b: w2, bias: b2 })
    return tf.losses.softmaxCrossEntropy(labels, logits).asScalar()
  }

  /** One step; the returned loss is the caller's to dispose. */
  function trainStep(): tf.Scalar {
    const start = batchStart(task, step++)
    return tf.tidy(() => {
      const index = tf.tensor1d(samples.subarray(start, start + batchSize), 'int32')
      const images = tf.gather(resident.images, index)
      const labels = tf.gather(resident.labels, index)
      const loss = optimizer.minimize(() => batchLoss(images, labels), true, [w1, b1, w2, b2])
      if (loss === null) throw new Error('TF.js returned no loss')
      return loss
    })
  }

  return {
    async run(steps) {
      for (let n = 1; n < steps; n++) trainStep().dispose()
      const last = trainStep()
      const [loss] = await last.data()
      last.dispose()
      return loss ?? NaN
    },
    dispose() {
      tf.dispose([w1, b1, w2, b2])
      optimizer.dispose()
    },
  }
}
