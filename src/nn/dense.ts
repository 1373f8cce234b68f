// The fully connected layer.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape, type Shape, sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add } from '../ops/arithmetic.ts'
import { matmul } from '../ops/linalg.ts'
import { splitKeys } from '../random/index.ts'
import { glorotUniform, type Initializer, zeros } from './initializers.ts'
import type { Empty, Layer } from './layer.ts'

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
  if (!Number.isInteger(units) || units < 1)
    throw new ArgumentError(`dense: units must be a positive integer, got ${units}`)
  if (typeof kernelInitializer !== 'function' || typeof biasInitializer !== 'function') {
    throw new ArgumentError('dense: initializers are functions, e.g. nn.initializers.heNormal')
  }
  const name = `dense(${units})`

  const inputsOf = (inputShape: Shape): number => {
    const inputs = inputShape.at(-1)
    if (inputs === undefined)
      throw new ShapeError(`${name}: a sample needs an axis of features, got the shape [] (without the batch axis)`)
    return inputs
  }

  const initialize = (initializer: Initializer, key: Tensor, shape: Shape, inputs: number): Tensor => {
    const made = initializer(key, shape, { fanIn: inputs, fanOut: units })
    if (sameShape(made.shape, shape)) return made
    throw new ShapeError(
      `${name}: an initializer gave ${formatShape(made.shape)} for a parameter of shape ${formatShape(shape)}`,
    )
  }

  return {
    name,
    init: (key, inputShape) => {
      const inputs = inputsOf(inputShape)
      const [kernelKey, biasKey] = splitKeys(key, 2)
      const kernel = initialize(kernelInitializer, kernelKey!, [inputs, units], inputs)
      return {
        params: bias ? { kernel, bias: initialize(biasInitializer, biasKey!, [units], inputs) } : { kernel },
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
      inputsOf(inputShape)
      return [...inputShape.slice(0, -1), units]
    },
  }
}
