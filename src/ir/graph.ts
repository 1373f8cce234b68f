// A Graph is what crosses a boundary (jit, a region, vmap): parameters, and outputs that reach them. Between boundaries there
// are only tensors; this file walks them.

import { InternalError, TensorUseError } from '../core/errors.ts'
import { formatParam } from './primitive.ts'
import { formatAval } from '../core/aval.ts'
import type { Graph, Tensor } from './tensor.ts'

/** Whether a tensor is a number that a run is given: no memory is read for it. */
export const isArgument = ({ source }: Tensor): boolean => source.kind === 'parameter' && source.role === 'argument'

/** All tensors that `outputs` reach, each after its inputs. */
export function topologicalOrder(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = []
  const state = new Map<Tensor, 'open' | 'done'>()
  const stack: Tensor[] = [...outputs].reverse()
  while (stack.length > 0) {
    const tensor = stack[stack.length - 1]!
    const seen = state.get(tensor)
    if (seen === 'done') {
      stack.pop()
      continue
    }
    const source = tensor.source
    if (seen === 'open' || source.kind !== 'apply') {
      stack.pop()
      state.set(tensor, 'done')
      order.push(tensor)
      continue
    }
    state.set(tensor, 'open')
    for (let i = source.inputs.length - 1; i >= 0; i--) {
      const input = source.inputs[i]!
      if (!state.has(input)) stack.push(input)
      else if (state.get(input) === 'open')
        throw new InternalError(`a tensor ${formatAval(tensor.aval)} depends on itself`)
    }
  }
  return order
}

/**
 * The graph from `parameters` to `outputs`.
 * @throws TensorUseError when an output reaches a parameter of another trace.
 */
export function graphOf(parameters: readonly Tensor[], outputs: readonly Tensor[]): Graph {
  const captures: Tensor[] = []
  for (const tensor of topologicalOrder(outputs)) {
    if (tensor.source.kind === 'data') captures.push(tensor)
    if (tensor.source.kind === 'parameter' && !parameters.includes(tensor)) {
      throw new TensorUseError(
        `a traced tensor ${formatAval(tensor.aval)} left its function: return it from the traced function instead of keeping it in a variable`,
      )
    }
  }
  return { parameters, captures, outputs }
}

/** The graph as text, one line per node; equal texts mean equal computations, so it serves as a cache key. */
export function printGraph(graph: Graph): string {
  const names = new Map<Tensor, string>()
  const lines: string[] = []
  const leaf = (tensor: Tensor, name: string): void => {
    names.set(tensor, name)
    const role = isArgument(tensor) ? ' argument' : ''
    lines.push(`${name}: ${formatAval(tensor.aval)}${role}`)
  }
  graph.parameters.forEach((tensor, i) => leaf(tensor, `p${i}`))
  graph.captures.forEach((tensor, i) => {
    if (!names.has(tensor)) leaf(tensor, `c${i}`)
  })
  let next = 0
  for (const tensor of topologicalOrder(graph.outputs)) {
    if (names.has(tensor)) continue
    const source = tensor.source
    if (source.kind !== 'apply')
      throw new InternalError(`${formatAval(tensor.aval)} is neither parameter nor capture of its graph`)
    const name = `t${next++}`
    names.set(tensor, name)
    const params = formatParam(source.params)
    const inputs = source.inputs.map((input) => names.get(input)).join(', ')
    lines.push(
      `${name}: ${formatAval(tensor.aval)} = ${source.primitive.name}(${inputs})${params === '' || params === 'null' ? '' : ` {${params}}`}`,
    )
  }
  lines.push(`return ${graph.outputs.map((output) => names.get(output)).join(', ')}`)
  return lines.join('\n')
}
