// How far rounding alone moves the outputs of a graph: what tells an ill-conditioned output from a wrong one.

import { isFloating } from '../../src/core/dtype.ts'
import { topologicalOrder } from '../../src/ir/graph.ts'
import { type Bindings, evaluateReference } from '../../src/ir/evaluate.ts'
import type { Graph, ReferenceArray, Tensor } from '../../src/ir/tensor.ts'
import { type Random, randomOf } from '../fuzz/random.ts'

const ROUNDINGS = 12

/**
 * The outputs with every result that float32 does not hold moved by up to two units in the last place; a product that is summed in float32 by two
 * units of the sum of its terms' magnitudes, which may be far greater than the sum.
 */
export function evaluateRounded(
  graph: Graph,
  bindings: Bindings,
  random: Random,
  float32Sums: boolean,
): ReferenceArray[] {
  const values = new Map<Tensor, ReferenceArray>(bindings)
  for (const tensor of topologicalOrder(graph.outputs)) {
    const { source } = tensor
    if (values.has(tensor) || source.kind !== 'apply') continue
    const inputs = source.inputs.map((input) => values.get(input)!)
    const result = source.primitive.reference(inputs, source.params, tensor.aval)
    const { kind } = source.primitive.lower(source.inputs.map((input) => input.aval), source.params, tensor.aval) // prettier-ignore
    const isSum = float32Sums && tensor.dtype === 'float32' && kind === 'contraction'
    const sizes = isSum
      ? source.primitive.reference(inputs.map(magnitudes), source.params, tensor.aval).data
      : result.data
    const data = isFloating(tensor.dtype) ? result.data.map((value, i) => (Math.fround(value) === value ? value : value + sizes[i]! * (random.unit() - 0.5) * 2 ** -21)) : result.data // prettier-ignore
    values.set(tensor, { ...result, data })
  }
  return graph.outputs.map((tensor) => values.get(tensor)!)
}

const magnitudes = (array: ReferenceArray): ReferenceArray => ({ ...array, data: array.data.map(Math.abs) })

/** How far each output moves, at most, when every operation rounds to float32 at random. */
export function spreadsOf(graph: Graph, bindings: Bindings, seed: string): number[] {
  const exact = evaluateReference(graph.outputs, bindings)
  const spreads = exact.map(() => 0)
  for (let k = 0; k < ROUNDINGS; k++) {
    const rounded = evaluateRounded(graph, bindings, randomOf(`rounding ${seed} ${k}`), true)
    rounded.forEach(({ data }, i) => {
      for (const [at, value] of data.entries()) {
        const difference = Math.abs(value - exact[i]!.data[at]!)
        if (Number.isFinite(difference)) spreads[i] = Math.max(spreads[i]!, difference)
      }
    })
  }
  return spreads
}
