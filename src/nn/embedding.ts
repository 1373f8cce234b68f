// The embedding layer: a trained row per token.

import { isInteger } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { formatAval } from '../core/aval.ts'
import type { Tensor } from '../ir/tensor.ts'
import { gather } from '../ops/gathering.ts'
import { type Initializer, uniformUpTo } from './initializers.ts'
import type { Empty, Layer } from './layer.ts'
import { checkInitializers, checkPositive, initialized } from './parameters.ts'

/** Options of `embedding`. */
export interface EmbeddingOptions {
  /** Default uniform within ±0.05, as in Keras. */
  readonly initializer?: Initializer
}

/** `table` is `[vocabulary, features]`. */
export type EmbeddingParams = { readonly table: Tensor }

/**
 * The table's row of every token: integers `[B, ...]` to `[B, ..., features]`. Tokens out of range are clamped to the first or last row.
 * @throws ArgumentError for extents that are no positive integers; DTypeError when it is applied to other than integers.
 */
export function embedding(
  vocabulary: number,
  features: number,
  options: EmbeddingOptions = {},
): Layer<EmbeddingParams, Empty> {
  const { initializer = uniformUpTo(0.05) } = options
  checkPositive('embedding', 'the vocabulary', vocabulary)
  checkPositive('embedding', 'features', features)
  checkInitializers('embedding', initializer)
  const name = `embedding(${vocabulary}, ${features})`
  return {
    name,
    init: (key) => {
      const fans = { fanIn: vocabulary, fanOut: features }
      return { params: { table: initialized(name, initializer, key, [vocabulary, features], fans) }, state: {} }
    },
    apply: ({ params }, x) => {
      if (!isInteger(x.dtype)) {
        throw new DTypeError(
          `${name}: tokens must be integers, got ${formatAval(x.aval)}: give int32 data, or preprocess: (x) => cast(x, 'int32')`,
        )
      }
      return { output: gather(params.table, x), state: {} }
    },
    outputShape: (inputShape) => [...inputShape, features],
  }
}
