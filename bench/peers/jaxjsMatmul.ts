// jax-js's matrix product inside one `jit`; transposed operands are `.transpose()` inside it, which its compiler folds.

import { blockUntilReady, jit, numpy as np } from '@jax-js/jax'
import { type MatmulCase, type MatmulEngine, type MatmulSession, storedShapes } from '../engines/matmul.ts'
import { startJaxjs } from './jaxjs.ts'

/** Products that wait together. */
const atOnce = 16

/** Opens jax-js on `webgpu` or `wasm`. */
export async function openJaxjsMatmul(device: string): Promise<MatmulEngine> {
  return { device: await startJaxjs(device), prepare: async (...args) => prepareJaxjs(...args) }
}

function prepareJaxjs(matmul: MatmulCase, a: Float32Array, b: Float32Array): MatmulSession {
  const shapes = storedShapes(matmul)
  const x = np.array(a, { shape: shapes.a })
  const y = np.array(b, { shape: shapes.b })
  const multiply = jit((left: np.Array, right: np.Array) =>
    np.matmul(matmul.transposeA ? left.transpose() : left, matmul.transposeB ? right.transpose() : right),
  )
  return {
    async run(repeats) {
      // jax-js never runs a product that is dropped before anyone waited for it, so each is waited for, several at a time
      for (let left = repeats; left > 0; left -= atOnce) {
        const products = Array.from({ length: Math.min(left, atOnce) }, () => multiply(x.ref, y.ref))
        await blockUntilReady(products)
        if (left <= atOnce) await products[0]?.ref.slice([0, 1], [0, 1]).data()
        for (const made of products) made.dispose()
      }
    },
    result: () => multiply(x.ref, y.ref).data(),
    dispose() {
      x.dispose()
      y.dispose()
      multiply.dispose()
    },
  }
}
