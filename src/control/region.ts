// A region: a traced body that stands in a graph as one node with a derivative of its own. The body is inlined when the graph is
// compiled; until then it keeps reverse mode from looking inside.

import { formatAval } from '../core/aval.ts'
import { TensorUseError } from '../core/errors.ts'
import { evaluateReference } from '../ir/evaluate.ts'
import { graphOf, printGraph } from '../ir/graph.ts'
import { apply, type Graph, parameter, type Primitive, type Tensor, type VjpContext } from '../ir/tensor.ts'

/** Traces `fn` for operands like `inputs`. */
export function bodyOf(
  name: string,
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
): Graph {
  const parameters = inputs.map((input, i) => parameter(input.aval, `${name} ${i}`))
  const body = graphOf(parameters, fn(parameters))
  if (body.captures.length > 0) {
    const [first] = body.captures
    throw new TensorUseError(
      `${name}: the function uses a tensor ${formatAval(first!.aval)} from outside: pass it as an argument`,
    )
  }
  return body
}

/** Output `output` of a region over `inputs`, with the given derivative. */
export function regionOutput(
  name: string,
  body: Graph,
  output: number,
  inputs: readonly Tensor[],
  vjp: (context: VjpContext<unknown>) => readonly (Tensor | null)[],
): Tensor {
  const result = body.outputs[output]!
  const primitive: Primitive = {
    name,
    differentiable: true,
    shape: () => result.aval,
    reference: (values) => evaluateReference([result], new Map(body.parameters.map((own, i) => [own, values[i]!])))[0]!,
    lower: () => ({ kind: 'region', body, output }),
    vjp,
    rewrite: () => null,
  }
  // the printed body is the parameter: equal texts mean equal regions, as for every primitive
  return apply(primitive, { body: printGraph(body), output }, inputs, result.aval)
}
