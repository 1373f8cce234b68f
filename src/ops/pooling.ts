// Pooling over windows that may overlap: reductions of the view of all windows. Channels last.

import { isFloating } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { reduceMax } from '../primitives/reduce.ts'
import { type WindowGeometry, windows } from '../primitives/windows.ts'
import { div, maximum, mul, where } from './arithmetic.ts'
import { full } from './creation.ts'
import { asTensor, castTo, type TensorLike } from './operand.ts'
import { argMax, max, mean, sum } from './reductions.ts'
import { reshape } from './shaping.ts'
import { type Padding, perAxis, type PerAxis, windowsAlong } from './windowing.ts'
import { pick } from '../primitives/along.ts'

/** Options of pools. */
export interface PoolOptions {
  /** Steps between windows; default the window's extents, so that windows do not overlap. */
  readonly strides?: PerAxis
  /** Default `valid`. */
  readonly padding?: Padding
}

/** Options of average pools. */
export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts as zeros in the mean, as in PyTorch; default false, as in TensorFlow and Keras. */
  readonly countPadding?: boolean
}

function geometryOf(name: string, rank: number, x: Tensor, window: PerAxis, options: PoolOptions): WindowGeometry {
  if (x.rank !== rank + 2)
    throw new ShapeError(`${name}: expected [N, ${rank === 1 ? 'L' : 'H, W'}, C], got ${formatShape(x.shape)}`)
  const input = x.shape.slice(1, -1)
  const extents = perAxis(name, 'window', window, rank)
  const stride = perAxis(name, 'strides', options.strides ?? extents, rank)
  const dilation = extents.map(() => 1)
  const { low, output } = windowsAlong(name, input, extents, stride, dilation, options.padding ?? 'valid')
  return { input, window: extents, output, stride, low, dilation }
}

/** Windows flattened into the last axis: `[N, ...output, C, sizeOf(window)]`. */
function flatWindows(x: Tensor, geometry: WindowGeometry): Tensor {
  const view = windows([x], geometry)
  const rank = geometry.window.length
  return reshape(view, [...view.shape.slice(0, -rank), sizeOf(geometry.window)])
}

const isPadded = ({ input, window, output, stride, low }: WindowGeometry): boolean =>
  input.some(
    (extent, axis) => low[axis]! > 0 || (output[axis]! - 1) * stride[axis]! + window[axis]! - low[axis]! > extent,
  )

/** Whether each element of each window lies in the input, for one sample and channel: bool `[1, ...output, 1, sizeOf(window)]`. */
function inside(geometry: WindowGeometry): Tensor {
  return flatWindows(full([1, ...geometry.input, 1], 1, 'bool'), geometry)
}

function maxPool(name: string, rank: number, given: TensorLike, window: PerAxis, options: PoolOptions): Tensor {
  const tensor = asTensor(name, given)
  const x = tensor.dtype === 'bool' || tensor.dtype === 'uint8' ? castTo(tensor, 'int32') : tensor
  const geometry = geometryOf(name, rank, x, window, options)
  const view = flatWindows(x, geometry)
  const lowest = x.dtype === 'int32' ? -(2 ** 31) : x.dtype === 'uint32' ? 0 : -Infinity
  const candidates = isPadded(geometry) ? where(inside(geometry), view, lowest) : view
  // integers have no derivative: no index is needed
  if (!isFloating(x.dtype)) return reduceMax([candidates], { axes: [candidates.rank - 1] })
  // the element at the first greatest one's position: its derivative goes there alone
  return pick([view, argMax(candidates, -1)], null)
}

function averagePool(
  name: string,
  rank: number,
  given: TensorLike,
  window: PerAxis,
  options: AveragePoolOptions,
): Tensor {
  // prettier-ignore
  const tensor = asTensor(name, given)
  const x = isFloating(tensor.dtype) ? tensor : castTo(tensor, 'float32')
  const geometry = geometryOf(name, rank, x, window, options)
  const total = sum(flatWindows(x, geometry), -1)
  const size = sizeOf(geometry.window)
  if (options.countPadding === true || !isPadded(geometry)) return mul(total, 1 / size)
  return mul(total, castTo(reciprocalCounts(geometry), x.dtype))
}

/** One over the number of elements of each window that lie in the input, `[1, ...output, 1]`. */
function reciprocalCounts(geometry: WindowGeometry): Tensor {
  const count = sum(castTo(inside(geometry), 'float32'), -1)
  return div(1, maximum(count, 1)) // a window of padding alone has the mean 0
}

/**
 * The greatest element of every window: `[N, L, C]` to `[N, L', C]`. Padding never wins; among ties the first element gets the
 * cotangent, as in PyTorch. NaN propagates.
 * @throws ShapeError when the rank is wrong or a window does not fit.
 */
export const maxPool1d = (x: TensorLike, window: PerAxis, options: PoolOptions = {}): Tensor =>
  maxPool('maxPool1d', 1, x, window, options)

/** As `maxPool1d` for images: `[N, H, W, C]` to `[N, H', W', C]`. */
export const maxPool2d = (x: TensorLike, window: PerAxis, options: PoolOptions = {}): Tensor =>
  maxPool('maxPool2d', 2, x, window, options)

/**
 * The mean of every window: `[N, L, C]` to `[N, L', C]`, floats. Padding is not counted unless `countPadding` says so.
 * @throws ShapeError when the rank is wrong or a window does not fit.
 */
export const avgPool1d = (x: TensorLike, window: PerAxis, options: AveragePoolOptions = {}): Tensor =>
  averagePool('avgPool1d', 1, x, window, options)

/** As `avgPool1d` for images: `[N, H, W, C]` to `[N, H', W', C]`. */
export const avgPool2d = (x: TensorLike, window: PerAxis, options: AveragePoolOptions = {}): Tensor =>
  averagePool('avgPool2d', 2, x, window, options)

const spatialAxes = (name: string, x: Tensor): number[] => {
  if (x.rank < 3) throw new ShapeError(`${name}: expected [N, ...spatial, C], got ${formatShape(x.shape)}`)
  return x.shape.slice(1, -1).map((_, axis) => axis + 1)
}

/** The greatest element over all spatial axes: `[N, ...spatial, C]` to `[N, C]`; ties share the cotangent evenly. */
export function globalMaxPool(x: TensorLike): Tensor {
  const tensor = asTensor('globalMaxPool', x)
  return max(tensor, spatialAxes('globalMaxPool', tensor))
}

/** The mean over all spatial axes: `[N, ...spatial, C]` to `[N, C]`, floats. */
export function globalAveragePool(x: TensorLike): Tensor {
  const tensor = asTensor('globalAveragePool', x)
  return mean(tensor, spatialAxes('globalAveragePool', tensor))
}
