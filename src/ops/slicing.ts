// A part of every axis (slice), and more than there is (pad).

import { isFloating } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { reflect, resample } from '../primitives/resampling.ts'
import * as structural from '../primitives/structural.ts'
import { asTensor, type TensorLike } from './operand.ts'
import { type Bound, sliceBy, sliceRange } from './views.ts'

/**
 * Elements `start, start + step, ...` before `limit` of every axis, as Python's slices: negative bounds count from the end, those
 * out of range are clipped, null or missing ones mean all. A negative step goes backwards, from the end when `start` is null.
 * @throws ShapeError for more entries than axes, ArgumentError for a step of 0 or bounds that are no integers.
 */
export function slice(
  x: TensorLike,
  start: readonly Bound[],
  limit: readonly Bound[] = [],
  step: readonly number[] = [],
): Tensor {
  const tensor = asTensor('slice', x)
  const given = Math.max(start.length, limit.length, step.length)
  if (given > tensor.rank)
    throw new ShapeError(`slice: bounds for ${given} axes, but ${formatShape(tensor.shape)} has ${tensor.rank}`)
  const ranges = tensor.shape.map((extent, axis) =>
    sliceRange('slice', extent, start[axis] ?? null, limit[axis] ?? null, step[axis] ?? 1),
  )
  return sliceBy(tensor, ranges, tensor.shape.map((_, axis) => step[axis] ?? 1)) // prettier-ignore
}

/**
 * Elements added around `x`: `padding[axis] = [before, after]`. What is added is a number (0 by default), the nearest element of
 * the axis ('edge'), or the axis mirrored at its first and last element, which are not repeated ('reflect').
 * @throws ArgumentError for other padding than integers >= 0, or a fraction in an integer tensor; ShapeError for an edge of an
 * axis without elements, or a reflection that is longer than the axis less one.
 */
export function pad(
  x: TensorLike,
  padding: readonly (readonly [number, number])[],
  valueOrMode: number | 'reflect' | 'edge' = 0,
): Tensor {
  const tensor = asTensor('pad', x)
  if (padding.length !== tensor.rank || padding.flat().some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ArgumentError(`pad: expected ${tensor.rank} pairs of integers >= 0 for ${formatShape(tensor.shape)}`)
  }
  if (typeof valueOrMode === 'number') {
    if (!isFloating(tensor.dtype) && !Number.isInteger(valueOrMode))
      throw new ArgumentError(`pad: ${tensor.dtype} holds no ${valueOrMode}: use an integer, or cast to float32 first`)
    const [low, high] = [padding.map(([before]) => before), padding.map(([, after]) => after)]
    return structural.pad([tensor], { low, high, interior: padding.map(() => 0), value: valueOrMode })
  }
  if (valueOrMode !== 'reflect' && valueOrMode !== 'edge')
    throw new ArgumentError(`pad: expected a number, 'reflect' or 'edge', got ${String(valueOrMode)}`)
  return padding.reduce((padded, [low, high], axis) => {
    if (low + high === 0) return padded
    const extent = tensor.shape[axis]!
    const [longest, needed] = [Math.max(low, high), valueOrMode === 'edge' ? 1 : Math.max(low, high) + 1]
    if (extent < needed) {
      throw new ShapeError(
        `pad: '${valueOrMode}' by ${longest} needs at least ${needed} elements along axis ${axis} of ${formatShape(tensor.shape)}`,
      )
    }
    return valueOrMode === 'reflect'
      ? reflect([padded], { axis, low, high })
      : resample([padded], { axis, extent: low + extent + high, factor: 1, offset: -low, divisor: 1 })
  }, tensor)
}
