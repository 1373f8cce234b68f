// TF.js's matrix product, with its own flags for transposed operands.

import * as tf from '@tensorflow/tfjs'
import { type MatmulCase, type MatmulEngine, type MatmulSession, storedShapes } from '../engines/matmul.ts'
import { startTfjs } from './tfjs.ts'

/** Opens TF.js on `webgpu`, `webgl`, `wasm` or `cpu`. */
export async function openTfjsMatmul(device: string): Promise<MatmulEngine> {
  return { device: await startTfjs(device), prepare: async (...args) => prepareTfjs(...args) }
}

function prepareTfjs(matmul: MatmulCase, a: Float32Array, b: Float32Array): MatmulSession {
  const shapes = storedShapes(matmul)
  const x = tf.tensor2d(a, shapes.a)
  const y = tf.tensor2d(b, shapes.b)
  const multiply = () => tf.matMul(x, y, matmul.transposeA, matmul.transposeB)
  return {
    async run(repeats) {
      for (let n = 1; n < repeats; n++) multiply().dispose()
      const last = multiply()
      const element = last.slice([0, 0], [1, 1])
      await element.data()
      tf.dispose([last, element])
    },
    async result() {
      const product = multiply()
      const data = await product.data()
      product.dispose()
      return data
    },
    dispose: () => tf.dispose([x, y]),
  }
}
