// fuse: Graph -> Kernel[], with the least number of kernels. Maps and views are inlined by elements.ts; here reductions and
// contractions take the maps that follow them as epilogues (several outputs per kernel), then rows.ts joins kernels that
// work row by row.

import { InternalError } from '../core/errors.ts'
import { elementsOf, type Elements, loweringOf } from '../ir/elements.ts'
import { topologicalOrder } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import { sameIndex, unravel } from '../ir/indexMap.ts'
import { accumulator, type Scalar, variable } from '../ir/scalar.ts'
import { substitute } from '../ir/substitute.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bindingCheck, type BindingLimit, chooseStoredWithin, UNLIMITED } from './bindings.ts'
import { donationConflict, type Donations } from './donation.ts'
import { dependenciesOf, finish, type Group, groupWith, reaches, tensorOf } from './group.ts'
import type { Kernel } from './kernel.ts'
import { mergeRows } from './rows.ts'

/** Choices of fusion, for differential tests and measurements. */
export interface FuseOptions {
  /** Epilogues and several outputs per kernel. */
  readonly epilogues: boolean
  /** Row kernels. */
  readonly rows: boolean
  /** The largest tensor converted from bytes that is computed by the products that read it, four elements from one load, instead of being stored: none where it is not given. */
  readonly bytes?: number
  /** The most multiplications per row that a contraction may bring into a row kernel: 4096 where it is not given. */
  readonly rowProducts?: number
}

/** Outputs that could not be updated in place: stored on their own, then copied by kernels that nothing joins. */
export interface Apart {
  readonly originals: ReadonlySet<Tensor>
  readonly copies: ReadonlySet<Tensor>
}

const NOTHING: Apart = { originals: new Set(), copies: new Set() }

/** Everything on. */
export const FUSE_ALL: FuseOptions = { epilogues: true, rows: true, bytes: Infinity }

/** The kernels of a graph, in an order in which each comes after those it reads from; none binds more buffers than `limit`. */
export function fuse(
  graph: Graph,
  donations: Donations,
  options: FuseOptions = FUSE_ALL,
  apart: Apart = NOTHING,
  limit: BindingLimit = UNLIMITED,
): Kernel[] {
  const stored = chooseStoredWithin(graph, apart.originals, limit, options.bytes)
  const elements = elementsOf(stored)
  const singles = new Map<Tensor, Group>()
  for (const tensor of topologicalOrder(graph.outputs))
    if (stored.has(tensor)) singles.set(tensor, groupOf(tensor, elements))
  const fits = bindingCheck(graph.outputs, singles, limit)
  const allowed = (group: Group): boolean => fits(group) && !donationConflict(group, donations)
  const updates = updatesIn(singles, donations)
  let groups: Group[] = []
  // updates come late: a group that overwrites state may no longer join others which read it
  for (const late of [false, true]) {
    for (const [tensor, group] of singles) {
      if (updates.has(tensor) !== late) continue
      const host = options.epilogues && !apart.copies.has(tensor) ? findHost(group, tensor, groups, allowed) : null
      if (host === null) groups.push(group)
      else groups = groups.map((other) => (other === host ? absorb(host, group) : other))
    }
    if (options.rows) groups = mergeRows(groups, allowed, apart.copies, options.rowProducts)
  }
  groups = inDependencyOrder(groups)
  const outputs = new Set(graph.outputs)
  const isNeeded = (group: Group, tensor: Tensor): boolean =>
    outputs.has(tensor) || groups.some((other) => other !== group && other.reads.has(tensor))
  // what a reader computes for itself nobody else may need: from the last group to the first, since each reads earlier ones only
  for (const group of [...groups].reverse()) {
    if (![...group.members.keys()].some((tensor) => isNeeded(group, tensor)))
      groups = groups.filter((other) => other !== group)
  }
  return groups.map((group, i) => finish(group, (tensor) => isNeeded(group, tensor), `k${i}`))
}

/** The tensors that are stored over state, and what depends on them. */
function updatesIn(singles: ReadonlyMap<Tensor, Group>, donations: Donations): Set<Tensor> {
  const updates = new Set<Tensor>()
  for (const [tensor, { reads }] of singles) {
    if (donations.has(tensor) || [...reads].some((read) => updates.has(read))) updates.add(tensor)
  }
  return updates
}

/** The group that computes one stored tensor. */
function groupOf(tensor: Tensor, elements: Elements): Group {
  const row = variable('i', tensor.size)
  const lowering = loweringOf(tensor)
  if (lowering.kind !== 'contraction') {
    const value = elements.compute(tensor, unravel(row, tensor.shape))
    return groupWith(row, new Map([[tensor, { inner: null, value }]]), null)
  }
  const batch = variable('b', sizeOf(lowering.batch))
  const m = variable('m', sizeOf(lowering.m))
  const n = variable('n', sizeOf(lowering.n))
  const k = variable('k', sizeOf(lowering.k))
  const contraction = { batch, m, n, k, kAxes: lowering.k, ...elements.operands(tensor, batch, m, n, k) }
  return groupWith(row, new Map([[tensor, { inner: null, value: accumulator(tensor.dtype) }]]), contraction)
}

/**
 * The group whose kernel can compute `tensor` too: one that computes something `tensor` reads at its own index only, over the
 * same number of elements, with nothing else of `tensor`'s operands depending on that group.
 */
function findHost(
  group: Group,
  tensor: Tensor,
  groups: readonly Group[],
  allowed: (group: Group) => boolean,
): Group | null {
  if (group.contraction !== null || group.members.get(tensor)!.value.op === 'fold') return null
  const { loads, reads } = group
  const candidates = groups.filter(
    (host) =>
      host.row.extent === group.row.extent &&
      [...host.members.keys()].some((member) => reads.has(member)) &&
      loads.every((load) => !host.members.has(tensorOf(load.source)) || sameIndex(load.index, group.row)),
  )
  if (candidates.length === 0) return null
  const dependencies = dependenciesOf([...groups, group])
  return (
    candidates.reverse().find((host) => !reaches(dependencies, group, host, true) && allowed(absorb(host, group))) ??
    null
  )
}

/** `host` with the members of `group`, which reads them at its own index. */
function absorb(host: Group, group: Group): Group {
  const members = new Map(host.members)
  for (const [tensor, member] of group.members) {
    const value = substitute(member.value, (node: Scalar) =>
      node.op === 'load' ? (members.get(tensorOf(node.source))?.value ?? null) : null,
    )
    members.set(tensor, { inner: null, value })
  }
  return groupWith(host.row, members, host.contraction)
}

function inDependencyOrder(groups: readonly Group[]): Group[] {
  const dependencies = dependenciesOf(groups)
  const done = new Set<Group>()
  const order: Group[] = []
  while (order.length < groups.length) {
    const next = groups.find(
      (group) => !done.has(group) && [...dependencies.get(group)!].every((other) => done.has(other)),
    )
    if (next === undefined) throw new InternalError('fuse made kernels that depend on each other')
    done.add(next)
    order.push(next)
  }
  return order
}
