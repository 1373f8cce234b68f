// Normalisation: values less their mean, divided by their deviation, over the axes that each form names; then scale and offset. All are
// composites over reductions in two passes (the mean first, then the mean square of what is left), so that a common offset of the
// values costs no digits. Channels are the last axis.

import { formatAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, normalizeAxes, sameShape, sizeOf } from '../core/shape.ts'
import { Tensor } from '../ir/tensor.ts'
import { add, div, mul, square, sub } from './arithmetic.ts'
import { sqrt } from './elementary.ts'
import { asTensor, type TensorLike } from './operand.ts'
import { type Axes, mean } from './reductions.ts'
import { reshape } from './shaping.ts'

/** What every normalisation takes beside its axes. */
export interface NormalizationOptions {
  /** Factors of the normalised values; default none. */
  readonly scale?: Tensor | undefined
  /** What is added after scaling; default none. */
  readonly offset?: Tensor | undefined
  /** Added to the variance (or mean square) before its root. */
  readonly epsilon?: number
}

/** A float operand, checked with its epsilon. */
function checked(operation: string, x: TensorLike, epsilon: number): Tensor {
  const tensor = asTensor(operation, x)
  if (!isFloating(tensor.dtype))
    throw new DTypeError(`${operation}: takes floats, got ${formatAval(tensor.aval)}: cast it to float32 first`)
  if (!(epsilon >= 0 && epsilon < Infinity))
    throw new ArgumentError(`${operation}: epsilon must be a finite number >= 0, got ${epsilon}`)
  return tensor
}

/** The number of channels, the last extent. @throws ShapeError for fewer than two axes. */
function checkChannels(operation: string, x: Tensor): number {
  const channels = x.shape.at(-1)
  if (channels === undefined || x.rank < 2)
    throw new ShapeError(`${operation}: expected [N, ..., C], got ${formatAval(x.aval)}`)
  return channels
}

/** `scale` or `offset` of the extents of `axes`, with an axis of 1 for every other one of `x`. */
function along(operation: string, name: string, given: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const expected = axes.map((axis) => x.shape[axis]!)
  if (!(given instanceof Tensor)) throw new ArgumentError(`${operation}: ${name} must be a tensor, got ${typeof given}`)
  if (!sameShape(given.shape, expected)) {
    throw new ShapeError(
      `${operation}: ${name} ${formatAval(given.aval)} does not fit ${formatAval(x.aval)}: expected ${formatShape(expected)}`,
    )
  }
  const shape = x.shape.map((extent, axis) => (axes.includes(axis) ? extent : 1))
  return reshape(given, shape)
}

/** `normalized · scale + offset`, both along `axes` of `x`. */
function affine(
  operation: string,
  normalized: Tensor,
  axes: readonly number[],
  { scale, offset }: NormalizationOptions,
): Tensor {
  const scaled = scale === undefined ? normalized : mul(normalized, along(operation, 'scale', scale, normalized, axes))
  return offset === undefined ? scaled : add(scaled, along(operation, 'offset', offset, normalized, axes))
}

/** `x` less its mean over `axes`, divided by the root of its variance plus epsilon. */
function standardized(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const centred = sub(x, mean(x, axes, true))
  return div(centred, sqrt(add(mean(square(centred), axes, true), epsilon)))
}

/** Mean and variance of every channel. */
export interface ChannelStatistics {
  /** `[C]` */
  readonly mean: Tensor
  /** `[C]`, over the count itself (not the count less one). */
  readonly variance: Tensor
}

/**
 * Mean and variance of each channel of `x` `[N, ..., C]` over all other axes, in two passes. The variance is the biased one, by which
 * batchNorm divides.
 * @throws ShapeError for fewer than two axes, DTypeError for other than floats.
 */
export function batchStatistics(x: TensorLike): ChannelStatistics {
  const tensor = checked('batchStatistics', x, 0)
  checkChannels('batchStatistics', tensor)
  const axes = tensor.shape.map((_, axis) => axis).slice(0, -1)
  const average = mean(tensor, axes)
  return { mean: average, variance: mean(square(sub(tensor, average)), axes) }
}

/** Options of `batchNorm`: statistics of the batch (`batchStatistics`) or running ones, and scale and offset `[C]`. */
export interface BatchNormOptions extends NormalizationOptions, ChannelStatistics {}

