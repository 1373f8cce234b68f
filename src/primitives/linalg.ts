// Matrix multiplication, batched. Transposed and broadcast operands are views, so they reach the contraction as index maps
// and are never moved; its derivative is made of the same primitive.

import { formatAval } from '../core/aval.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { isFloating } from '../core/dtype.ts'
import { formatShape, sameShape, sizeOf } from '../core/shape.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import type { Tensor } from '../ir/tensor.ts'
import { transpose } from './structural.ts'

/** Swaps the last two axes. */
export function transposeLast(x: Tensor): Tensor {
  const permutation = x.shape.map((_, axis) => axis)
  permutation.push(permutation.splice(-2, 1)[0]!)
  return transpose([x], { permutation })
}

/** `[..., M, K] x [..., K, N] -> [..., M, N]`; the leading axes are the same. */
export const matmul: PrimitiveFunction<null> = definePrimitive({
  name: 'matmul',
  shape: ([a, b]) => {
    if (a!.dtype !== b!.dtype || !isFloating(a!.dtype)) {
      throw new DTypeError(`matmul: operands must be floats of one dtype, got ${formatAval(a!)} and ${formatAval(b!)}`)
    }
    const rank = a!.shape.length
    if (rank < 2 || b!.shape.length !== rank || !sameShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2))) {
      throw new ShapeError(`matmul: batch axes differ: lhs ${formatShape(a!.shape)}, rhs ${formatShape(b!.shape)}`)
    }
    if (a!.shape[rank - 1] !== b!.shape[rank - 2]) {
      throw new ShapeError(
        `matmul: inner dimensions differ: lhs ${formatShape(a!.shape)}, rhs ${formatShape(b!.shape)}`,
      )
    }
    return { shape: [...a!.shape.slice(0, -1), b!.shape[rank - 1]!], dtype: a!.dtype }
  },
  reference: ([a, b], _, output) => {
    const [m, k, n] = [a!.shape.at(-2)!, a!.shape.at(-1)!, b!.shape.at(-1)!]
    const data = new Float64Array(sizeOf(output.shape))
    for (let batch = 0; batch < sizeOf(a!.shape.slice(0, -2)); batch++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let total = 0
          for (let p = 0; p < k; p++) total += a!.data[(batch * m + i) * k + p]! * b!.data[(batch * k + p) * n + j]!
          data[(batch * m + i) * n + j] = total
        }
      }
    }
    return data
  },
  lower: ([a, b]) => ({
    kind: 'contraction',
    batch: a!.shape.slice(0, -2),
    m: a!.shape.slice(-2, -1),
    n: b!.shape.slice(-1),
    k: a!.shape.slice(-1),
    lhs: (batch, m, k, read) => read(0, [...batch, ...m, ...k]),
    rhs: (batch, k, n, read) => read(1, [...batch, ...k, ...n]),
  }),
  // C = A B: dA = dC Bᵀ, dB = Aᵀ dC
  vjp: ({ inputs: [a, b], cotangent, needs }) => [
    needs[0] ? matmul([cotangent, transposeLast(b!)], null) : null,
    needs[1] ? matmul([transposeLast(a!), cotangent], null) : null,
  ],
})
