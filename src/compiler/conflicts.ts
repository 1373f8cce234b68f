// Whether a finished kernel may update a donated input in place: every invocation must read only the elements that it writes.

import { sameIndex } from '../ir/indexMap.ts'
import { loadsOf } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Donations } from './donation.ts'
import { tensorOf } from './group.ts'
import { type Kernel, rootsOf, storesOf } from './kernel.ts'

/** The outputs of `kernel` that would overwrite elements which it still reads elsewhere. */
export function kernelConflicts(kernel: Kernel, donations: Donations): Tensor[] {
  const loads = loadsOf(rootsOf(kernel))
  const scalarStages = new Set(
    kernel.kind === 'loop'
      ? kernel.stages.filter((stage) => stage.inner === null).flatMap((stage) => stage.stores)
      : kernel.stores,
  )
  return storesOf(kernel)
    .filter((store) => {
      const input = donations.get(store.target)
      if (input === undefined) return false
      const own = loads.filter((load) => tensorOf(load.source) === input)
      if (!scalarStages.has(store)) return own.length > 0
      if (own.some((load) => !sameIndex(load.index, store.index))) return true
      return (
        kernel.kind === 'contraction' &&
        loadsOf([kernel.lhs, kernel.rhs]).some((load) => tensorOf(load.source) === input)
      )
    })
    .map((store) => store.target)
}
