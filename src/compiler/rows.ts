// Row kernels: groups that hand values to each other only within a row become one. The rows are leading axes (a mini-batch's
// samples); what a row's later stages read of earlier ones stays in a local array. Softmax with cross-entropy and its gradient
// comes out as one kernel, and so does a small contraction (a 10-class output layer) between them.

import { plus, sameIndex, times } from '../ir/indexMap.ts'
import { binary, fold, local, type Scalar, type Variable, variable } from '../ir/scalar.ts'
import { loadsOf, substitute, substituteVariables } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import { dependenciesOf, type Group, type Member, reaches, splitIndex, tensorOf } from './group.ts'

/** The longest row that a local array holds. */
const MAX_INNER = 512
/** The most multiplications per row that a contraction may bring into a row kernel. */
const MAX_ROW_PRODUCTS = 4096

/** The groups with every profitable and allowed pair joined; those that compute a tensor of `apart` take nothing in. */
export function mergeRows(
  given: readonly Group[],
  allowed: (group: Group) => boolean,
  apart: ReadonlySet<Tensor>,
): Group[] {
  let groups = [...given]
  for (;;) {
    const next = mergeOne(groups, allowed, apart)
    if (next === null) return groups
    groups = next
  }
}

function mergeOne(
  groups: readonly Group[],
  allowed: (group: Group) => boolean,
  apart: ReadonlySet<Tensor>,
): Group[] | null {
  const dependencies = dependenciesOf(groups)
  for (const consumer of groups) {
    if ([...consumer.members.keys()].some((tensor) => apart.has(tensor))) continue
    for (const producer of dependencies.get(consumer)!) {
      if (reaches(dependencies, consumer, producer, true)) continue
      for (const rows of rowCounts(producer, consumer)) {
        const merged = merge(producer, consumer, rows)
        if (merged === null || !allowed(merged)) continue
        return groups.filter((group) => group !== producer).map((group) => (group === consumer ? merged : group))
      }
    }
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

/** `group` by rows: every member's flat index taken apart into row and inner coordinate. */
function byRows(group: Group, rows: number): Map<Tensor, Member> | null {
  const row = variable('i', rows)
  if (isRowKernel(group)) return group.row.extent === rows ? new Map(group.members) : null
  const size = group.row.extent
  if (rows === 0 || size % rows !== 0 || size / rows > MAX_INNER) return null
  const innerExtent = size / rows
  const { contraction } = group
  // a whole row of the product counts, also where the rows tried are finer than that
  if (contraction !== null && Math.max(innerExtent, contraction.n.extent) * contraction.k.extent > MAX_ROW_PRODUCTS)
    return null
  const members = new Map<Tensor, Member>()
  for (const [tensor, { value }] of group.members) {
    const inner = innerExtent === 1 ? null : variable(`j${tensor.id}`, innerExtent)
    const flat = inner === null ? row : plus(times(row, innerExtent), inner)
    const summed = contraction === null ? value : withSum(value, contraction, group.row)
    members.set(tensor, { inner, value: substituteVariables(summed, new Map([[group.row, flat]])) })
  }
  return members
}

/** An epilogue value with the accumulator written out as a fold at the flat index. */
export function withSum(value: Scalar, contraction: NonNullable<Group['contraction']>, flat: Variable): Scalar {
  const { batch, m, n, k, lhs, rhs } = contraction
  const outer = splitIndex(flat, n.extent)
  const inBatch = splitIndex(outer.row, m.extent)
  const at = new Map<Variable, Scalar>([[batch, inBatch.row], [m, inBatch.inner], [n, outer.inner]]) // prettier-ignore
  // the fold's variable is named after the flat extent too: two sums of one row kernel must not share a loop variable
  const over = variable(`k${contraction.lhs.hash % 1e9}`, k.extent)
  const product = substituteVariables(binary('mul', lhs, rhs), new Map([[k, over]]))
  const sum = fold('sum', over, substituteVariables(product, at))
  return substitute(value, (node) => (node.op === 'accumulator' ? sum : null))
}

/** Both groups as one row kernel, or null if the consumer reads the producer across rows. */
function merge(producer: Group, consumer: Group, rows: number): Group | null {
  const first = byRows(producer, rows)
  const second = byRows(consumer, rows)
  if (first === null || second === null) return null
  const row = variable('i', rows)
  const members = new Map(first)
  for (const [tensor, member] of second) {
    const value = readLocally(member.value, first, row)
    if (value === null) return null
    members.set(tensor, { inner: member.inner, value })
  }
  return { row, members, contraction: null }
}

/** `value` with loads of `members` replaced by what the row has computed; null if one of them leaves the row. */
function readLocally(value: Scalar, members: ReadonlyMap<Tensor, Member>, row: Variable): Scalar | null {
  for (const { source, index } of loadsOf([value])) {
    const member = members.get(tensorOf(source))
    if (member !== undefined && !sameIndex(splitIndex(index, member.inner?.extent ?? 1).row, row)) return null
  }
  return substitute(value, (node) => {
    if (node.op !== 'load') return null
    const member = members.get(tensorOf(node.source))
    if (member === undefined) return null
    if (member.inner === null) return member.value
    const own = variable(`l${node.source.id}`, member.inner.extent)
    const body = substituteVariables(member.value, new Map([[member.inner, own]]))
    return local(own, body, splitIndex(node.index, member.inner.extent).inner)
  })
}
