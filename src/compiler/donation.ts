// Donation: outputs that take over the memory of inputs (state that a step updates in place), and when a group may do so.

import { sameIndex } from '../ir/indexMap.ts'
import { loadsOf } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import { type Contraction, type Group, tensorOf } from './group.ts'

/** Which outputs take over the memory of which inputs: output -> donated input. */
export type Donations = ReadonlyMap<Tensor, Tensor>

/**
 * Whether a group overwrites a donated input that it also reads at another index, so that it could not work in place.
 */
export function donationConflict(group: Group, donations: Donations): boolean {
  const { loads } = group
  for (const [tensor, member] of group.members) {
    const input = donations.get(tensor)
    if (input === undefined) continue
    const own = loads.filter((load) => tensorOf(load.source) === input)
    if (member.inner === null ? own.some((load) => !sameIndex(load.index, group.row)) : own.length > 0) return true
    if (member.inner === null && group.contraction !== null && operandsRead(group.contraction, input)) return true
  }
  return false
}

function operandsRead({ lhs, rhs }: Contraction, input: Tensor): boolean {
  return loadsOf([lhs, rhs]).some((load) => tensorOf(load.source) === input)
}
