// Reductions over axes and what derives from them.

import { isFloating } from '../core/dtype.ts'
import { formatShape, normalizeAxes, normalizeAxis, type Shape, sizeOf } from '../core/shape.ts'
import { ShapeError } from '../core/errors.ts'
import type { Tensor } from '../ir/tensor.ts'
import { sum as sumOf } from '../primitives/broadcast.ts'
import { transposeLast, matmul as matmulOf } from '../primitives/linalg.ts'
import { argMax as argMaxOf, argMin as argMinOf, reduceMax, reduceMin } from '../primitives/reduce.ts'
import { broadcastShapes } from '../core/shape.ts'
import { add, div, exp, log, stopGradient, sub, where, equal, abs } from './arithmetic.ts'
import { asTensor, broadcastTensor, castTo, commonDType, type TensorLike } from './operand.ts'
import { expandDims, reshape } from './shaping.ts'

/** What reductions take: axes (all when missing; negative ones count from the end), and whether those stay with extent 1. */
export type Axes = number | readonly number[]

const keptAs = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))

const numeric = (name: string, x: TensorLike): Tensor => {
  const tensor = asTensor(name, x)
  return tensor.dtype === 'bool' || tensor.dtype === 'uint8' ? castTo(tensor, 'int32') : tensor
}

function reduction(name: string, primitive: typeof sumOf) {
  return (x: TensorLike, axes?: Axes, keepDims = false): Tensor => {
    const tensor = numeric(name, x)
    const list = normalizeAxes(name, axes, tensor.rank)
    const reduced = primitive([tensor], { axes: list })
    return keepDims ? reshape(reduced, keptAs(tensor.shape, list)) : reduced
  }
}

/** Sum over axes; bool and uint8 count as int32. */
export const sum = reduction('sum', sumOf)
/** Greatest element over axes; ties share the cotangent evenly. */
export const max = reduction('max', reduceMax)
/** Least element over axes; ties share the cotangent evenly. */
export const min = reduction('min', reduceMin)

/** Arithmetic mean over axes, as a float. */
export function mean(x: TensorLike, axes?: Axes, keepDims = false): Tensor {
  const tensor = asTensor('mean', x)
  const float = isFloating(tensor.dtype) ? tensor : castTo(tensor, 'float32')
  const count = sizeOf(normalizeAxes('mean', axes, tensor.rank).map((axis) => tensor.shape[axis]!))
  return div(sum(float, axes, keepDims), count)
}

/** int32 index of the first greatest element along an axis. */
export function argMax(x: TensorLike, axis = -1): Tensor {
  const tensor = numeric('argMax', x)
  return argMaxOf([tensor], { axes: [normalizeAxis('argMax', axis, tensor.rank)] })
}

/** int32 index of the first least element along an axis. */
export function argMin(x: TensorLike, axis = -1): Tensor {
  const tensor = numeric('argMin', x)
  return argMinOf([tensor], { axes: [normalizeAxis('argMin', axis, tensor.rank)] })
}

/** `log Σ e^x` along an axis, without overflow. */
export function logSumExp(x: TensorLike, axis = -1, keepDims = false): Tensor {
  const tensor = asTensor('logSumExp', x)
  const greatest = stopGradient(max(tensor, axis, true))
  // an infinite maximum would give inf - inf; such rows are shifted by 0 instead
  const shift = where(equal(abs(greatest), Infinity), 0, greatest)
  const result = add(log(sum(exp(sub(tensor, shift)), axis, true)), shift)
  return keepDims ? result : reshape(result, result.shape.filter((_, i) => i !== normalizeAxis('logSumExp', axis, tensor.rank))) // prettier-ignore
}

/** `e^x / Σ e^x` along an axis. */
export function softmax(x: TensorLike, axis = -1): Tensor {
  const tensor = asTensor('softmax', x)
  const e = exp(sub(tensor, stopGradient(max(tensor, axis, true))))
  return div(e, sum(e, axis, true))
}

/** `log softmax(x)` along an axis. */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  const tensor = asTensor('logSoftmax', x)
  const shifted = sub(tensor, stopGradient(max(tensor, axis, true)))
  return sub(shifted, log(sum(exp(shifted), axis, true)))
}

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
