// checkpoint: a function whose intermediate values are not kept for the backward pass but computed again there. It trades time
// for memory (gradient checkpointing; Chen et al., 2016).

import { pullback } from '../autodiff/vjp.ts'
import { ArgumentError } from '../core/errors.ts'
import { flattenTree, unflattenTree } from '../core/tree.ts'
import type { Graph } from '../ir/tensor.ts'
import { Tensor } from '../ir/tensor.ts'
import { barrier } from '../primitives/barrier.ts'
import { bodyParams, closedBodyOf, instantiate, regionOutputs } from './region.ts'

/**
 * `fn`, of which reverse mode keeps only the arguments (and the tensors that it captures): its inner values are recomputed when their
 * gradients are due. Arguments and results are trees of tensors; other leaves are passed through. Values and gradients are unchanged.
 * @throws ArgumentError when `fn` returns something else than tensors.
 */
export function checkpoint<A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    const { leaves, structure } = flattenTree([...args])
    const positions = leaves.flatMap((leaf, i) => (leaf instanceof Tensor ? [i] : []))
    let result: ReturnType<typeof flattenTree> | null = null
    const call = (inputs: readonly Tensor[]): Tensor[] => {
      const replaced = leaves.map((leaf, i) => (leaf instanceof Tensor ? inputs[positions.indexOf(i)]! : leaf))
      result = flattenTree(fn(...(unflattenTree(structure, replaced) as A)))
      return result.leaves.map((leaf, i) => {
        if (leaf instanceof Tensor) return leaf
        throw new ArgumentError(
          `checkpoint: the function must return tensors, got ${typeof leaf} at ${result!.paths[i]!}`,
        )
      })
    }
    const inputs = positions.map((i) => leaves[i] as Tensor)
    const { graph, captured } = closedBodyOf('checkpoint', call, inputs.map((input) => input.aval)) // prettier-ignore
    const outputs = checkpointed(graph, [...inputs, ...captured])
    return unflattenTree(result!.structure, outputs) as R
  }
}

function checkpointed(body: Graph, operands: readonly Tensor[]): Tensor[] {
  return regionOutputs(
    {
      name: 'checkpoint',
      params: bodyParams(body),
      body,
      vjp: (own, cotangents) => {
        const token = cotangents.find((cotangent) => cotangent.size > 0)
        const again = token === undefined ? own : own.map((operand) => barrier([operand, token], null))
        return pullback(instantiate(body, again), cotangents, again)
      },
    },
    operands,
  )
}
