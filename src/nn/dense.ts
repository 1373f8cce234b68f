// The fully connected layer.

import { ShapeError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add } from '../ops/arithmetic.ts'
import { matmul } from '../ops/linalg.ts'
import { splitKeys } from '../random/index.ts'
import { glorotUniform, type Initializer, zeros } from './initializers.ts'
import type { Empty, Layer } from './layer.ts'
import { checkInitializers, checkPositive, featuresOf, initialized } from './parameters.ts'

/** Options of `dense`. */
export interface DenseOptions {
  /** Whether a bias is added; default true. */
  readonly bias?: boolean
  /** Default `glorotUniform`, as in Keras. */
  readonly kernelInitializer?: Initializer
  /** Default `zeros`, as in Keras. */
  readonly biasInitializer?: Initializer
}

/** `kernel` is `[inputs, units]`, `bias` `[units]` (absent when there is none). */
export type DenseParams = { readonly kernel: Tensor; readonly bias?: Tensor }

/**
 * `x kernel + bias` along the last axis: `[B, ..., inputs]` to `[B, ..., units]`.
 * @throws ArgumentError for options that make no layer.
 */
export function dense(units: number, options: DenseOptions = {}): Layer<DenseParams, Empty> {
  const { bias = true, kernelInitializer = glorotUniform, biasInitializer = zeros } = options
  checkPositive('dense', 'units', units)
  checkInitializers('dense', kernelInitializer, biasInitializer)
  const name = `dense(${units})`

  return {
    name,
    init: (key, inputShape) => {
      const inputs = featuresOf(name, inputShape)
      const fans = { fanIn: inputs, fanOut: units }
      const [kernelKey, biasKey] = splitKeys(key, 2)
      const kernel = initialized(name, kernelInitializer, kernelKey!, [inputs, units], fans)
      return {
        params: bias ? { kernel, bias: initialized(name, biasInitializer, biasKey!, [units], fans) } : { kernel },
        state: {},
      }
    },
    apply: ({ params }, x) => {
      const { kernel } = params
      if (x.rank < 2 || x.shape.at(-1) !== kernel.shape[0]) {
        const flat = x.rank > 2 && sizeOf(x.shape.slice(1)) === kernel.shape[0] ? ': put nn.flatten() before it' : ''
        throw new ShapeError(
          `${name}: expected a batch [B, ..., ${kernel.shape[0]}] for its kernel ${formatShape(kernel.shape)}, got ${formatShape(x.shape)}${flat}`,
        )
      }
      const product = matmul(x, kernel)
      return { output: params.bias === undefined ? product : add(product, params.bias), state: {} }
    },
    outputShape: (inputShape) => {
      featuresOf(name, inputShape)
      return [...inputShape.slice(0, -1), units]
    },
  }
}
