// Convolutions (cross-correlations, as networks use them) and their transposes in one, two and three dimensions, with strides,
// padding, dilation and groups. Layouts and groups are views; the work is one contraction each way.

import { isFloating } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { type ConvolutionGeometry, convolve, convolveInput } from '../primitives/convolution.ts'
import { asTensor, castTo, commonDType, type TensorLike } from './operand.ts'
import { reshape, transpose } from './shaping.ts'
import { type Padding, perAxis, type PerAxis, transposedAlong, windowsAlong } from './windowing.ts'

/**
 * Where the channels are. `channelsLast`: `x [N, ...spatial, C]`, kernel `[...window, C / groups, F]` (TensorFlow, JAX).
 * `channelsFirst`: `x [N, C, ...spatial]`, kernel `[F, C / groups, ...window]` (PyTorch). Both cost the same: views.
 */
export type Layout = 'channelsLast' | 'channelsFirst'

/** Options of convolutions. */
export interface ConvolutionOptions {
  /** Steps between windows; default 1. */
  readonly strides?: PerAxis
  /** Default `valid`. */
  readonly padding?: Padding
  /** Steps between the positions of a window; default 1. */
  readonly dilation?: PerAxis
  /** Independent groups of channels; default 1. Group `i` of the input gives group `i` of the output. */
  readonly groups?: number
  /** Default `channelsLast`. */
  readonly layout?: Layout
}

/** Options of transposed convolutions. */
export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /** Positions added after the output, where several input extents give one output extent; default 0. */
  readonly outputPadding?: PerAxis
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** Operands as floats of one dtype and of the right rank, channels last. */
function operands(
  name: string,
  rank: number,
  x: TensorLike,
  kernel: TensorLike,
  options: ConvolutionOptions,
): { x: Tensor; kernel: Tensor; first: boolean; groups: number } {
  // prettier-ignore
  const common = commonDType([x, kernel])
  const dtype = isFloating(common) ? common : 'float32'
  const [input, weights] = [castTo(asTensor(name, x), dtype), castTo(asTensor(name, kernel), dtype)]
  const { layout = 'channelsLast', groups = 1 } = options
  if (layout !== 'channelsLast' && layout !== 'channelsFirst')
    throw new ArgumentError(`${name}: layout must be 'channelsLast' or 'channelsFirst', got ${JSON.stringify(layout)}`)
  if (!Number.isInteger(groups) || groups < 1)
    throw new ArgumentError(`${name}: groups must be a positive integer, got ${groups}`)
  const first = layout === 'channelsFirst'
  if (input.rank !== rank + 2 || weights.rank !== rank + 2) {
    const expected = first ? `[N, C, ${rank} spatial axes] and [F, C / groups, window]` : `[N, ${rank} spatial axes, C] and [window, C / groups, F]` // prettier-ignore
    throw new ShapeError(
      `${name}: expected ${expected}, got ${formatShape(input.shape)} and ${formatShape(weights.shape)}`,
    )
  }
  return {
    x: first ? transpose(input, [0, ...range(2, rank + 2), 1]) : input,
    kernel: first ? transpose(weights, [...range(2, rank + 2), 1, 0]) : weights,
    first,
    groups,
  }
}

/** `[N, ...spatial, C]` as `[groups, N, ...spatial, C / groups]`. */
function grouped(x: Tensor, groups: number): Tensor {
  if (groups === 1) return reshape(x, [1, ...x.shape])
  const split = reshape(x, [...x.shape.slice(0, -1), groups, x.shape.at(-1)! / groups])
  const rank = split.rank
  return transpose(split, [rank - 2, ...range(0, rank - 2), rank - 1])
}

/** The kernel `[...window, C / groups, F]` as `[groups, ...window, C / groups, F / groups]`. */
function groupedKernel(kernel: Tensor, groups: number): Tensor {
  return grouped(kernel, groups)
}

/** `[groups, N, ...spatial, C / groups]` as `[N, ...spatial, C]`, or channels first. */
function ungrouped(y: Tensor, first: boolean): Tensor {
  const [groups, ...rest] = y.shape
  const joined = [...rest.slice(0, -1), groups! * rest.at(-1)!]
  const rank = y.rank
  const last = groups === 1 ? reshape(y, joined) : reshape(transpose(y, [...range(1, rank - 1), 0, rank - 1]), joined)
  return first ? transpose(last, [0, last.rank - 1, ...range(1, last.rank - 1)]) : last
}

function convolution(
  name: string,
  rank: number,
  x: TensorLike,
  kernel: TensorLike,
  options: ConvolutionOptions,
): Tensor {
  // prettier-ignore
  const given = operands(name, rank, x, kernel, options)
  const { groups } = given
  const channels = given.x.shape.at(-1)!
  const [own, features] = given.kernel.shape.slice(-2) as [number, number]
  if (channels !== own * groups || features % groups !== 0) {
    const remedy = channels === features ? '. Are its last two axes swapped?' : ''
    throw new ShapeError(
      `${name}: an input of ${channels} channels in ${groups} groups needs a kernel of ${channels / groups} input channels and a multiple of ${groups} features, got ${own} and ${features}${remedy}`,
    )
  }
  const input = given.x.shape.slice(1, -1)
  const window = given.kernel.shape.slice(0, -2)
  const stride = perAxis(name, 'strides', options.strides ?? 1, rank)
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, rank)
  const { low, output } = windowsAlong(name, input, window, stride, dilation, options.padding ?? 'valid')
  const geometry: ConvolutionGeometry = { input, window, output, stride, low, dilation }
  return ungrouped(convolve([grouped(given.x, groups), groupedKernel(given.kernel, groups)], geometry), given.first)
}

