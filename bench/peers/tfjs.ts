// TensorFlow.js, used as its documentation shows: variables, `optimizer.minimize` inside `tf.tidy`, a dataset that stays
// on the device, no read-back but the last loss. Its layers run as those of `tf.layers` do: fused with bias and activation.

import * as tf from '@tensorflow/tfjs'
import { batchStart } from '../engines/engine.ts'
import type { Dataset, Engine, Session, Workload } from '../engines/engine.ts'
import { tfjsLogits } from './tfjsModels.ts'

const testBatch = 1000

/**
 * Off where the batch size is odd. Packed textures hold 2x2 blocks, and a product of TF.js 4.22 sums over whole blocks, also
 * beyond an odd inner dimension, where a bias has left values: the weight gradients would be wrong. Without the first flag
 * every result is unpacked and packed anew, with zeros there. The second only costs time then.
 */
const packing = ['WEBGL_LAZILY_UNPACK', 'WEBGL_PACK_BINARY_OPERATIONS']

/** The whole dataset as device tensors: float32 images in [0, 1] or int32 tokens, and one-hot targets. */
interface Resident {
  readonly inputs: tf.Tensor
  readonly targets: tf.Tensor
}

/** Opens TF.js on `webgpu`, `webgl`, `wasm` or `cpu`. */
export async function openTfjs(device: string, workload: Workload): Promise<Engine> {
  const name = await startTfjs(device)
  const resident = residentOf(workload.dataset)
  return { device: name, prepare: async (batchSize) => prepareTfjs(workload, batchSize, resident) }
}

function residentOf({ count, sampleShape, classes, inputs, targets }: Dataset): Resident {
  const shape = [count, ...sampleShape]
  const oneHot = new Float32Array(targets.length * classes)
  targets.forEach((label, at) => (oneHot[at * classes + label] = 1))
  const perSample = targets.length / count
  return {
    inputs:
      inputs instanceof Int32Array
        ? tf.tensor(inputs, shape, 'int32')
        : tf.tensor(
            Float32Array.from(inputs, (pixel) => pixel / 255),
            shape,
          ),
    targets: tf.tensor(oneHot, perSample === 1 ? [count, classes] : [count, perSample, classes]),
  }
}

/** Starts TF.js on `webgpu`, `webgl`, `wasm` or `cpu`; returns what to call it. */
export async function startTfjs(device: string): Promise<string> {
  let name = `TF.js ${tf.version.tfjs} ${device}`
  if (device === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu')
  if (device === 'wasm') {
    const wasm = await import('@tensorflow/tfjs-backend-wasm')
    wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/')
  }
  if (device === 'webgl') {
    const lack = webglLack()
    if (lack !== undefined) throw new Error(lack)
    name += `, float32 textures, ${webglRenderer()}`
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

/** What this browser lacks for TF.js to train on `webgl` in float32, or undefined. */
export function webglLack(): string | undefined {
  // else TF.js refuses a WebGL that runs on the processor
  tf.env().set('SOFTWARE_WEBGL_ENABLED', true)
  if (tf.env().getNumber('WEBGL_VERSION') < 2) return 'no WebGL2 here'
  if (!tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return 'WebGL2 here cannot render to float32 textures'
  return undefined
}

/** What runs WebGL: it need not be what runs WebGPU. */
function webglRenderer(): string {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2')
  const info = gl?.getExtension('WEBGL_debug_renderer_info')
  return gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : 'unknown renderer'
}

function prepareTfjs(workload: Workload, batchSize: number, resident: Resident): Session {
  const { model } = workload
  if (tf.getBackend() === 'webgl') for (const flag of packing) tf.env().set(flag, batchSize % 2 === 0)
  const weights = Object.fromEntries(
    Object.entries(workload.params).map(([name, { shape, data }]) => [name, tf.variable(tf.tensor(data, [...shape]))]),
  )
  const variables = Object.values(weights)
  const { kind, learningRate } = workload.optimizer
  const optimizer = kind === 'sgd' ? tf.train.sgd(learningRate) : tf.train.adam(learningRate, 0.9, 0.999, 1e-8)
  const samples = Int32Array.from(workload.order)
  let step = 0

  /** One step; the returned loss is the caller's to dispose. */
  function trainStep(): tf.Scalar {
    const start = batchStart(workload, batchSize, step++)
    return tf.tidy(() => {
      const index = tf.tensor1d(samples.subarray(start, start + batchSize), 'int32')
      const inputs = tf.gather(resident.inputs, index)
      const targets = tf.gather(resident.targets, index)
      const loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(targets, tfjsLogits(model, weights, inputs)).asScalar(),
        true,
        variables,
      )
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
    async accuracy() {
      if (workload.test === undefined) throw new Error('the workload has no test samples')
      const { count } = workload.test
      const test = residentOf(workload.test)
      let correct = 0
      for (let from = 0; from < count; from += testBatch) {
        const size = Math.min(testBatch, count - from)
        const right = tf.tidy(() => {
          const logits = tfjsLogits(model, weights, test.inputs.slice(from, size))
          return logits.argMax(-1).equal(test.targets.slice(from, size).argMax(-1)).sum()
        })
        correct += (await right.data())[0] ?? NaN
        right.dispose()
      }
      tf.dispose([test.inputs, test.targets])
      return correct / count
    },
    dispose() {
      tf.dispose(variables)
      optimizer.dispose()
    },
  }
}
