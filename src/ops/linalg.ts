// Linear algebra: products of vectors and matrices, and what is built from them. Transposed and broadcast operands are views.

import { isFloating } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { transposeLast, matmul as matmulOf } from '../primitives/linalg.ts'
import { asTensor, broadcastTensor, castTo, commonDType, type TensorLike } from './operand.ts'
import { expandDims, reshape } from './shaping.ts'

/** Options of `matmul`: operands whose last two axes are swapped. */
export interface MatmulOptions {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/**
 * Matrix product with NumPy's rules: batch axes broadcast, 1-d operands are row and column vectors. Transposed operands are not moved.
 * @throws ShapeError when the inner dimensions differ.
 */
export function matmul(a: TensorLike, b: TensorLike, options: MatmulOptions = {}): Tensor {
  const dtype = commonDType([a, b])
  const given = [asTensor('matmul', a), asTensor('matmul', b)].map((x) =>
    castTo(x, isFloating(dtype) ? dtype : 'float32'),
  )
  const [x, y] = [given[0]!, given[1]!]
  if (x.rank === 0 || y.rank === 0)
    throw new ShapeError(
      `matmul: operands need at least one axis, got ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    )
  let lhs = x.rank === 1 ? expandDims(x, 0) : options.transposeA ? transposeLast(x) : x
  let rhs = y.rank === 1 ? expandDims(y, 1) : options.transposeB ? transposeLast(y) : y
  const [k, k2] = [lhs.shape.at(-1)!, rhs.shape.at(-2)!]
  if (k !== k2) {
    const transposed = y.rank > 1 && rhs.shape.at(-1) === k ? '. Did you mean transposeB?' : x.rank > 1 && lhs.shape.at(-2) === k2 ? '. Did you mean transposeA?' : '' // prettier-ignore
    throw new ShapeError(
      `matmul: inner dimensions differ: lhs ${formatShape(x.shape)}, rhs ${formatShape(y.shape)} (${k} != ${k2})${transposed}`,
    )
  }
  const batch = broadcastShapes('matmul', lhs.shape.slice(0, -2), rhs.shape.slice(0, -2))
  const resultShape = [
    ...batch,
    ...(x.rank === 1 ? [] : [lhs.shape.at(-2)!]),
    ...(y.rank === 1 ? [] : [rhs.shape.at(-1)!]),
  ]
  if (rhs.rank === 2 && lhs.rank > 2) {
    lhs = reshape(lhs, [sizeOf(lhs.shape.slice(0, -1)), k]) // one matrix serves all batches: they are rows of one product
  } else {
    lhs = broadcastTensor(lhs, [...batch, ...lhs.shape.slice(-2)])
    rhs = broadcastTensor(rhs, [...batch, ...rhs.shape.slice(-2)])
  }
  return reshape(matmulOf([lhs, rhs], null), resultShape)
}

/** Sum of the products of two vectors, or of two arrays' elements along their last axes. */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  return matmul(a, b)
}
