// Running sums, products and extremes along an axis. Long axes are cut into blocks, so that the cost is a few passes over them.

import type { Tensor } from '../ir/tensor.ts'
import { runningMax, runningMin, type RunningOptions, runningProduct, runningSum } from '../primitives/cumulative.ts'
import { alongLast, numeric } from './alongAxis.ts'
import type { TensorLike } from './operand.ts'

/** How a running extreme is taken. */
export interface RunningExtremeOptions {
  /** From the end of the axis to its start. Default false. */
  readonly reverse?: boolean
}

/** How a running sum or product is taken. */
export interface CumulativeOptions extends RunningExtremeOptions {
  /** Whether the element itself is left out, so that the first result is 0 (of products 1). Default false. */
  readonly exclusive?: boolean
}

function cumulative(name: string, run: (x: Tensor, options: RunningOptions) => Tensor) {
  return (x: TensorLike, axis = -1, options: CumulativeOptions = {}): Tensor =>
    alongLast(name, numeric(name, x), axis, (tensor) => run(tensor, options))
}

/**
 * Sums of the elements up to each one along `axis`, in the shape of `x`; bool and uint8 count as int32, integers wrap. A NaN
 * reaches everything after it.
 * @throws ShapeError when the axis is out of range.
 */
export const cumsum: (x: TensorLike, axis?: number, options?: CumulativeOptions) => Tensor = cumulative(
  'cumsum',
  runningSum,
)

/**
 * Products of the elements up to each one along `axis`, in the shape of `x`; dtypes as `cumsum`. The derivative is exact with
 * zeros among the factors, to every order, since nothing is divided.
 * @throws ShapeError when the axis is out of range.
 */
export const cumprod: (x: TensorLike, axis?: number, options?: CumulativeOptions) => Tensor = cumulative(
  'cumprod',
  runningProduct,
)

/**
 * Greatest elements up to each one along `axis`, in the shape of `x`; dtypes as `cumsum`. Once a NaN has occurred, the rest is NaN.
 * Each cotangent flows to the element that is the maximum, of equal ones to the one met last (as in PyTorch).
 * @throws ShapeError when the axis is out of range.
 */
export const cummax: (x: TensorLike, axis?: number, options?: RunningExtremeOptions) => Tensor = cumulative(
  'cummax',
  runningMax,
)

/**
 * Least elements up to each one along `axis`; everything else as `cummax`.
 * @throws ShapeError when the axis is out of range.
 */
export const cummin: (x: TensorLike, axis?: number, options?: RunningExtremeOptions) => Tensor = cumulative(
  'cummin',
  runningMin,
)