function transposed(
  name: string,
  rank: number,
  x: TensorLike,
  kernel: TensorLike,
  options: TransposedConvolutionOptions,
): Tensor {
  // prettier-ignore
  const given = operands(name, rank, x, kernel, options)
  const { groups } = given
  const channels = given.x.shape.at(-1)!
  const features = given.kernel.shape.at(-1)!
  if (channels !== features || channels % groups !== 0) {
    throw new ShapeError(
      `${name}: an input of ${channels} channels in ${groups} groups needs a kernel whose ${given.first ? 'first' : 'last'} axis is ${channels} and a multiple of ${groups}, got ${features}`,
    )
  }
  const output = given.x.shape.slice(1, -1)
  const window = given.kernel.shape.slice(0, -2)
  const stride = perAxis(name, 'strides', options.strides ?? 1, rank)
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, rank)
  const extra = perAxis(name, 'outputPadding', options.outputPadding ?? 0, rank, 0)
  const { low, output: input } = transposedAlong(
    name,
    output,
    window,
    stride,
    dilation,
    options.padding ?? 'valid',
    extra,
  )
  const geometry: ConvolutionGeometry = { input, window, output, stride, low, dilation }
  return ungrouped(
    convolveInput([groupedKernel(given.kernel, groups), grouped(given.x, groups)], geometry),
    given.first,
  )
}

/** `x [N, L, C]`, kernel `[k, C / groups, F]` to `[N, L', F]`. @throws ShapeError, ArgumentError as `conv2d`. */
export const conv1d = (x: TensorLike, kernel: TensorLike, options: ConvolutionOptions = {}): Tensor =>
  convolution('conv1d', 1, x, kernel, options)

/**
 * `x [N, H, W, C]`, kernel `[kh, kw, C / groups, F]` to `[N, H', W', F]`, floats: cross-correlation, as in PyTorch and TensorFlow.
 * @throws ShapeError when the shapes or channels do not fit, or a window exceeds the padded input; ArgumentError for options that
 * make no sense.
 */
export const conv2d = (x: TensorLike, kernel: TensorLike, options: ConvolutionOptions = {}): Tensor =>
  convolution('conv2d', 2, x, kernel, options)

/** `x [N, D, H, W, C]`, kernel `[kd, kh, kw, C / groups, F]` to `[N, D', H', W', F]`. @throws as `conv2d`. */
export const conv3d = (x: TensorLike, kernel: TensorLike, options: ConvolutionOptions = {}): Tensor =>
  convolution('conv3d', 3, x, kernel, options)

/** As `conv2dTranspose` in one dimension: `x [N, L, F]`, kernel `[k, C / groups, F]` to `[N, L', C]`. */
export const conv1dTranspose = (
  x: TensorLike,
  kernel: TensorLike,
  options: TransposedConvolutionOptions = {},
): Tensor => transposed('conv1dTranspose', 1, x, kernel, options)

/**
 * The transpose (adjoint) of `conv2d` with the same kernel and options: `x [N, H, W, F]`, kernel `[kh, kw, C / groups, F]` to `[N, H', W',
 * C]`; channels first `[N, F, H, W]` and `[F, C / groups, kh, kw]`, as PyTorch's ConvTranspose2d.
 * @throws ShapeError, ArgumentError as `conv2d`.
 */
export const conv2dTranspose = (
  x: TensorLike,
  kernel: TensorLike,
  options: TransposedConvolutionOptions = {},
): Tensor => transposed('conv2dTranspose', 2, x, kernel, options)

/**
 * Every channel convolved with windows of its own: `x [N, H, W, C]`, kernel `[kh, kw, C, multiplier]` to `[N, H', W', C · multiplier]`.
 * @throws ShapeError, ArgumentError as `conv2d`.
 */
export function depthwiseConv2d(
  x: TensorLike,
  kernel: TensorLike,
  options: Omit<ConvolutionOptions, 'groups' | 'layout'> = {},
): Tensor {
  // prettier-ignore
  const name = 'depthwiseConv2d'
  const [input, weights] = [asTensor(name, x), asTensor(name, kernel)]
  if (input.rank !== 4 || weights.rank !== 4 || weights.shape[2] !== input.shape[3]) {
    throw new ShapeError(
      `${name}: expected [N, H, W, C] and [kh, kw, C, multiplier], got ${formatShape(input.shape)} and ${formatShape(weights.shape)}`,
    )
  }
  const [kh, kw, channels, multiplier] = weights.shape as [number, number, number, number]
  return convolution(name, 2, input, reshape(weights, [kh, kw, 1, channels * multiplier]), { ...options, groups: channels }) // prettier-ignore
}
