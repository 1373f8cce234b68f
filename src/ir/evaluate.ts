// The oracle: a graph run primitive by primitive by the primitives' float64 references, without the compiler. Slow and plain;
// every other way of computing a graph is tested against it.

import { formatAval, sameAval } from '../core/aval.ts'
import { InternalError } from '../core/errors.ts'
import { topologicalOrder } from './graph.ts'
import type { ReferenceArray, Tensor } from './tensor.ts'

/** Values of a graph's leaves: parameters, per-step arguments and captured data. */
export type Bindings = ReadonlyMap<Tensor, ReferenceArray>

/**
 * The values of `outputs` in float64, given the values of the leaves that they reach.
 * @throws InternalError when a leaf has no value, or one of another shape or dtype.
 */
export function evaluateReference(outputs: readonly Tensor[], bindings: Bindings): ReferenceArray[] {
  const values = new Map<Tensor, ReferenceArray>(bindings)
  for (const tensor of topologicalOrder(outputs)) {
    const known = values.get(tensor)
    if (known !== undefined) {
      if (!sameAval(known, tensor.aval))
        throw new InternalError(`${formatAval(tensor.aval)} was given ${formatAval(known)}`)
      continue
    }
    const { source } = tensor
    if (source.kind !== 'apply')
      throw new InternalError(`a leaf ${formatAval(tensor.aval)} of the graph was given no value`)
    const inputs = source.inputs.map((input) => values.get(input)!)
    values.set(tensor, source.primitive.reference(inputs, source.params, tensor.aval))
  }
  return outputs.map((output) => values.get(output)!)
}
