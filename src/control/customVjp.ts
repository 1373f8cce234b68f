// customVjp: a function whose derivative is given instead of derived, for numerical stability or to save less.

import { formatAval } from '../core/aval.ts'
import { ArgumentError, TensorUseError } from '../core/errors.ts'
import { Tensor } from '../ir/tensor.ts'
import { bodyParams, closedBodyOf, instantiate, regionOutputs } from './region.ts'

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
    const trace = (parameters: readonly Tensor[]): Tensor[] => {
      const { output, residuals } = forward(...parameters)
      return [output, ...residuals]
    }
    const { graph, captured } = closedBodyOf('customVjp', trace, inputs.map((input) => input.aval)) // prettier-ignore
    if (captured.length > 0) {
      throw new TensorUseError(
        `customVjp: the function uses a tensor ${formatAval(captured[0]!.aval)} from outside: pass it as an argument`,
      )
    }
    const [output] = graph.outputs
    const region = {
      name: 'customVjp',
      params: bodyParams(graph),
      body: { ...graph, outputs: [output!] },
      vjp: (own: readonly Tensor[], [cotangent]: readonly Tensor[]): readonly (Tensor | null)[] => {
        // residuals, met in second derivatives, have the ordinary derivative
        const residuals = instantiate({ ...graph, outputs: graph.outputs.slice(1) }, own)
        return backward(residuals, cotangent!)
      },
    }
    return regionOutputs(region, inputs)[0]!
  }
}
