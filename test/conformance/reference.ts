// The oracle of the tests, evaluateReference, with the conversions between host arrays and the float64 arrays that it works on.

import type { HostArray } from '../../src/core/hostArray.ts'
import type { Graph } from '../../src/ir/tensor.ts'
import type { ReferenceArray } from '../../src/ir/tensor.ts'
import { evaluateReference } from '../../src/ir/evaluate.ts'

export { evaluateReference }

/** Host data in float64. */
export function toReference(array: HostArray): ReferenceArray {
  return { shape: array.shape, dtype: array.dtype, data: Float64Array.from(array.data) }
}

/** The outputs of a graph for values of its parameters, in order. */
export function referenceOutputs(graph: Graph, values: readonly ReferenceArray[]): ReferenceArray[] {
  return evaluateReference(graph.outputs, new Map(graph.parameters.map((leaf, i) => [leaf, values[i]!])))
}
