// Row kernels: groups that hand values to each other only within a row become one. The rows are leading axes (a mini-batch's
// samples); what a row's later stages read of earlier ones stays in a local array. Softmax with cross-entropy and its gradient
// comes out as one kernel, and so does a small contraction (a 10-class output layer) between them.

import { plus, sameIndex, times } from '../ir/indexMap.ts'
import { binary, fold, local, type Scalar, type Variable, variable } from '../ir/scalar.ts'
import { loadsOf, substitute, substituteVariables } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import {
  type Contraction,
  dependenciesOf,
  type Group,
  groupWith,
  type Member,
  reaches,
  splitIndex,
  tensorOf,
} from './group.ts'

/** The most tensors that one row kernel computes: its code and the time to compile it grow with them. */
const MAX_MEMBERS = 24
/** The longest row that a local array holds. */
const MAX_INNER = 512
/** The most multiplications per row that a contraction may bring into a row kernel, where a target does not say. */
const ROW_PRODUCTS = 4096
/** The most in all rows: beyond that, tiles gain more than the dispatches that rows save. The small MLP's output layer stays within it at batch 8192. */
const ALL_PRODUCTS = 1 << 24

/** The groups with every profitable and allowed pair joined; those that compute a tensor of `apart` take nothing in. */
export function mergeRows(
  given: readonly Group[],
  allowed: (group: Group) => boolean,
  apart: ReadonlySet<Tensor>,
  rowProducts = ROW_PRODUCTS,
): Group[] {
  // groups never change, so a pair is tried once
  const tried = new Map<Group, Map<Group, Group | null>>()
  const joined = (producer: Group, consumer: Group): Group | null => {
    const known = tried.get(producer)?.get(consumer)
    if (known !== undefined) return known
    const result = join(producer, consumer, allowed, rowProducts)
    tried.set(producer, (tried.get(producer) ?? new Map<Group, Group | null>()).set(consumer, result))
    return result
  }
  let groups = [...given]
  for (;;) {
    const next = mergeOne(groups, joined, apart)
    if (next === null) return groups
    groups = next
  }
}

function mergeOne(
  groups: readonly Group[],
  joined: (producer: Group, consumer: Group) => Group | null,
  apart: ReadonlySet<Tensor>,
): Group[] | null {
  const dependencies = dependenciesOf(groups)
  for (const consumer of groups) {
    if ([...consumer.members.keys()].some((tensor) => apart.has(tensor))) continue
    for (const producer of dependencies.get(consumer)!) {
      const merged = joined(producer, consumer)
      if (merged === null || reaches(dependencies, consumer, producer, true)) continue
      return groups.filter((group) => group !== producer).map((group) => (group === consumer ? merged : group))
    }
  }
  return null
}

/** The two groups as one row kernel, if there is one that is allowed. */
function join(producer: Group, consumer: Group, allowed: (group: Group) => boolean, rowProducts: number): Group | null {
  if (producer.members.size + consumer.members.size > MAX_MEMBERS) return null
  for (const rows of rowCounts(producer, consumer)) {
    if (
      !fitsRows(producer, rows, rowProducts) ||
      !fitsRows(consumer, rows, rowProducts) ||
      !staysInRows(producer, consumer, rows)
    )
      continue
    const merged = merge(producer, consumer, rows)
    if (merged !== null && allowed(merged)) return merged
  }
  return null
}

const isRowKernel = (group: Group): boolean => [...group.members.values()].some((member) => member.inner !== null)

/** Row counts worth trying: the one that a row kernel has already, else products of leading extents, largest first. */
function rowCounts(producer: Group, consumer: Group): number[] {
  if (isRowKernel(producer)) return [producer.row.extent]
  if (isRowKernel(consumer)) return [consumer.row.extent]
  const counts = new Set<number>()
  for (const tensor of [...producer.members.keys(), ...consumer.members.keys()]) {
    let count = 1
    for (const extent of tensor.shape) {
      count *= extent
      counts.add(count)
    }
  }
  return [...counts].sort((a, b) => b - a)
}

/** Whether a group can work in so many rows. */
function fitsRows(group: Group, rows: number, rowProducts: number): boolean {
  if (isRowKernel(group)) return group.row.extent === rows
  const size = group.row.extent
  if (rows === 0 || size % rows !== 0 || size / rows > MAX_INNER) return false
  const { contraction } = group
  if (contraction === null) return true
  // a whole row of the product counts, also where the rows tried are finer than that
  const products = Math.max(size / rows, contraction.n.extent) * contraction.k.extent
  return products <= rowProducts && size * contraction.k.extent <= ALL_PRODUCTS
}

