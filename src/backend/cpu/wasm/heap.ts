// The memory of CPU buffers: one WebAssembly memory, in which all CPU devices allocate theirs, so that kernels reach all of them by address. It
// grows and never shrinks; freed ranges are used again, and it is gone with the last device.

import { DeviceError } from '../../../core/errors.ts'
import { MOST_BESIDE } from '../../emit.ts'
import type { WasmMemory } from './assembler.ts'

const PAGE = 65536
/** What addresses of buffers are multiples of: a line of the cache. */
const LINE = 64
/** Memory before the first and after the last buffer: what is read beside one, elements and the rest of a vector. */
const MARGIN = LINE * Math.ceil((4 * (MOST_BESIDE + 4)) / LINE)

/** Limits of a memory's size that engines may refuse, in pages: 4 GiB, 2 GiB, 512 MiB. */
const LIMITS: readonly number[] = [65536, 32768, 8192]

/** A growing memory with an allocator. */
export interface Heap {
  readonly memory: WebAssembly.Memory
  /** How modules declare it. */
  readonly type: WasmMemory
  /** The most bytes that it may ever hold. */
  readonly maxBytes: number
  /**
   * The address of so many bytes, all 0. Views of `memory.buffer` that were made before may be detached.
   *
   * @throws DeviceError if there is no room.
   */
  readonly allocate: (bytes: number) => number
  /** Gives back what `allocate` gave for so many bytes. */
  readonly free: (address: number, bytes: number) => void
}

let current: WeakRef<Heap> | null = null

/** The memory of all devices, of the greatest size that the engine allows and shared by threads where that is possible; null if it allows none. */
export function commonHeap(): Heap | null {
  const known = current?.deref()
  if (known !== undefined) return known
  const made = createHeap(typeof SharedArrayBuffer !== 'undefined')
  current = made === null ? null : new WeakRef(made)
  return made
}

/** A memory of the greatest size that the engine allows, or null if it allows none. */
export function createHeap(shared: boolean): Heap | null {
  for (const maxPages of LIMITS) {
    try {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: maxPages, shared })
      return heapIn(memory, { maxPages, shared })
    } catch {
      // the next limit is lower
    }
  }
  return null
}

function heapIn(memory: WebAssembly.Memory, type: WasmMemory): Heap {
  /** Free ranges by address, none beside another. */
  let free: { address: number; bytes: number }[] = []
  let end = MARGIN

  const grow = (bytes: number): number => {
    const address = end
    const missing = address + bytes + MARGIN - memory.buffer.byteLength
    if (missing > 0) {
      const pages = Math.ceil(missing / PAGE)
      try {
        memory.grow(pages)
      } catch {
        const mebibytes = (value: number): string => `${Math.ceil(value / 2 ** 20)} MiB`
        throw new DeviceError(
          `the CPU backend has no room for another ${mebibytes(bytes)}: it holds ${mebibytes(end)} of at most ${mebibytes(type.maxPages * PAGE)}. Use a smaller batch or data set, or dispose what is not needed.`,
        )
      }
    }
    end = address + bytes
    return address
  }

  return {
    memory,
    type,
    maxBytes: type.maxPages * PAGE - 2 * MARGIN,
    allocate: (wanted) => {
      const bytes = Math.ceil(Math.max(1, wanted) / LINE) * LINE
      const at = free.findIndex((range) => range.bytes >= bytes)
      if (at < 0) return grow(bytes)
      const range = free[at]!
      free = range.bytes === bytes ? free.toSpliced(at, 1) : free.with(at, { address: range.address + bytes, bytes: range.bytes - bytes }) // prettier-ignore
      new Uint8Array(memory.buffer, range.address, bytes).fill(0)
      return range.address
    },
    free: (address, given) => {
      const bytes = Math.ceil(Math.max(1, given) / LINE) * LINE
      const before = free.find((range) => range.address + range.bytes === address)
      const after = free.find((range) => range.address === address + bytes)
      const joined = {
        address: before?.address ?? address,
        bytes: bytes + (before?.bytes ?? 0) + (after?.bytes ?? 0),
      }
      const others = free.filter((range) => range !== before && range !== after)
      if (joined.address + joined.bytes === end) {
        // what is beyond `end` must be 0 when it is allocated again
        new Uint8Array(memory.buffer, joined.address, joined.bytes).fill(0)
        end = joined.address
        free = others
      } else free = [...others, joined].toSorted((a, b) => a.address - b.address)
    },
  }
}
