// A layer: a pair of pure functions. `init` gives parameters and state for an input shape, `apply` maps those and a batch to an
// output and the next state. Shapes given to `init` and `outputShape` are of one sample: without the batch axis.

import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'

/** Tensors in nested objects and arrays. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [key: string]: TensorTree }

/** The tree of a layer that has no parameters, or no state. */
export type Empty = { readonly [key: string]: never }

/** What a layer computes with: `params` are trained, `state` changes from call to call (running statistics). */
export interface Variables<Params = TensorTree, State = TensorTree> {
  readonly params: Params
  readonly state: State
}

/** How a layer is applied. Layers that draw random numbers while training need a `key`, a fresh one for every step. */
export interface Mode {
  readonly training: boolean
  readonly key?: Tensor | undefined
}

/** What `apply` gives. */
export interface Applied<State = TensorTree> {
  readonly output: Tensor
  readonly state: State
}

/** A layer. Its methods throw ShapeError, DTypeError or ArgumentError for what they cannot take. */
export interface Layer<Params = TensorTree, State = TensorTree> {
  /** For error messages: `dense(128)`. */
  readonly name: string
  /** Parameters and state for samples of a shape (without the batch axis), drawn from a key. */
  init(key: Tensor, inputShape: Shape): Variables<Params, State>
  /** The output for a batch `[B, ...inputShape]`. */
  apply(variables: Variables<Params, State>, x: Tensor, mode: Mode): Applied<State>
  /** The shape of one sample's output. */
  outputShape(inputShape: Shape): Shape
}

/** A layer without parameters and state, from a function of the batch and a shape rule. */
export function stateless(
  name: string,
  outputShape: (inputShape: Shape) => Shape,
  apply: (x: Tensor, mode: Mode) => Tensor,
): Layer<Empty, Empty> {
  return {
    name,
    init: (_key, inputShape) => {
      outputShape(inputShape) // throws for a shape that it cannot take
      return { params: {}, state: {} }
    },
    apply: (_variables, x, mode) => ({ output: apply(x, mode), state: {} }),
    outputShape,
  }
}
