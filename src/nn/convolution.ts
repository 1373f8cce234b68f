// Convolution layers, channels last: a kernel and a bias over the operations of ops/convolution.ts.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import { parameter, type Tensor } from '../ir/tensor.ts'
import { add } from '../ops/arithmetic.ts'
import * as ops from '../ops/convolution.ts'
import type { Padding, PerAxis } from '../ops/windowing.ts'
import { splitKeys } from '../random/index.ts'
import { glorotUniform, type Initializer, zeros } from './initializers.ts'
import type { Empty, Layer } from './layer.ts'
import { checkInitializers, checkPositive, featuresOf, initialized, windowFans } from './parameters.ts'

/** Options of convolution layers; the defaults are Keras'. */
export interface ConvOptions {
  /** Steps between windows; default 1. */
  readonly strides?: PerAxis
  /** Default `valid`: none. */
  readonly padding?: Padding
  /** Steps between the positions of a window; default 1. */
  readonly dilation?: PerAxis
  /** Independent groups of channels; default 1. */
  readonly groups?: number
  /** Whether a bias is added; default true. */
  readonly bias?: boolean
  /** Default `glorotUniform`, its fans being those of one position: window extents times channels. */
  readonly kernelInitializer?: Initializer
  /** Default `zeros`. */
  readonly biasInitializer?: Initializer
}

/** `kernel` `[...window, inputs / groups, filters]` (transposed: `[...window, filters / groups, inputs]`), `bias` `[filters]`. */
export type ConvParams = { readonly kernel: Tensor; readonly bias?: Tensor }

/** What sets one convolution apart: the shape of its kernel, its fans per window position, and the operation. */
interface Kind {
  readonly name: string
  readonly window: Shape
  readonly outputs: (inputs: number) => number
  readonly kernel: (inputs: number) => Shape
  readonly fans: (inputs: number) => readonly [inputs: number, outputs: number]
  readonly apply: (x: Tensor, kernel: Tensor) => Tensor
}

function convolutional(kind: Kind, options: ConvOptions): Layer<ConvParams, Empty> {
  const { name, window } = kind
  const { bias = true, kernelInitializer = glorotUniform, biasInitializer = zeros } = options
  checkInitializers(name, kernelInitializer, biasInitializer)
  const rank = window.length
  // the shape rule is that of the operation, applied to a batch of one that is never computed; it throws for what does not fit
  const outputShape = (inputShape: Shape): Shape => {
    if (inputShape.length !== rank + 1) {
      throw new ShapeError(
        `${name}: expected samples of ${rank} spatial axes and channels, got ${formatShape(inputShape)} (without the batch axis)`,
      )
    }
    const float = (shape: Shape): Tensor => parameter({ shape, dtype: 'float32' }, 'shape')
    return kind.apply(float([1, ...inputShape]), float(kind.kernel(inputShape.at(-1)!))).shape.slice(1)
  }
  return {
    name,
    init: (key, inputShape) => {
      const inputs = featuresOf(name, inputShape)
      outputShape(inputShape)
      const [kernelKey, biasKey] = splitKeys(key, 2)
      const fans = windowFans(window, ...kind.fans(inputs))
      const kernel = initialized(name, kernelInitializer, kernelKey!, kind.kernel(inputs), fans)
      if (!bias) return { params: { kernel }, state: {} }
      const added = initialized(name, biasInitializer, biasKey!, [kind.outputs(inputs)], fans)
      return { params: { kernel, bias: added }, state: {} }
    },
    apply: ({ params: { kernel, bias: added } }, x) => {
      const output = kind.apply(x, kernel)
      return { output: added === undefined ? output : add(output, added), state: {} }
    },
    outputShape,
  }
}

/** Window extents: one number for all axes, or one per axis. */
function extentsOf(name: string, window: PerAxis, rank: number): number[] {
  const extents = typeof window === 'number' ? Array.from({ length: rank }, () => window) : [...window]
  if (extents.length !== rank || extents.some((extent) => !Number.isInteger(extent) || extent < 1)) {
    throw new ArgumentError(
      `${name}: the window must be a positive integer, or ${rank} of them, got ${JSON.stringify(window)}`,
    )
  }
  return extents
}

/** Channels per group. */
function perGroup(name: string, what: string, channels: number, groups: number): number {
  if (Number.isInteger(groups) && groups >= 1 && channels % groups === 0) return channels / groups
  throw new ArgumentError(
    `${name}: groups must be a positive integer that divides the ${channels} ${what}, got ${groups}`,
  )
}

