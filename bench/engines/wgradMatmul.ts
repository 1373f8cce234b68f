// wgrad's matrix product: a jit-compiled function of two resident tensors, called anew for every product.

import { jit, matmul, setDevice, slice, type Tensor, tensor } from 'wgrad'
import { type MatmulCase, type MatmulEngine, type MatmulSession, storedShapes } from './matmul.ts'

/** Opens wgrad on `webgpu` or `cpu`. */
export async function openWgradMatmul(device: string): Promise<MatmulEngine> {
  if (device !== 'webgpu' && device !== 'cpu') throw new Error(`wgrad has no device ${device}`)
  const opened = await setDevice(device)
  return { device: `wgrad ${opened.kind} ${opened.name}`, prepare: async (...args) => prepareWgrad(...args) }
}

function prepareWgrad(matmulCase: MatmulCase, a: Float32Array, b: Float32Array): MatmulSession {
  const { transposeA, transposeB } = matmulCase
  const shapes = storedShapes(matmulCase)
  const x = tensor(a, { shape: shapes.a })
  const y = tensor(b, { shape: shapes.b })
  const multiply = jit((left: Tensor, right: Tensor) => matmul(left, right, { transposeA, transposeB }))
  const corner = jit((product: Tensor) => slice(product, [0, 0], [1, 1]))
  return {
    async run(repeats) {
      for (let n = 1; n < repeats; n++) multiply(x, y).dispose()
      const last = multiply(x, y)
      const element = corner(last)
      await element.data()
      element.dispose()
      last.dispose()
    },
    async result() {
      const product = multiply(x, y)
      const data = await product.data()
      product.dispose()
      return data
    },
    dispose() {
      x.dispose()
      y.dispose()
    },
  }
}
