// Multi-head self-attention: four dense projections around ops/attention.ts.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { attention } from '../ops/attention.ts'
import { reshape } from '../ops/shaping.ts'
import { splitKeys } from '../random/index.ts'
import { dense, type DenseOptions, type DenseParams } from './dense.ts'
import type { Empty, Layer } from './layer.ts'
import { checkPositive, featuresOf } from './parameters.ts'

/** Options of `multiHeadAttention`; `bias` and initializers are those of its four projections. */
export interface MultiHeadAttentionOptions extends DenseOptions {
  /** Features of a head. Default: the input's features divided by the heads. */
  readonly headFeatures?: number
  /** Heads of keys and values, which divide `heads`: fewer are shared by groups of query heads. Default `heads`. */
  readonly keyValueHeads?: number
  /** Whether a position sees only those up to itself. Default false. */
  readonly causal?: boolean
}

/** Dense parameters of the projections: queries `[F, H·D]`, keys and values `[F, K·D]`, output `[H·D, F]`. */
export type MultiHeadAttentionParams = {
  readonly query: DenseParams
  readonly key: DenseParams
  readonly value: DenseParams
  readonly output: DenseParams
}

const MODE = { training: false } as const

/**
 * Self-attention of a sequence: `[B, T, F]` to `[B, T, F]`. Head `h` takes the features `h·D .. (h + 1)·D` of the projected queries; kernels
 * start Glorot uniform over `[F, H·D]`, biases as zeros. Vaswani et al., 2017.
 * @throws ArgumentError for options that make no layer or do not fit the features.
 */
export function multiHeadAttention(
  heads: number,
  options: MultiHeadAttentionOptions = {},
): Layer<MultiHeadAttentionParams, Empty> {
  const { headFeatures, keyValueHeads = heads, causal = false, ...projection } = options
  checkPositive('multiHeadAttention', 'heads', heads)
  checkPositive('multiHeadAttention', 'keyValueHeads', keyValueHeads)
  if (headFeatures !== undefined) checkPositive('multiHeadAttention', 'headFeatures', headFeatures)
  const name = `multiHeadAttention(${heads})`
  if (heads % keyValueHeads !== 0)
    throw new ArgumentError(`${name}: keyValueHeads ${keyValueHeads} must divide the ${heads} heads`)

  const sizesOf = (inputShape: Shape): { features: number; d: number } => {
    const features = featuresOf(name, inputShape, 2)
    if (headFeatures === undefined && features % heads !== 0) {
      throw new ArgumentError(
        `${name}: ${features} features do not divide into ${heads} heads: give headFeatures, or other features`,
      )
    }
    return { features, d: headFeatures ?? features / heads }
  }
  const layersOf = ({ features, d }: { features: number; d: number }) => ({
    query: dense(heads * d, projection),
    key: dense(keyValueHeads * d, projection),
    value: dense(keyValueHeads * d, projection),
    output: dense(features, projection),
  })

  return {
    name,
    init: (key, inputShape) => {
      const sizes = sizesOf(inputShape)
      const layers = layersOf(sizes)
      const [q, k, v, o] = splitKeys(key, 4)
      const input = [sizes.features]
      return {
        params: {
          query: layers.query.init(q!, input).params,
          key: layers.key.init(k!, input).params,
          value: layers.value.init(v!, input).params,
          output: layers.output.init(o!, [heads * sizes.d]).params,
        },
        state: {},
      }
    },
    apply: ({ params }, x) => {
      if (x.rank < 3) throw new ShapeError(`${name}: expected a batch [B, T, F], got ${formatShape(x.shape)}`)
      const sizes = sizesOf(x.shape.slice(1))
      const layers = layersOf(sizes)
      const project = (which: keyof MultiHeadAttentionParams, from: Tensor): Tensor =>
        layers[which].apply({ params: params[which], state: {} }, from, MODE).output
      const split = (projected: Tensor, count: number): Tensor =>
        reshape(projected, [...projected.shape.slice(0, -1), count, sizes.d])
      const attended = attention(
        split(project('query', x), heads),
        split(project('key', x), keyValueHeads),
        split(project('value', x), keyValueHeads),
        { causal },
      )
      const joined = reshape(attended, [...x.shape.slice(0, -1), heads * sizes.d])
      return { output: project('output', joined), state: {} }
    },
    outputShape: (inputShape) => {
      sizesOf(inputShape)
      return inputShape
    },
  }
}
