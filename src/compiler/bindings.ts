// How many buffers a kernel would bind, known while fuse still decides what joins it, so that no kernel needs more than the
// target has. Temporaries count one each, although some will share slots: an upper bound.

import { isArgument } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Group } from './group.ts'
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
    for (const tensor of group.reads) readers.set(tensor, [...(readers.get(tensor) ?? []), reader])
  }
  return (group) => {
    const escapes = (tensor: Tensor): boolean =>
      outputs.includes(tensor) || (readers.get(tensor) ?? []).some((reader) => !group.members.has(reader))
    const bound = [...group.reads, ...[...group.members.keys()].filter(escapes)]
    return new Set(bound.map(limit.bufferOf)).size <= limit.max
  }
}

/** The tensors to store, so that none of them is computed from more buffers than the limit: sums of many parts are cut; `bytes` as in FuseOptions. */
export function chooseStoredWithin(
  graph: Graph,
  forced: ReadonlySet<Tensor>,
  limit: BindingLimit,
  bytes?: number,
): Set<Tensor> {
  const cuts = new Set(forced)
  for (;;) {
    const stored = chooseStored(graph, cuts, bytes)
    const wide = [...stored].filter((tensor) => new Set([...buffersOf(tensor, stored, limit), limit.bufferOf(tensor)]).size > limit.max) // prettier-ignore
    const added = wide.flatMap((tensor) => widestPart(tensor, stored, limit) ?? [])
    if (added.length === 0) return stored
    added.forEach((tensor) => cuts.add(tensor))
  }
}

/** Of the inlined tensors that `tensor` is computed from, the one that takes most buffers but fits; null if there is none. */
function widestPart(tensor: Tensor, stored: ReadonlySet<Tensor>, limit: BindingLimit): Tensor | null {
  let best: { tensor: Tensor; count: number } | null = null
  for (const part of inlinedInto(tensor, stored)) {
    if (part === tensor) continue
    const count = buffersOf(part, stored, limit).size
    if (count > 1 && count < limit.max && count > (best?.count ?? 0)) best = { tensor: part, count }
  }
  return best?.tensor ?? null
}

/** `tensor` and the tensors that are computed within its expression. */
function inlinedInto(tensor: Tensor, stored: ReadonlySet<Tensor>): Set<Tensor> {
  const seen = new Set<Tensor>([tensor])
  for (const one of seen) {
    const inputs = one.source.kind === 'apply' ? one.source.inputs : []
    for (const input of inputs) if (input.source.kind === 'apply' && !stored.has(input)) seen.add(input)
  }
  return seen
}

/** The buffers that an expression for `tensor` loads from. */
function buffersOf(tensor: Tensor, stored: ReadonlySet<Tensor>, limit: BindingLimit): Set<string> {
  const buffers = new Set<string>()
  for (const one of inlinedInto(tensor, stored)) {
    const inputs = one.source.kind === 'apply' ? one.source.inputs : []
    for (const input of inputs) {
      if (!isArgument(input) && (input.source.kind !== 'apply' || stored.has(input))) buffers.add(limit.bufferOf(input))
    }
  }
  return buffers
}
