// planMemory: waves -> a location for every stored tensor. Donated outputs live in their input; metrics in the ring; what only
// kernels see gets slots, each reused once its last reader's wave is over, or by that reader itself where it can work in place.

import { InternalError } from '../core/errors.ts'
import { formatAval } from '../core/aval.ts'
import type { DType } from '../core/dtype.ts'
import type { Aval } from '../core/aval.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { kernelConflicts } from './conflicts.ts'
import type { Donations } from './donation.ts'
import { type Kernel, storesOf } from './kernel.ts'
import type { Location, Program, ProgramMemory } from './program.ts'
import { kernelReads } from './schedule.ts'

const ELEMENT_BYTES: Record<DType, number> = {
  float32: 4,
  int32: 4,
  uint32: 4,
  bool: 4,
  uint8: 1,
  float16: 2,
  float64: 8,
}

/** Bytes of a tensor on a device: `bool` takes 32 bits, everything is padded to 16 bytes for vector access. */
export function deviceBytes(aval: Aval): number {
  return Math.max(16, Math.ceil((sizeOf(aval.shape) * ELEMENT_BYTES[aval.dtype]) / 16) * 16)
}

/** Small slots grow in steps of a quarter of a power of two, so that tensors of similar size share them; large ones waste no more than a page. */
function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256
  const step = bytes > LARGE ? PAGE : 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 2)
  return Math.ceil(bytes / step) * step
}

const LARGE = 1 << 16
const PAGE = 4096

interface Slot {
  readonly bytes: number
  /** The last wave in which the present owner is used. */
  busyUntil: number
}

/** What must outlive or precede the program: its inputs and what its outputs are. */
export interface Boundary {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly donations: Donations
  readonly ring: ReadonlySet<Tensor>
}

/** Locations for every tensor that `waves` load or store. */
export function planMemory(
  waves: readonly (readonly Kernel[])[],
  boundary: Boundary,
): { locations: Map<Tensor, Location>; slots: number[]; ringColumns: number } {
  const locations = new Map<Tensor, Location>()
  boundary.inputs.forEach((tensor, index) => locations.set(tensor, { space: 'input', index }))
  let ringColumns = 0
  boundary.outputs.forEach((tensor, index) => {
    if (locations.has(tensor)) return
    const donated = boundary.donations.get(tensor)
    if (boundary.ring.has(tensor)) locations.set(tensor, { space: 'ring', column: ringColumns++ })
    else if (donated !== undefined) locations.set(tensor, { space: 'input', index: boundary.inputs.indexOf(donated) })
    else locations.set(tensor, { space: 'output', index })
  })

  const lastUse = new Map<Tensor, number>()
  const reads = new Map(waves.flat().map((kernel) => [kernel, kernelReads(kernel)]))
  waves.forEach((wave, i) => {
    for (const kernel of wave) for (const tensor of reads.get(kernel)!) lastUse.set(tensor, i)
  })
  const slots: Slot[] = []
  const handedOn = new Set<Tensor>()
  waves.forEach((wave, i) => {
    for (const kernel of wave) {
      for (const { target } of storesOf(kernel)) {
        if (locations.has(target)) continue
        const bytes = deviceBytes(target.aval)
        const inPlace = overwritable(kernel, target, wave, reads, (tensor) => lastUse.get(tensor) === i && !handedOn.has(tensor), locations) // prettier-ignore
        if (inPlace !== null) {
          handedOn.add(inPlace)
          const location = locations.get(inPlace)!
          locations.set(target, location)
          if (location.space === 'temporary') slots[location.slot]!.busyUntil = lastUse.get(target) ?? i
          continue
        }
        const fitting = slots.filter(
          (slot) => slot.busyUntil < i && slot.bytes >= bytes && slot.bytes <= 2 * sizeClass(bytes),
        )
        const best = fitting.sort((a, b) => a.bytes - b.bytes)[0]
        const slot = best ?? { bytes: sizeClass(bytes), busyUntil: 0 }
        if (best === undefined) slots.push(slot)
        slot.busyUntil = lastUse.get(target) ?? i
        locations.set(target, { space: 'temporary', slot: slots.indexOf(slot) })
      }
    }
  })
  for (const tensor of lastUse.keys()) {
    if (!locations.has(tensor))
      throw new InternalError(`a kernel reads ${formatAval(tensor.aval)}, which nothing computes`)
  }
  return { locations, slots: slots.map((slot) => slot.bytes), ringColumns }
}

/** A temporary that a kernel, its only and last reader, may overwrite by `target`, element by element; null if there is none. */
function overwritable(
  kernel: Kernel,
  target: Tensor,
  wave: readonly Kernel[],
  reads: ReadonlyMap<Kernel, ReadonlySet<Tensor>>,
  isLast: (tensor: Tensor) => boolean,
  locations: ReadonlyMap<Tensor, Location>,
): Tensor | null {
  for (const tensor of reads.get(kernel)!) {
    if (locations.get(tensor)?.space !== 'temporary' || !isLast(tensor)) continue
    if (tensor.dtype !== target.dtype || deviceBytes(tensor.aval) !== deviceBytes(target.aval)) continue
    if (wave.some((other) => other !== kernel && reads.get(other)!.has(tensor))) continue
    if (kernelConflicts(kernel, new Map([[target, tensor]])).length === 0) return tensor
  }
  return null
}

/** The bytes of a program: its peak is what is held while it runs. */
export function memoryOf(program: Program): ProgramMemory {
  const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
  const inputs = total(program.inputs.map((tensor) => deviceBytes(tensor.aval)))
  const outputs = total(
    program.outputs.filter(({ location }) => location.space === 'output').map(({ tensor }) => deviceBytes(tensor.aval)),
  )
  const temporaries = total(program.slots)
  return { inputs, outputs, temporaries, peak: inputs + outputs + temporaries }
}
