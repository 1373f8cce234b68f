// Reductions over axes and what derives from them.

import { isFloating } from '../core/dtype.ts'
import { normalizeAxes, normalizeAxis, type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { sum as sumOf } from '../primitives/broadcast.ts'
import { argMax as argMaxOf, argMin as argMinOf, reduceMax, reduceMin } from '../primitives/reduce.ts'
import { add, div, exp, log, stopGradient, sub, where, equal, abs } from './arithmetic.ts'
import { asTensor, castTo, type TensorLike } from './operand.ts'
import { reshape } from './shaping.ts'

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
