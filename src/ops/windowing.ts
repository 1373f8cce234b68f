// What convolutions and pools have in common: their options per spatial axis, and the extents that follow.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'

/**
 * Positions added around every spatial axis: `valid` none, `same` so many that the output has `ceil(input / stride)` positions (the
 * odd one after, as in TensorFlow and JAX), a number for both sides of all axes, one number per axis, or `[before, after]` per axis.
 */
export type Padding = 'valid' | 'same' | number | readonly (number | readonly [number, number])[]

/** A number for all spatial axes, or one per axis. */
export type PerAxis = number | readonly number[]

/** `value` for each of `rank` axes; integers of at least `least`. */
export function perAxis(operation: string, what: string, value: PerAxis, rank: number, least = 1): number[] {
  const list = typeof value === 'number' ? Array.from({ length: rank }, () => value) : [...value]
  if (list.length !== rank || list.some((n) => !Number.isInteger(n) || n < least)) {
    throw new ArgumentError(
      `${operation}: ${what} must be an integer >= ${least}, or ${rank} of them, got ${JSON.stringify(value)}`,
    )
  }
  return list
}

/** Padding given as numbers, as `[before, after]` per axis; null for `same` and `valid`. */
function explicit(operation: string, padding: Padding, rank: number): [number, number][] | null {
  if (padding === 'same' || padding === 'valid') return null
  const list = typeof padding === 'number' ? Array.from({ length: rank }, () => padding) : padding
  const pairs = Array.isArray(list) ? list.map((one): [number, number] => (typeof one === 'number' ? [one, one] : [one[0], one[1]])) : [] // prettier-ignore
  if (pairs.length !== rank || pairs.flat().some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ArgumentError(
      `${operation}: padding must be 'valid', 'same', an integer >= 0, or one integer or pair for each of the ${rank} spatial axes, got ${JSON.stringify(padding)}`,
    )
  }
  return pairs
}

/** Positions that a window covers. */
const reachOf = (window: number, dilation: number): number => (window - 1) * dilation + 1

/** The padding `[before, after]` and the number of windows along every axis. */
export function windowsAlong(
  operation: string,
  input: Shape,
  window: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
  padding: Padding,
): { low: number[]; high: number[]; output: number[] } {
  const pairs = explicit(operation, padding, input.length)
  const low: number[] = []
  const high: number[] = []
  const output = input.map((extent, axis) => {
    const reach = reachOf(window[axis]!, dilation[axis]!)
    const step = stride[axis]!
    const needed = (Math.ceil(extent / step) - 1) * step + reach - extent
    const total = padding === 'same' ? Math.max(0, needed) : 0
    const [before, after] = pairs?.[axis] ?? [Math.floor(total / 2), Math.ceil(total / 2)]
    low.push(before)
    high.push(after)
    const room = extent + before + after - reach
    if (room < 0) {
      throw new ShapeError(
        `${operation}: a window of ${reach} positions does not fit into ${formatShape(input)} with padding [${before}, ${after}] at spatial axis ${axis}`,
      )
    }
    return Math.floor(room / step) + 1
  })
  return { low, high, output }
}

/** The padding before and the output extents of a transposed convolution, which undoes the extents of one with the same options. */
export function transposedAlong(
  operation: string,
  input: Shape,
  window: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
  padding: Padding,
  outputPadding: readonly number[],
): { low: number[]; output: number[] } {
  const pairs = explicit(operation, padding, input.length)
  const low: number[] = []
  const output = input.map((extent, axis) => {
    const reach = reachOf(window[axis]!, dilation[axis]!)
    const step = stride[axis]!
    const full = Math.max(0, (extent - 1) * step) + reach
    const total = padding === 'same' ? Math.max(0, full - extent * step) : 0
    const [before, after] = pairs?.[axis] ?? [Math.floor(total / 2), Math.ceil(total / 2)]
    low.push(before)
    const result = (padding === 'same' ? extent * step : full - before - after) + outputPadding[axis]!
    if (result < 0) {
      throw new ShapeError(
        `${operation}: padding [${before}, ${after}] leaves nothing of ${full} positions at spatial axis ${axis} of ${formatShape(input)}`,
      )
    }
    return result
  })
  return { low, output }
}
