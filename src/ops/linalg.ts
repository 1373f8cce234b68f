// Linear algebra: products of vectors and matrices, triangles and diagonals, batched over leading axes. Transposed and broadcast
// operands and diagonals are views. Floats are multiplied by contractions; products of integers are exact modulo 2^32.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { select } from '../primitives/elementwise.ts'
import { transposeLast } from '../primitives/linalg.ts'
import { fullLike } from '../primitives/literal.ts'
import * as structural from '../primitives/structural.ts'
import { add, greaterEqual, lessEqual, mul } from './arithmetic.ts'
import { expandDims, reshape, transpose } from './axes.ts'
import { indices } from './creation.ts'
import { asTensor, broadcastTensor, castTo, type TensorLike } from './operand.ts'
import { factors, product } from './products.ts'
import { sum } from './reductions.ts'

/** Options of `matmul`: operands whose last two axes are swapped. */
export interface MatmulOptions {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/**
 * Matrix product with NumPy's rules: batch axes broadcast, 1-d operands are row and column vectors. Transposed operands are not
 * moved. Floats keep their dtype; products of integers are int32 or uint32 and wrap.
 * @throws ShapeError when the inner dimensions differ.
 */
export function matmul(a: TensorLike, b: TensorLike, options: MatmulOptions = {}): Tensor {
  const [x, y] = factors('matmul', [a, b]) as [Tensor, Tensor]
  if (x.rank === 0 || y.rank === 0)
    throw new ShapeError(
      `matmul: operands need at least one axis, got ${formatShape(x.shape)} and ${formatShape(y.shape)}; to scale use mul`,
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
  return reshape(product(lhs, rhs), resultShape)
}

/**
 * NumPy's dot: the inner product of two vectors; else the sum over the last axis of `a` and the last but one of `b`, whose other
 * axes follow one another; for scalars the product.
 * @throws ShapeError when those axes differ.
 */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = factors('dot', [a, b]) as [Tensor, Tensor]
  if (x.rank === 0 || y.rank === 0) return mul(x, y)
  const summed = y.shape.at(y.rank === 1 ? -1 : -2)!
  if (x.shape.at(-1) !== summed) {
    throw new ShapeError(
      `dot: ${formatShape(x.shape)} and ${formatShape(y.shape)} have ${x.shape.at(-1)} and ${summed} elements to be multiplied; transpose one of them, or use einsum`,
    )
  }
  if (y.rank <= 2) return matmul(x, y)
  const others = y.shape.map((_, axis) => axis).filter((axis) => axis !== y.rank - 2)
  const columns = reshape(transpose(y, [y.rank - 2, ...others]), [summed, sizeOf(others.map((axis) => y.shape[axis]!))])
  return reshape(matmul(x, columns), [...x.shape.slice(0, -1), ...others.map((axis) => y.shape[axis]!)])
}

/**
 * All products of an element of `a` with one of `b` along their last axes: `[..., N], [..., M] -> [..., N, M]`; leading axes broadcast.
 * @throws ShapeError for scalars.
 */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = factors('outer', [a, b]) as [Tensor, Tensor]
  if (x.rank === 0 || y.rank === 0)
    throw new ShapeError(`outer: expected vectors, got ${formatShape(x.shape)} and ${formatShape(y.shape)}; to scale use mul`) // prettier-ignore
  return mul(expandDims(x, -1), expandDims(y, -2))
}

/** @throws ShapeError when `x` has fewer axes than a matrix, ArgumentError when `k` is no integer. */
function checkMatrix(operation: string, x: Tensor, k: number): void {
  if (!Number.isInteger(k)) throw new ArgumentError(`${operation}: the diagonal must be an integer, got ${k}`)
  if (x.rank < 2) throw new ShapeError(`${operation}: expected a matrix [..., M, N], got ${formatShape(x.shape)}`)
}

function triangle(operation: 'tril' | 'triu', x: TensorLike, k: number): Tensor {
  const tensor = asTensor(operation, x)
  checkMatrix(operation, tensor, k)
  const [m, n] = tensor.shape.slice(-2) as [number, number]
  const rows = indices(tensor.shape, -2)
  const columns = indices(tensor.shape, -1)
  const diagonal = add(rows, Math.max(-m, Math.min(n, k))) // far beyond the matrix int32 would wrap
  const kept = operation === 'tril' ? lessEqual(columns, diagonal) : greaterEqual(columns, diagonal)
  // a selection, not a product: what is dropped may be NaN
  const wide = tensor.dtype === 'uint8' ? castTo(tensor, 'int32') : tensor
  return castTo(select([kept, wide, fullLike(wide, 0)], null), tensor.dtype)
}

/**
 * The lower triangle of matrices `[..., M, N]`: 0 above the `k`-th diagonal (positive: above the main one).
 * @throws ShapeError for fewer than two axes.
 */
export const tril = (x: TensorLike, k = 0): Tensor => triangle('tril', x, k)

/**
 * The upper triangle of matrices `[..., M, N]`: 0 below the `k`-th diagonal (positive: above the main one).
 * @throws ShapeError for fewer than two axes.
 */
export const triu = (x: TensorLike, k = 0): Tensor => triangle('triu', x, k)

/** A matrix that has the vector on its `k`-th diagonal: laid out row by row, its elements stand a row and one apart. */
function diagonalMatrix(vector: Tensor, k: number): Tensor {
  const count = vector.size
  const size = count + Math.abs(k)
  const first = Math.max(-k, 0) * size + Math.max(k, 0)
  const covered = count === 0 ? 0 : (count - 1) * (size + 1) + 1
  const flat = structural.pad([vector], { low: [first], high: [size * size - first - covered], interior: [size], value: 0 }) // prettier-ignore
  return reshape(flat, [size, size])
}

/**
 * A vector becomes the square matrix with it on the `k`-th diagonal; of matrices `[..., M, N]` the `k`-th diagonals are taken, `[..., L]`.
 * @throws ShapeError for scalars, ArgumentError when `k` is no integer.
 */
export function diag(x: TensorLike, k = 0): Tensor {
  const tensor = asTensor('diag', x)
  checkMatrix('diag', tensor.rank === 1 ? expandDims(tensor, 0) : tensor, k)
  if (tensor.rank === 1) return diagonalMatrix(tensor, k)
  const [m, n] = tensor.shape.slice(-2) as [number, number]
  const count = Math.max(0, k >= 0 ? Math.min(m, n - k) : Math.min(m + k, n))
  const start = count === 0 ? 0 : k >= 0 ? k : -k * n
  const batch = tensor.shape.slice(0, -2)
  return structural.slice([reshape(tensor, [...batch, m * n])], {
    start: [...batch.map(() => 0), start],
    limit: [...batch, count === 0 ? 0 : start + (count - 1) * (n + 1) + 1],
    step: [...batch.map(() => 1), n + 1],
  })
}

/**
 * The sum of the main diagonal of matrices `[..., M, N]`; bool and uint8 count as int32.
 * @throws ShapeError for fewer than two axes.
 */
export function trace(x: TensorLike): Tensor {
  const tensor = asTensor('trace', x)
  checkMatrix('trace', tensor, 0)
  return sum(diag(tensor), -1)
}
