// customVjp: a function whose derivative is given instead of derived, for numerical stability or to save less.

import { pullback } from '../autodiff/vjp.ts'
import { ArgumentError } from '../core/errors.ts'
import { Tensor } from '../ir/tensor.ts'
import { bodyOf, regionOutput } from './region.ts'

/** What `forward` gives: the output, and what `backward` will need of this call. */
export interface ForwardResult {
  readonly output: Tensor
  readonly residuals: readonly Tensor[]
}

/** A function of tensors with a derivative of its own. */
export interface CustomVjp {
  readonly forward: (...inputs: Tensor[]) => ForwardResult
  /** Cotangents of the inputs, in order; null where none flows. */
  readonly backward: (residuals: readonly Tensor[], cotangent: Tensor) => readonly (Tensor | null)[]
}

/**
 * The function that computes `forward(...).output` and differentiates by `backward`. Both must be made of tensor operations on their
 * arguments; the residuals are computed only where a derivative is taken. `backward` is itself differentiable.
 * @throws ArgumentError when an argument is no tensor; TensorUseError when `forward` uses tensors from outside.
 */
export function customVjp({ forward, backward }: CustomVjp): (...inputs: Tensor[]) => Tensor {
  return (...inputs) => {
    if (inputs.some((input) => !(input instanceof Tensor)))
      throw new ArgumentError('customVjp: every argument must be a tensor')
    const body = bodyOf(
      'customVjp',
      (parameters) => {
        const { output, residuals } = forward(...parameters)
        return [output, ...residuals]
      },
      inputs,
    )
    const at = (index: number, operands: readonly Tensor[]): Tensor =>
      regionOutput('customVjp', body, index, operands, ({ inputs: own, cotangent }) => {
        // only the output has a declared derivative; residuals, met in second derivatives, have the ordinary one
        if (index > 0) return pullback([forward(...own).residuals[index - 1]!], [cotangent], own)
        const residuals = body.outputs.slice(1).map((_, i) => at(i + 1, own))
        return backward(residuals, cotangent)
      })
    return at(0, inputs)
  }
}