/**
 * `(x - mean) / √(variance + epsilon) · scale + offset` per channel of `x` `[N, ..., C]`; epsilon 1e-5 as in PyTorch (Keras: 1e-3).
 * Derivatives flow through the statistics too, where these depend on `x`. Ioffe and Szegedy, 2015.
 * @throws ShapeError when a statistic, scale or offset is not `[C]`.
 */
export function batchNorm(x: TensorLike, options: BatchNormOptions): Tensor {
  const { epsilon = 1e-5 } = options
  const tensor = checked('batchNorm', x, epsilon)
  checkChannels('batchNorm', tensor)
  const channel = [tensor.rank - 1]
  const average = along('batchNorm', 'mean', options.mean, tensor, channel)
  const variance = along('batchNorm', 'variance', options.variance, tensor, channel)
  const normalized = div(sub(tensor, average), sqrt(add(variance, epsilon)))
  return affine('batchNorm', normalized, channel, options)
}

/** Options of `layerNorm` and `rmsNorm`; scale and offset have the extents of the axes, in ascending order. */
export interface LayerNormOptions extends NormalizationOptions {
  /** What is normalised together. Default -1, the last. */
  readonly axes?: Axes
}

/**
 * Every slice of `x` along `axes` with mean 0 and variance 1, scaled and offset; epsilon 1e-5 as in PyTorch (Keras: 1e-3). Ba et al., 2016.
 * @throws ShapeError when scale or offset do not have the extents of the axes.
 */
export function layerNorm(x: TensorLike, options: LayerNormOptions = {}): Tensor {
  const { axes = -1, epsilon = 1e-5 } = options
  const tensor = checked('layerNorm', x, epsilon)
  const list = normalizeAxes('layerNorm', axes, tensor.rank)
  return affine('layerNorm', standardized(tensor, list, epsilon), list, options)
}

/**
 * `x / √(mean(x²) + epsilon)` along `axes`, scaled and offset; epsilon 1e-6 as in Keras. Zhang and Sennrich, 2019.
 * @throws ShapeError when scale or offset do not have the extents of the axes.
 */
export function rmsNorm(x: TensorLike, options: LayerNormOptions = {}): Tensor {
  const { axes = -1, epsilon = 1e-6 } = options
  const tensor = checked('rmsNorm', x, epsilon)
  const list = normalizeAxes('rmsNorm', axes, tensor.rank)
  const normalized = div(tensor, sqrt(add(mean(square(tensor), list, true), epsilon)))
  return affine('rmsNorm', normalized, list, options)
}

/**
 * `x` `[N, ..., C]`, each sample's channels in `groups` runs of equal length normalised together with their positions; scale and offset
 * `[C]`; epsilon 1e-5 as in PyTorch. Wu and He, 2018.
 * @throws ArgumentError unless `groups` divides C; ShapeError when scale or offset is not `[C]`.
 */
export function groupNorm(x: TensorLike, groups: number, options: NormalizationOptions = {}): Tensor {
  return normalizeGroups('groupNorm', x, groups, options)
}

/**
 * `x` `[N, ..., C]`, each channel of each sample normalised over its positions: groupNorm with one channel per group. Epsilon 1e-5 as in
 * PyTorch. Ulyanov et al., 2016.
 * @throws ShapeError when scale or offset is not `[C]`.
 */
export function instanceNorm(x: TensorLike, options: NormalizationOptions = {}): Tensor {
  return normalizeGroups('instanceNorm', x, Math.max(1, asTensor('instanceNorm', x).shape.at(-1) ?? 1), options)
}

function normalizeGroups(operation: string, x: TensorLike, groups: number, options: NormalizationOptions): Tensor {
  const { epsilon = 1e-5 } = options
  const tensor = checked(operation, x, epsilon)
  const channels = checkChannels(operation, tensor)
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ArgumentError(
      `${operation}: groups must be a positive integer that divides the ${channels} channels of ${formatShape(tensor.shape)}, got ${groups}`,
    )
  }
  const positions = tensor.shape.slice(1, -1)
  const grouped = reshape(tensor, [tensor.shape[0]!, sizeOf(positions), groups, channels / groups])
  const normalized = reshape(standardized(grouped, [1, 3], epsilon), tensor.shape)
  return affine(operation, normalized, [tensor.rank - 1], options)
}
