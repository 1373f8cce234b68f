// Images at another size, with the sampling positions of PyTorch's interpolate: pixels are squares, whose centres lie at half
// coordinates. Positions are fractions of whole numbers, so that they are exact at every size.

import { isFloating } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { rem } from '../primitives/elementwise.ts'
import { fullLike } from '../primitives/literal.ts'
import { resample } from '../primitives/resampling.ts'
import { add, div, maximum, mul, sub } from './arithmetic.ts'
import { indices } from './creation.ts'
import { asTensor, broadcastTensor, castTo, type TensorLike } from './operand.ts'
import { reshape } from './axes.ts'

/** Options of `resize`. */
export interface ResizeOptions {
  /** `nearest` takes the pixel that a position lies in, `bilinear` weighs the two nearest along each axis. Default: nearest. */
  readonly method?: 'nearest' | 'bilinear'
  /** Whether the centres of the corner pixels stay where they are; for `bilinear` only. Default: false. */
  readonly alignCorners?: boolean
}

/**
 * Images `[N, H, W, C]` at the size `[h, w]`, larger or smaller, without smoothing: as PyTorch's `interpolate`. `nearest` keeps
 * every dtype, `bilinear` gives floats (integers become float32).
 * @throws ShapeError when `x` does not have four axes or has no pixels, ArgumentError for sizes that are no integers >= 0 and for
 * aligned corners with `nearest`.
 */
export function resize(x: TensorLike, size: readonly [number, number], options: ResizeOptions = {}): Tensor {
  const { method = 'nearest', alignCorners = false } = options
  const tensor = asTensor('resize', x)
  if (tensor.rank !== 4)
    throw new ShapeError(`resize: expected images [N, H, W, C], got ${formatShape(tensor.shape)}; use expandDims or transpose`) // prettier-ignore
  if (!Array.isArray(size) || size.length !== 2 || size.some((n) => !Number.isInteger(n) || n < 0))
    throw new ArgumentError(`resize: expected a size [h, w] of integers >= 0, got [${String(size)}]`)
  if (method !== 'nearest' && method !== 'bilinear')
    throw new ArgumentError(`resize: expected the method 'nearest' or 'bilinear', got '${String(method)}'`)
  if (alignCorners && method === 'nearest')
    throw new ArgumentError("resize: alignCorners is for the method 'bilinear'; leave it out")
  size.forEach((extent, i) => {
    if (extent > 0 && tensor.shape[i + 1] === 0)
      throw new ShapeError(`resize: ${formatShape(tensor.shape)} has no pixels to be resized to [${String(size)}]`)
  })
  if (method === 'nearest') return size.reduce((image, extent, i) => nearest(image, i + 1, extent), tensor)
  const float = isFloating(tensor.dtype) ? tensor : castTo(tensor, 'float32')
  return size.reduce((image, extent, i) => linear(image, i + 1, extent, alignCorners), float)
}

/** Output `c` reads input ⌊c · input / output⌋. */
function nearest(x: Tensor, axis: number, extent: number): Tensor {
  const own = x.shape[axis]!
  return own === extent ? x : resample([x], { axis, extent, factor: own, offset: 0, divisor: Math.max(1, extent) })
}

/** Output `c` reads the two inputs round position p, in proportion: (1 - t) x[⌊p⌋] + t x[⌈p⌉] with t = p - ⌊p⌋. */
function linear(x: Tensor, axis: number, extent: number, alignCorners: boolean): Tensor {
  const own = x.shape[axis]!
  if (own === extent || extent === 0) return nearest(x, axis, extent)
  // p = (factor · c + offset) / divisor: c (own - 1) / (extent - 1), or (c + 1/2) own / extent - 1/2
  const aligned = { factor: extent === 1 ? 0 : own - 1, offset: 0, divisor: Math.max(1, extent - 1) }
  const centred = { factor: 2 * own, offset: own - extent, divisor: 2 * extent }
  const { factor, offset, divisor } = alignCorners ? aligned : centred
  const below = resample([x], { axis, extent, factor, offset, divisor })
  // rounded up: where p is whole both are the same element, so that no neighbour with weight 0 brings in its NaN
  const above = resample([x], { axis, extent, factor, offset: offset + divisor - 1, divisor })
  const position = maximum(add(mul(indices([extent]), factor), offset), 0)
  const rest = castTo(rem([position, fullLike(position, divisor)], null), x.dtype)
  const weights = reshape(div(rest, divisor), x.shape.map((_, i) => (i === axis ? extent : 1))) // prettier-ignore
  const t = broadcastTensor(weights, below.shape)
  return add(mul(below, sub(1, t)), mul(above, t))
}
