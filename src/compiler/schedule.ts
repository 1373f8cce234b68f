// schedule: Kernel[] -> waves. Kernels of a wave are independent, so that they may share a dispatch. Besides data dependencies
// there are anti-dependencies: a kernel that updates state in place comes after all others that read the old value.

import { loadsOf } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Donations } from './donation.ts'
import { tensorOf } from './group.ts'
import { type Kernel, rootsOf, storesOf } from './kernel.ts'

/** Waves in order, or the outputs that cannot be updated in place because their kernels would wait for each other. */
export type Schedule =
  | { readonly kind: 'waves'; readonly waves: readonly (readonly Kernel[])[] }
  | { readonly kind: 'conflict'; readonly outputs: readonly Tensor[] }

/** The tensors that a kernel loads. */
export function kernelReads(kernel: Kernel): Set<Tensor> {
  return new Set(loadsOf(rootsOf(kernel)).map((load) => tensorOf(load.source)))
}

/** Sorts kernels into waves, each as early as its dependencies allow. */
export function schedule(kernels: readonly Kernel[], donations: Donations): Schedule {
  const writer = new Map<Tensor, Kernel>()
  for (const kernel of kernels) for (const { target } of storesOf(kernel)) writer.set(target, kernel)
  const reads = new Map(kernels.map((kernel) => [kernel, kernelReads(kernel)]))
  const after = new Map<Kernel, Set<Kernel>>(kernels.map((kernel) => [kernel, new Set()]))
  for (const kernel of kernels) {
    for (const tensor of reads.get(kernel)!) {
      const from = writer.get(tensor)
      if (from !== undefined && from !== kernel) after.get(kernel)!.add(from)
    }
  }
  for (const [output, input] of donations) {
    const own = writer.get(output)
    if (own === undefined) continue
    for (const kernel of kernels) if (kernel !== own && reads.get(kernel)!.has(input)) after.get(own)!.add(kernel)
  }

  const waves: Kernel[][] = []
  const done = new Set<Kernel>()
  while (done.size < kernels.length) {
    const wave = kernels.filter(
      (kernel) => !done.has(kernel) && [...after.get(kernel)!].every((other) => done.has(other)),
    )
    if (wave.length === 0) {
      const stuck = kernels
        .filter((kernel) => !done.has(kernel))
        .flatMap((kernel) => storesOf(kernel).map((store) => store.target))
      return { kind: 'conflict', outputs: stuck.filter((tensor) => donations.has(tensor)) }
    }
    wave.forEach((kernel) => done.add(kernel))
    waves.push(wave)
  }
  return { kind: 'waves', waves }
}
