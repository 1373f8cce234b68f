// Groups: kernels while fuse still changes them. A group computes its member tensors for every row; a member with an inner
// extent is computed for every inner coordinate of the row. A contraction group holds its operands beside its members, whose
// values refer to its sum as the accumulator.

import { InternalError } from '../core/errors.ts'
import { floorDiv, floorMod, plus, ravel, times } from '../ir/indexMap.ts'
import type { Scalar, Variable } from '../ir/scalar.ts'
import { loadsOf, substituteVariables } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { ContractionKernel, Kernel, Stage } from './kernel.ts'

/** A tensor computed by a group: its element as an expression of the group's row and of `inner`. */
export interface Member {
  readonly inner: Variable | null
  readonly value: Scalar
}

/** The operands of a contraction group. */
export type Contraction = Pick<ContractionKernel, 'batch' | 'm' | 'n' | 'k' | 'kAxes' | 'lhs' | 'rhs'>

/** A kernel being formed. Made by `groupWith`, never changed. */
export interface Group {
  readonly row: Variable
  readonly members: ReadonlyMap<Tensor, Member>
  readonly contraction: Contraction | null
  /** All loads, those of its own members included. */
  readonly loads: readonly Extract<Scalar, { op: 'load' }>[]
  /** The tensors that it reads and does not compute. */
  readonly reads: ReadonlySet<Tensor>
}

/** A group, with what it loads and reads found once. */
export function groupWith(row: Variable, members: ReadonlyMap<Tensor, Member>, contraction: Contraction | null): Group {
  const roots = [...members.values()].map((member) => member.value)
  if (contraction !== null) roots.push(contraction.lhs, contraction.rhs)
  const loads = loadsOf(roots)
  const reads = new Set(loads.map((load) => tensorOf(load.source)).filter((tensor) => !members.has(tensor)))
  return { row, members, contraction, loads, reads }
}

/** The tensor behind a load: every loadable of a graph is one. */
export function tensorOf(source: { readonly id: number }): Tensor {
  if (!('source' in source)) throw new InternalError('a load of something that is no tensor')
  return source as Tensor
}

/** For every group, the groups that it reads from. */
export function dependenciesOf(groups: readonly Group[]): Map<Group, Set<Group>> {
  const producer = new Map<Tensor, Group>()
  for (const group of groups) for (const tensor of group.members.keys()) producer.set(tensor, group)
  const dependencies = new Map<Group, Set<Group>>()
  for (const group of groups) {
    const from = new Set<Group>()
    for (const tensor of group.reads) {
      const source = producer.get(tensor)
      if (source !== undefined && source !== group) from.add(source)
    }
    dependencies.set(group, from)
  }
  return dependencies
}

/** Whether `from` reaches `to` along dependencies, by a path of at least one step that avoids the direct edge if `indirect`. */
export function reaches(
  dependencies: ReadonlyMap<Group, ReadonlySet<Group>>,
  from: Group,
  to: Group,
  indirect = false,
): boolean {
  const seen = new Set<Group>()
  const stack = [...(dependencies.get(from) ?? [])].filter((group) => !(indirect && group === to))
  while (stack.length > 0) {
    const group = stack.pop()!
    if (group === to) return true
    if (seen.has(group)) continue
    seen.add(group)
    stack.push(...(dependencies.get(group) ?? []))
  }
  return false
}

/** The finished kernel: `needed` members are stored, the others live only inside it. */
export function finish(group: Group, needed: (tensor: Tensor) => boolean, name: string): Kernel {
  const { row, contraction } = group
  const stages: { inner: Variable | null; stores: Stage['stores'][number][] }[] = []
  for (const [target, { inner, value }] of group.members) {
    if (!needed(target)) continue
    const index = inner === null ? row : plus(times(row, inner.extent), inner)
    const last = stages.at(-1)
    if (last !== undefined && last.inner === null && inner === null) last.stores.push({ target, index, value })
    else stages.push({ inner, stores: [{ target, index, value }] })
  }
  if (contraction === null) return { kind: 'loop', name, row, stages }
  const { batch, m, n } = contraction
  const flat = ravel([batch, m, n], [batch.extent, m.extent, n.extent])
  const stores = stages
    .flatMap((stage) => stage.stores)
    .map(({ target, value }) => ({
      target,
      index: flat,
      value: substituteVariables(value, new Map([[row, flat]])),
    }))
  return { kind: 'contraction', name, ...contraction, stores }
}

/** A flat index taken apart into row and inner coordinate for an inner extent. */
export function splitIndex(index: Scalar, innerExtent: number): { row: Scalar; inner: Scalar } {
  return { row: floorDiv(index, innerExtent), inner: floorMod(index, innerExtent) }
}