/** Whether the consumer reads of the producer only what lies in its own row; cheaper than `merge`, which rewrites whole values. */
function staysInRows(producer: Group, consumer: Group, rows: number): boolean {
  const row = variable('i', rows)
  const innerExtent = consumer.row.extent / rows
  const flat = innerExtent === 1 ? row : plus(times(row, innerExtent), variable('j', innerExtent))
  const toRow = (index: Scalar): Scalar => {
    if (isRowKernel(consumer)) return index
    const ofRow = consumer.contraction === null ? index : substituteVariables(index, coordinatesOf(consumer.contraction, consumer.row)) // prettier-ignore
    return substituteVariables(ofRow, new Map([[consumer.row, flat]]))
  }
  return consumer.loads.every(({ source, index }) => {
    const member = producer.members.get(tensorOf(source))
    if (member === undefined) return true
    const extent = isRowKernel(producer) ? (member.inner?.extent ?? 1) : producer.row.extent / rows
    return sameIndex(splitIndex(toRow(index), extent).row, row)
  })
}

/** `group`, which fits, by rows: every member's flat index taken apart into row and inner coordinate. */
function byRows(group: Group, rows: number): Map<Tensor, Member> {
  if (isRowKernel(group)) return new Map(group.members)
  const row = variable('i', rows)
  const innerExtent = group.row.extent / rows
  const members = new Map<Tensor, Member>()
  for (const [tensor, { value }] of group.members) {
    const inner = innerExtent === 1 ? null : variable(`j${tensor.id}`, innerExtent)
    const flat = inner === null ? row : plus(times(row, innerExtent), inner)
    const summed = group.contraction === null ? value : withSum(value, group.contraction, group.row)
    members.set(tensor, { inner, value: substituteVariables(summed, new Map([[group.row, flat]])) })
  }
  return members
}

/** The coordinates of a contraction at a flat index of its output. */
function coordinatesOf({ batch, m, n }: Contraction, flat: Variable): Map<Variable, Scalar> {
  const outer = splitIndex(flat, n.extent)
  const inBatch = splitIndex(outer.row, m.extent)
  return new Map<Variable, Scalar>([[batch, inBatch.row], [m, inBatch.inner], [n, outer.inner]]) // prettier-ignore
}

/** An epilogue value with the accumulator written out as a fold at the flat index. */
export function withSum(value: Scalar, contraction: Contraction, flat: Variable): Scalar {
  const { k, lhs, rhs } = contraction
  const at = coordinatesOf(contraction, flat)
  // the fold's variable is named after the flat extent too: two sums of one row kernel must not share a loop variable
  const over = variable(`k${contraction.lhs.hash % 1e9}`, k.extent)
  const product = substituteVariables(binary('mul', lhs, rhs), new Map([[k, over]]))
  const sum = fold('sum', over, substituteVariables(product, at))
  return substitute(substituteVariables(value, at), (node) => (node.op === 'accumulator' ? sum : null))
}

/** Both groups as one row kernel, or null if the consumer reads the producer across rows. */
function merge(producer: Group, consumer: Group, rows: number): Group | null {
  const first = byRows(producer, rows)
  const second = byRows(consumer, rows)
  const row = variable('i', rows)
  const members = new Map(first)
  for (const [tensor, member] of second) {
    const value = readLocally(member.value, first, row)
    if (value === null) return null
    members.set(tensor, { inner: member.inner, value })
  }
  return groupWith(row, members, null)
}

/** `value` with loads of `members` replaced by what the row has computed; null if one of them leaves the row. */
function readLocally(value: Scalar, members: ReadonlyMap<Tensor, Member>, row: Variable): Scalar | null {
  for (const { source, index } of loadsOf([value])) {
    const member = members.get(tensorOf(source))
    if (member !== undefined && !sameIndex(splitIndex(index, member.inner?.extent ?? 1).row, row)) return null
  }
  const replace = (node: Scalar): Scalar | null => {
    if (node.op !== 'load') return null
    const member = members.get(tensorOf(node.source))
    if (member === undefined) return null
    if (member.inner === null) return member.value
    const own = variable(`l${node.source.id}`, member.inner.extent)
    const body = substituteVariables(member.value, new Map([[member.inner, own]]))
    // an index that is data may itself come from a member
    return local(own, body, splitIndex(substitute(node.index, replace), member.inner.extent).inner)
  }
  return substitute(value, replace)
}
