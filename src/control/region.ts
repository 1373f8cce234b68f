// Regions: a traced body that stands in a graph as a node with a derivative of its own. The body is inlined when the graph is
// compiled; until then it keeps reverse mode from looking inside.

import { sizeOf } from '../core/shape.ts'
import { evaluateReference } from '../ir/evaluate.ts'
import { graphOf, printGraph, topologicalOrder } from '../ir/graph.ts'
import {
  apply,
  type Graph,
  type Param,
  parameter,
  type Primitive,
  rebuild,
  type Tensor,
  type VjpContext,
} from '../ir/tensor.ts'
import { fullLike } from '../primitives/literal.ts'
import { concat } from '../ops/shaping.ts'
import { reshape, slice } from '../primitives/structural.ts'

/** A body over its own parameters followed by one for every tensor that it takes from outside. */
export interface ClosedBody {
  readonly graph: Graph
  /** The tensors from outside, operands of the region like any other. */
  readonly captured: readonly Tensor[]
}

/**
 * Traces `fn` for operands like `inputs`. What it computes from tensors of outside alone stays outside: its results are captured, and
 * become operands, so that derivatives flow to them.
 */
export function closedBodyOf(
  name: string,
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  avals: readonly Tensor['aval'][],
): ClosedBody {
  const parameters = avals.map((aval, i) => parameter(aval, `${name} ${i}`))
  const outputs = fn(parameters)
  const inside = new Set<Tensor>(parameters)
  // literals and their repetitions stay inside; `traced` excludes the nodes that an enclosing transform differentiates by
  const constant = new Set<Tensor>()
  const order = topologicalOrder(outputs)
  for (const tensor of order) {
    const { source } = tensor
    if (source.kind !== 'apply') continue
    if (source.inputs.some((input) => inside.has(input))) inside.add(tensor)
    else if (!tensor.traced && source.inputs.every((input) => constant.has(input) && input.rank === 0))
      constant.add(tensor)
  }
  const captured: Tensor[] = []
  const replaced = new Map<Tensor, Tensor>(parameters.map((own) => [own, own]))
  const operand = (tensor: Tensor): Tensor => {
    const known = replaced.get(tensor)
    if (known !== undefined) return known
    if (constant.has(tensor)) return tensor
    const own = parameter(tensor.aval, `${name} captured ${captured.length}`)
    captured.push(tensor)
    replaced.set(tensor, own)
    return own
  }
  for (const tensor of order) {
    const { source } = tensor
    if (!inside.has(tensor) || source.kind !== 'apply') continue
    const inputs = source.inputs.map(operand)
    replaced.set(
      tensor,
      rebuild(source, () => apply(source.primitive, source.params, inputs, tensor.aval)),
    )
  }
  const results = outputs.map(operand)
  const all = [...parameters, ...captured.map((tensor) => replaced.get(tensor)!)]
  return { graph: graphOf(all, results), captured }
}

/** The outputs of `body` for other operands. */
export function instantiate(body: Graph, operands: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Tensor, Tensor>(body.parameters.map((own, i) => [own, operands[i]!]))
  for (const tensor of topologicalOrder(body.outputs)) {
    if (replaced.has(tensor)) continue
    const { source } = tensor
    const inputs = source.kind === 'apply' ? source.inputs.map((input) => replaced.get(input)!) : []
    const same = source.kind !== 'apply' || inputs.every((input, i) => input === source.inputs[i])
    const again = same ? tensor : rebuild(source, () => apply(source.primitive, source.params, inputs, tensor.aval))
    replaced.set(tensor, again)
  }
  return body.outputs.map((output) => replaced.get(output)!)
}

/** What a region is: its body, and its derivative as cotangents of the operands for cotangents of all outputs (zeros where none came). */
export interface Region {
  readonly name: string
  /** Equal parameters mean equal regions, as for every primitive. */
  readonly params: Param
  readonly body: Graph
  readonly vjp: (operands: readonly Tensor[], cotangents: readonly Tensor[], needs: readonly boolean[]) => readonly (Tensor | null)[] // prettier-ignore
}

/**
 * All outputs of a region over `operands`. Outputs of one dtype travel as one packed vector, so that the derivative is asked for
 * once; packing disappears when the region is inlined.
 */
export function regionOutputs(region: Region, operands: readonly Tensor[]): Tensor[] {
  const { body } = region
  const dtypes = [...new Set(body.outputs.map((output) => output.dtype))]
  const results: Tensor[] = []
  for (const dtype of dtypes) {
    const members = body.outputs.flatMap((output, i) => (output.dtype === dtype ? [i] : []))
    const packed = packedOutput(region, members, operands)
    unpack(packed, members.map((i) => body.outputs[i]!)).forEach((tensor, j) => (results[members[j]!] = tensor)) // prettier-ignore
  }
  return results
}

const pack = (tensors: readonly Tensor[]): Tensor =>
  tensors.length === 1 ? tensors[0]! : concat(tensors.map((tensor) => reshape([tensor], { shape: [tensor.size] })), 0) // prettier-ignore

function unpack(packed: Tensor, like: readonly Tensor[]): Tensor[] {
  if (like.length === 1) return [packed]
  let start = 0
  return like.map(({ shape }) => {
    const limit = start + sizeOf(shape)
    const part = slice([packed], { start: [start], limit: [limit], step: [1] })
    start = limit
    return reshape([part], { shape })
  })
}

/** The node that gives the outputs `members` of a region, packed. */
function packedOutput(region: Region, members: readonly number[], operands: readonly Tensor[]): Tensor {
  const { body } = region
  const outputs = members.map((i) => body.outputs[i]!)
  const result = pack(outputs)
  const primitive: Primitive = {
    name: region.name,
    differentiable: true,
    shape: () => result.aval,
    reference: (values) => evaluateReference([result], new Map(body.parameters.map((own, i) => [own, values[i]!])))[0]!,
    lower: () => ({ kind: 'region', body: { ...body, outputs: [result] }, output: 0 }),
    vjp: ({ inputs, cotangent, needs }: VjpContext<unknown>) => {
      const own = unpack(cotangent, outputs)
      const all = body.outputs.map((output, i) =>
        members.includes(i) ? own[members.indexOf(i)]! : fullLike(output, 0),
      )
      return region.vjp(inputs, all, needs)
    },
    rewrite: () => null,
  }
  return apply(primitive, { region: region.params, members }, operands, result.aval)
}

/** Parameters for a region that its body alone identifies. */
export function bodyParams(body: Graph): Param {
  return { body: printGraph(body) }
}
