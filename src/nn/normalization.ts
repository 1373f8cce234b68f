// Normalisation layers: scale and offset as parameters over ops/normalization.ts; batchNorm keeps running statistics as state.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, normalizeAxes, type Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add, mul, stopGradient } from '../ops/arithmetic.ts'
import { ones, zeros } from '../ops/creation.ts'
import * as ops from '../ops/normalization.ts'
import { castTo } from '../ops/operand.ts'
import type { Axes } from '../ops/reductions.ts'
import type { Empty, Layer } from './layer.ts'
import { checkPositive, featuresOf } from './parameters.ts'

/** Options of normalisation layers. */
export interface NormOptions {
  /** Whether the values are multiplied by a trained `scale`, which starts as ones; default true. */
  readonly scale?: boolean
  /** Whether a trained `offset` is added, which starts as zeros; default true. */
  readonly offset?: boolean
  /** Added to the variance (or mean square); the default is the operation's. */
  readonly epsilon?: number
}

/** `scale` and `offset` (Keras: gamma and beta), absent where options leave them out. */
export type NormParams = { readonly scale?: Tensor; readonly offset?: Tensor }

/** `mean` and `variance`, each `[C]`: running statistics. */
export type RunningStatistics = { readonly mean: Tensor; readonly variance: Tensor }

function initialParams({ scale = true, offset = true }: NormOptions, shape: Shape): NormParams {
  return { ...(scale ? { scale: ones(shape) } : {}), ...(offset ? { offset: zeros(shape) } : {}) }
}

const epsilonOf = ({ epsilon }: NormOptions): { readonly epsilon?: number } =>
  epsilon === undefined ? {} : { epsilon }

/** A normalisation whose only variables are scale and offset. */
function normalization(
  name: string,
  options: NormOptions,
  parameterShape: (inputShape: Shape) => Shape,
  apply: (x: Tensor, params: NormParams) => Tensor,
): Layer<NormParams, Empty> {
  return {
    name,
    init: (_key, inputShape) => ({ params: initialParams(options, parameterShape(inputShape)), state: {} }),
    apply: ({ params }, x) => ({ output: apply(x, params), state: {} }),
    outputShape: (inputShape) => {
      parameterShape(inputShape)
      return inputShape
    },
  }
}

/** Options of `batchNorm`. */
export interface BatchNormLayerOptions extends NormOptions {
  /**
   * How much of the running statistics stays at each step, as Keras names it: `running = momentum · running + (1 - momentum) · batch`.
   * Default 0.9, which is PyTorch's momentum of 0.1 (Keras: 0.99).
   */
  readonly momentum?: number
}

/**
 * Every channel of `[B, ..., C]` with mean 0 and variance 1, scaled and offset. While training by the statistics of the batch, else by
 * running ones, which are the layer's state `{ mean, variance }`, start as 0 and 1, and move at each training step by the biased variance
 * (as in Keras; PyTorch takes the unbiased one). Where a trainer splits a batch, statistics are those of each micro-batch. Epsilon 1e-5.
 * @throws ArgumentError unless `0 <= momentum <= 1`.
 */
export function batchNorm(options: BatchNormLayerOptions = {}): Layer<NormParams, RunningStatistics> {
  const { momentum = 0.9 } = options
  if (!(momentum >= 0 && momentum <= 1))
    throw new ArgumentError(`batchNorm: momentum must lie in 0 .. 1, got ${momentum}`)
  const name = 'batchNorm()'
  const blend = (running: Tensor, batch: Tensor): Tensor =>
    stopGradient(add(mul(running, momentum), mul(castTo(batch, running.dtype), 1 - momentum)))
  return {
    name,
    init: (_key, inputShape) => {
      const shape = [featuresOf(name, inputShape)]
      return { params: initialParams(options, shape), state: { mean: zeros(shape), variance: ones(shape) } }
    },
    apply: ({ params, state }, x, { training }) => {
      if (!training) return { output: ops.batchNorm(x, { ...params, ...state, ...epsilonOf(options) }), state }
      const batch = ops.batchStatistics(x)
      const next = { mean: blend(state.mean, batch.mean), variance: blend(state.variance, batch.variance) }
      return { output: ops.batchNorm(x, { ...params, ...batch, ...epsilonOf(options) }), state: next }
    },
    outputShape: (inputShape) => {
      featuresOf(name, inputShape)
      return inputShape
    },
  }
}

/** Options of `layerNorm` and `rmsNorm`. */
export interface LayerNormLayerOptions extends NormOptions {
  /** What is normalised together: axes of the batch `[B, ...]`, so 0 is not among them. Default -1, the last. */
  readonly axes?: Axes
}

/** The extents of the normalised axes of a sample. */
function slicesOf(name: string, axes: Axes, inputShape: Shape): number[] {
  const list = normalizeAxes(name, axes, inputShape.length + 1)
  if (list.includes(0) || list.length === 0) {
    throw new ShapeError(
      `${name}: cannot normalise axes [${list}] of samples ${formatShape(inputShape)}: axis 0 counts the batch; name at least one other`,
    )
  }
  return list.map((axis) => inputShape[axis - 1]!)
}

/** Every sample's slices along `axes` with mean 0 and variance 1, scaled and offset; parameters have the extents of the axes. Epsilon 1e-5. */
export function layerNorm(options: LayerNormLayerOptions = {}): Layer<NormParams, Empty> {
  const { axes = -1 } = options
  return normalization(
    'layerNorm()',
    options,
    (inputShape) => slicesOf('layerNorm()', axes, inputShape),
    (x, params) => ops.layerNorm(x, { ...params, axes, ...epsilonOf(options) }),
  )
}

/** Every sample's slices along `axes` divided by their root mean square, and scaled; no offset unless asked for. Epsilon 1e-6. */
export function rmsNorm(options: LayerNormLayerOptions = {}): Layer<NormParams, Empty> {
  const { axes = -1, offset = false } = options
  return normalization(
    'rmsNorm()',
    { ...options, offset },
    (inputShape) => slicesOf('rmsNorm()', axes, inputShape),
    (x, params) => ops.rmsNorm(x, { ...params, axes, ...epsilonOf(options) }),
  )
}

/**
 * Each sample's channels in `groups` runs, normalised together with their positions; scale and offset `[C]`. Epsilon 1e-5.
 * @throws ArgumentError unless `groups` is a positive integer; when it is applied, unless it divides the channels.
 */
export function groupNorm(groups: number, options: NormOptions = {}): Layer<NormParams, Empty> {
  checkPositive('groupNorm', 'groups', groups)
  const name = `groupNorm(${groups})`
  const channelsOf = (inputShape: Shape): Shape => {
    const channels = featuresOf(name, inputShape)
    if (channels % groups !== 0)
      throw new ArgumentError(
        `${name}: the groups do not divide the ${channels} channels of samples ${formatShape(inputShape)}`,
      )
    return [channels]
  }
  return normalization(name, options, channelsOf, (x, params) =>
    ops.groupNorm(x, groups, { ...params, ...epsilonOf(options) }),
  )
}

/** Each sample's channels, each normalised over its positions; scale and offset `[C]`. Epsilon 1e-5. */
export function instanceNorm(options: NormOptions = {}): Layer<NormParams, Empty> {
  return normalization(
    'instanceNorm()',
    options,
    (inputShape) => [featuresOf('instanceNorm()', inputShape, 2)],
    (x, params) => ops.instanceNorm(x, { ...params, ...epsilonOf(options) }),
  )
}