function ordinary(
  operation: 'conv1d' | 'conv2d',
  rank: number,
  filters: number,
  window: PerAxis,
  options: ConvOptions,
): Layer<ConvParams, Empty> {
  checkPositive(operation, 'filters', filters)
  const name = `${operation}(${filters}, ${JSON.stringify(window)})`
  const extents = extentsOf(operation, window, rank)
  const { groups = 1 } = options
  perGroup(operation, 'filters', filters, groups)
  const inputsPerGroup = (inputs: number): number => perGroup(name, 'input channels', inputs, groups)
  return convolutional(
    {
      name,
      window: extents,
      outputs: () => filters,
      kernel: (inputs) => [...extents, inputsPerGroup(inputs), filters],
      fans: (inputs) => [inputsPerGroup(inputs), filters / groups],
      apply: (x, kernel) => (operation === 'conv1d' ? ops.conv1d : ops.conv2d)(x, kernel, options),
    },
    options,
  )
}

/**
 * `filters` convolutions over sequences: `[B, L, inputs]` to `[B, L', filters]`; kernel `[k, inputs / groups, filters]`.
 * @throws ArgumentError for options that make no layer; ShapeError for samples that do not fit.
 */
export function conv1d(filters: number, window: PerAxis, options: ConvOptions = {}): Layer<ConvParams, Empty> {
  return ordinary('conv1d', 1, filters, window, options)
}

/**
 * `filters` convolutions over images: `[B, H, W, inputs]` to `[B, H', W', filters]`; kernel `[kh, kw, inputs / groups, filters]`.
 * @throws ArgumentError for options that make no layer; ShapeError for samples that do not fit.
 */
export function conv2d(filters: number, window: PerAxis, options: ConvOptions = {}): Layer<ConvParams, Empty> {
  return ordinary('conv2d', 2, filters, window, options)
}

/** Options of `conv2dTranspose`. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Positions added after the output, where several input extents give one output extent; default 0. */
  readonly outputPadding?: PerAxis
}

/**
 * The transpose of a convolution, for images that grow: `[B, H, W, inputs]` to `[B, H', W', filters]`, with strides `s` and padding
 * `same` to `[B, s H, s W, filters]`; kernel `[kh, kw, filters / groups, inputs]`, as in Keras.
 * @throws ArgumentError for options that make no layer; ShapeError for samples that do not fit.
 */
export function conv2dTranspose(
  filters: number,
  window: PerAxis,
  options: ConvTransposeOptions = {},
): Layer<ConvParams, Empty> {
  checkPositive('conv2dTranspose', 'filters', filters)
  const name = `conv2dTranspose(${filters}, ${JSON.stringify(window)})`
  const extents = extentsOf('conv2dTranspose', window, 2)
  const { groups = 1 } = options
  const own = perGroup('conv2dTranspose', 'filters', filters, groups)
  return convolutional(
    {
      name,
      window: extents,
      outputs: () => filters,
      kernel: (inputs) => [...extents, own, inputs],
      fans: (inputs) => [perGroup(name, 'input channels', inputs, groups), own],
      apply: (x, kernel) => ops.conv2dTranspose(x, kernel, options),
    },
    options,
  )
}

/** Options of `depthwiseConv2d`: those of `conv2d` without groups. */
export interface DepthwiseConvOptions extends Omit<ConvOptions, 'groups'> {
  /** Filters per channel; default 1. */
  readonly multiplier?: number
}

/**
 * Windows of its own for every channel: `[B, H, W, C]` to `[B, H', W', C · multiplier]`; kernel `[kh, kw, C, multiplier]`, whose fans count
 * one channel.
 * @throws ArgumentError for options that make no layer; ShapeError for samples that do not fit.
 */
export function depthwiseConv2d(window: PerAxis, options: DepthwiseConvOptions = {}): Layer<ConvParams, Empty> {
  const { multiplier = 1 } = options
  checkPositive('depthwiseConv2d', 'multiplier', multiplier)
  const name = `depthwiseConv2d(${JSON.stringify(window)})`
  const extents = extentsOf('depthwiseConv2d', window, 2)
  return convolutional(
    {
      name,
      window: extents,
      outputs: (inputs) => inputs * multiplier,
      kernel: (inputs) => [...extents, inputs, multiplier],
      fans: () => [1, multiplier],
      apply: (x, kernel) => ops.depthwiseConv2d(x, kernel, options),
    },
    options,
  )
}
