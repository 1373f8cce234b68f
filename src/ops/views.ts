// What operations made of views share: Python's slices as positions of an axis and as views, and operands brought to one dtype
// without arithmetic.

import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../ir/tensor.ts'
import * as structural from '../primitives/structural.ts'
import { asTensor, castTo, commonDType, type TensorLike } from './operand.ts'

/** A bound of a slice: a position, negative from the end, or null for the end that the step comes from or goes to. */
export type Bound = number | null

/** The first position and the number of positions of Python's `start:limit:step` over an axis; out-of-range bounds are clipped. */
export function sliceRange(
  operation: string,
  extent: number,
  start: Bound,
  limit: Bound,
  step: number,
): { readonly first: number; readonly count: number } {
  const whole = (bound: Bound): boolean => bound === null || Number.isInteger(bound)
  if (!whole(start) || !whole(limit) || !Number.isInteger(step) || step === 0) {
    throw new ArgumentError(
      `${operation}: expected integer bounds and an integer step other than 0, got ${start}, ${limit}, ${step}`,
    )
  }
  // backwards, a bound may be -1: before the first element
  const [least, most] = step > 0 ? [0, extent] : [-1, extent - 1]
  const clip = (bound: number): number => Math.min(most, Math.max(least, bound < 0 ? bound + extent : bound))
  const first = start === null ? (step > 0 ? least : most) : clip(start)
  const last = limit === null ? (step > 0 ? most : least) : clip(limit)
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) }
}

/** `count` elements from `first` in steps along every axis. Backwards is forwards, flipped. */
export function sliceBy(
  x: Tensor,
  ranges: readonly { readonly first: number; readonly count: number }[],
  step: readonly number[],
): Tensor {
  const lowest = ranges.map(({ first, count }, axis) =>
    count === 0 ? 0 : Math.min(first, first + (count - 1) * step[axis]!),
  )
  const sliced = structural.slice([x], {
    start: lowest,
    limit: ranges.map(({ count }, axis) => (count === 0 ? 0 : lowest[axis]! + (count - 1) * Math.abs(step[axis]!) + 1)),
    step: step.map(Math.abs),
  })
  const backwards = step.flatMap((by, axis) => (by < 0 && ranges[axis]!.count > 1 ? [axis] : []))
  return backwards.length === 0 ? sliced : structural.flip([sliced], { axes: backwards })
}

/** Operands in one dtype: their own, where they have the same. */
export function inOneDType(operation: string, tensors: readonly TensorLike[]): Tensor[] {
  if (tensors.length === 0) throw new ArgumentError(`${operation}: expected at least one tensor, got none`)
  const parts = tensors.map((x) => asTensor(operation, x))
  const dtype = parts.every((part) => part.dtype === parts[0]!.dtype) ? parts[0]!.dtype : commonDType(tensors)
  return parts.map((part) => castTo(part, dtype))
}
