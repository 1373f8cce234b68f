// simplify: Graph -> Graph. Applies the primitives' own rewrites, merges equal subexpressions and drops what no output
// reaches. Leaves keep their identity, so that the result is another graph over the same inputs.

import { formatAval } from '../core/aval.ts'
import { topologicalOrder } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import { formatParam } from '../ir/primitive.ts'
import { apply, type Tensor } from '../ir/tensor.ts'

/** The same function with fewer nodes. */
export function simplify(graph: Graph): Graph {
  const replaced = new Map<Tensor, Tensor>()
  const byKey = new Map<string, Tensor>()

  const intern = (tensor: Tensor): Tensor => {
    const source = tensor.source
    if (source.kind !== 'apply') return tensor
    const inputs = source.inputs.map((input) => input.id).join(',')
    const key = `${source.primitive.name}(${inputs}){${formatParam(source.params)}}${formatAval(tensor.aval)}`
    const known = byKey.get(key)
    if (known === undefined) byKey.set(key, tensor)
    return known ?? tensor
  }

  const visit = (tensor: Tensor): Tensor => {
    const known = replaced.get(tensor)
    if (known !== undefined) return known
    const source = tensor.source
    if (source.kind !== 'apply') return tensor
    const inputs = source.inputs.map(visit)
    const simpler = source.primitive.rewrite(inputs, source.params, tensor.aval)
    let result: Tensor
    if (simpler !== null) {
      result = visit(simpler)
    } else {
      const same = inputs.every((input, i) => input === source.inputs[i])
      result = intern(same ? tensor : apply(source.primitive, source.params, inputs, tensor.aval))
    }
    replaced.set(tensor, result)
    return result
  }

  for (const tensor of topologicalOrder(graph.outputs)) visit(tensor)
  return { ...graph, outputs: graph.outputs.map(visit) }
}
