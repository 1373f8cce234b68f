// inlineRegions: Graph -> Graph without regions. A primitive whose lowering is a graph becomes that graph, its parameters replaced by
// the operands; several outputs of one region share what they have in common, since simplify merges equal nodes afterwards.

import { topologicalOrder } from '../ir/graph.ts'
import { apply, type Graph, type Tensor } from '../ir/tensor.ts'

/** The same function, in which every primitive lowers to kernels. */
export function inlineRegions(graph: Graph): Graph {
  const replaced = new Map<Tensor, Tensor>()
  for (const tensor of topologicalOrder(graph.outputs)) {
    const { source } = tensor
    if (source.kind !== 'apply') {
      replaced.set(tensor, tensor)
      continue
    }
    const inputs = source.inputs.map((input) => replaced.get(input)!)
    const avals = inputs.map((input) => input.aval)
    const lowering = source.primitive.lower(avals, source.params, tensor.aval)
    if (lowering.kind === 'region') {
      const body = inlineRegions(instantiate(lowering.body, inputs))
      replaced.set(tensor, body.outputs[lowering.output]!)
      continue
    }
    const same = inputs.every((input, i) => input === source.inputs[i])
    replaced.set(tensor, same ? tensor : apply(source.primitive, source.params, inputs, tensor.aval))
  }
  return { ...graph, outputs: graph.outputs.map((output) => replaced.get(output)!) }
}

/** `body` with its parameters replaced by `inputs`. */
function instantiate(body: Graph, inputs: readonly Tensor[]): Graph {
  const replaced = new Map<Tensor, Tensor>(body.parameters.map((parameter, i) => [parameter, inputs[i]!]))
  for (const tensor of topologicalOrder(body.outputs)) {
    if (replaced.has(tensor)) continue
    const { source } = tensor
    if (source.kind !== 'apply') replaced.set(tensor, tensor)
    else replaced.set(tensor, apply(source.primitive, source.params, source.inputs.map((input) => replaced.get(input)!), tensor.aval)) // prettier-ignore
  }
  return { parameters: inputs, captures: body.captures, outputs: body.outputs.map((output) => replaced.get(output)!) }
}
