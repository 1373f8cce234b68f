// How many buffers a kernel would bind, known while fuse still decides what joins it, so that no kernel needs more than the
// target has. Temporaries count one each, although some will share slots: an upper bound.

import { type Elements, elementsOf } from '../ir/elements.ts'
import { topologicalOrder } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import { unravel } from '../ir/indexMap.ts'
import { variable } from '../ir/scalar.ts'
import { loadsOf } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import { type Group, readsOf, tensorOf } from './group.ts'
import { chooseStored } from './stored.ts'

/** What a target allows, and which buffer a tensor will be in, as text (its own, unless inputs share one). */
export interface BindingLimit {
  readonly max: number
  readonly bufferOf: (tensor: Tensor) => string
}

/** No limit. */
export const UNLIMITED: BindingLimit = { max: Number.MAX_SAFE_INTEGER, bufferOf: (tensor) => String(tensor.id) }

/** Whether a group of the graph's stored tensors keeps to the limit; `singles` has a group for each of them. */
export function bindingCheck(
  outputs: readonly Tensor[],
  singles: ReadonlyMap<Tensor, Group>,
  limit: BindingLimit,
): (group: Group) => boolean {
  const readers = new Map<Tensor, Tensor[]>()
  for (const [reader, group] of singles) {
    for (const tensor of readsOf(group)) readers.set(tensor, [...(readers.get(tensor) ?? []), reader])
  }
  return (group) => {
    const escapes = (tensor: Tensor): boolean =>
      outputs.includes(tensor) || (readers.get(tensor) ?? []).some((reader) => !group.members.has(reader))
    const bound = [...readsOf(group), ...[...group.members.keys()].filter(escapes)]
    return new Set(bound.map(limit.bufferOf)).size <= limit.max
  }
}

/** The tensors to store, so that none of them is computed from more buffers than the limit: sums of many parts are cut. */
export function chooseStoredWithin(
  graph: Graph,
  forced: ReadonlySet<Tensor>,
  limit: BindingLimit,
  groupOf: (tensor: Tensor, elements: Elements) => Group,
): Set<Tensor> {
  const cuts = new Set(forced)
  for (;;) {
    const stored = chooseStored(graph, cuts)
    const elements = elementsOf(stored)
    const wide = [...stored].filter(
      (tensor) => new Set([...readsOf(groupOf(tensor, elements)), tensor].map(limit.bufferOf)).size > limit.max,
    )
    const added = wide.flatMap((tensor) => widestPart(tensor, stored, elements, limit) ?? [])
    if (added.length === 0) return stored
    added.forEach((tensor) => cuts.add(tensor))
  }
}

/** Of the inlined tensors that `tensor` is computed from, the one that takes most buffers but fits; null if there is none. */
function widestPart(
  tensor: Tensor,
  stored: ReadonlySet<Tensor>,
  elements: Elements,
  limit: BindingLimit,
): Tensor | null {
  let best: { tensor: Tensor; count: number } | null = null
  for (const part of topologicalOrder([tensor])) {
    if (part === tensor || part.source.kind !== 'apply' || stored.has(part)) continue
    const value = elements.compute(part, unravel(variable('i', part.size), part.shape))
    const count = new Set(loadsOf([value]).map((load) => limit.bufferOf(tensorOf(load.source)))).size
    if (count > 1 && count < limit.max && count > (best?.count ?? 0)) best = { tensor: part, count }
  }
  return best?.tensor ?? null
}
