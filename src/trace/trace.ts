// trace: a function and avals -> Graph. Tensors of the arguments become parameters; numbers become per-step arguments; strings
// and booleans stay what they are. The result keeps the structure of what the function returned.

import type { Aval } from '../core/aval.ts'
import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { flattenTree, type TreeStructure, unflattenTree } from '../core/tree.ts'
import { graphOf, topologicalOrder } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import { parameter, Tensor } from '../ir/tensor.ts'

/** What stands at a leaf of the arguments while a function is traced. */
export type LeafSpec =
  | { readonly kind: 'tensor'; readonly aval: Aval; readonly path: string }
  /** A number that may change from call to call. */
  | { readonly kind: 'number'; readonly dtype: DType; readonly path: string }
  | { readonly kind: 'static'; readonly value: unknown; readonly path: string }

/** A traced function. */
export interface Traced {
  readonly graph: Graph
  readonly outputStructure: TreeStructure
  readonly outputPaths: readonly string[]
}

/**
 * Calls `fn` once with parameters in the places of `leaves`. Pending tensors that it captured from outside are given to `realize`,
 * which must turn them into data: they are inputs, not part of the graph.
 */
export function traceFunction(
  fn: (...args: never[]) => unknown,
  structure: TreeStructure,
  leaves: readonly LeafSpec[],
  realize: (captured: readonly Tensor[]) => void,
): Traced {
  const boundary = parameter({ shape: [], dtype: 'float32' }, 'boundary')
  const parameters: Tensor[] = []
  const values = leaves.map((leaf) => {
    if (leaf.kind === 'static') return leaf.value
    const made =
      leaf.kind === 'tensor'
        ? parameter(leaf.aval, leaf.path)
        : parameter({ shape: [], dtype: leaf.dtype }, leaf.path, 'argument')
    parameters.push(made)
    return made
  })
  const args = unflattenTree(structure, values)
  const call: (...args: unknown[]) => unknown = fn as (...args: unknown[]) => unknown
  const result = call(...(Array.isArray(args) ? args : [args]))
  const { leaves: outputs, paths, structure: outputStructure } = flattenTree(result)
  const results = outputs.map((output, i) => checkOutput(output, paths[i]!))
  // ids grow, so what was made before the boundary and depends on no parameter came from outside
  realize(
    topologicalOrder(results).filter((node) => !node.traced && node.source.kind === 'apply' && node.id < boundary.id),
  )
  return { graph: graphOf(parameters, results), outputStructure, outputPaths: paths }
}

function checkOutput(output: unknown, path: string): Tensor {
  if (output instanceof Tensor) return output
  const where = path === '' ? '' : ` at ${path}`
  throw new ArgumentError(
    `a traced function must return tensors or trees of tensors, got ${output === null ? 'null' : typeof output}${where}`,
  )
}
