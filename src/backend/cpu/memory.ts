// The memory of the CPU backend's buffers: ranges of one WebAssembly memory, or, where there is none, an ArrayBuffer each.

import { DeviceError } from '../../core/errors.ts'
import type { Aval } from '../../core/aval.ts'
import type { TypedArray } from '../../core/dtype.ts'
import { sizeOf } from '../../core/shape.ts'
import type { DeviceBuffer, DeviceMemory } from '../backend.ts'
import type { Heap } from './wasm/heap.ts'

/** A buffer: where it begins in what `data` gives at the moment. */
export interface CpuBuffer extends DeviceBuffer {
  readonly address: number
  readonly data: () => ArrayBufferLike
}

/** Where buffers come from. A buffer that nobody holds any more is freed too. */
export interface CpuMemory {
  readonly allocate: (bytes: number) => CpuBuffer
  /** Memory that kernels use while they run, which does not count. */
  readonly scratch: (bytes: number) => CpuBuffer
  readonly free: (buffer: CpuBuffer) => void
  readonly usage: () => DeviceMemory
  /** Frees all buffers. */
  readonly clear: () => void
}

interface Range {
  readonly heap: Heap
  readonly address: number
  readonly bytes: number
}

const forgotten = new FinalizationRegistry<Range>(({ heap, address, bytes }) => heap.free(address, bytes))

/** Memory of a heap, or of buffers of their own, which threads may share. */
export function createCpuMemory(heap: Heap | null, shared: boolean): CpuMemory {
  const held = new Set<CpuBuffer>()
  const uncounted = new WeakSet<CpuBuffer>()
  let nextId = 1
  let bytes = 0
  let peakBytes = 0
  const make = (size: number): CpuBuffer => {
    const id = nextId++
    if (heap === null) {
      const own = shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size)
      return { id, bytes: size, address: 0, data: () => own }
    }
    const address = heap.allocate(size)
    const buffer: CpuBuffer = { id, bytes: size, address, data: () => heap.memory.buffer }
    forgotten.register(buffer, { heap, address, bytes: size }, buffer)
    return buffer
  }
  const giveBack = (buffer: CpuBuffer): void => {
    forgotten.unregister(buffer)
    heap?.free(buffer.address, buffer.bytes)
  }
  return {
    allocate: (size) => {
      const buffer = make(size)
      held.add(buffer)
      bytes += size
      peakBytes = Math.max(peakBytes, bytes)
      return buffer
    },
    scratch: (size) => {
      const buffer = make(size)
      uncounted.add(buffer)
      return buffer
    },
    free: (buffer) => {
      if (uncounted.delete(buffer)) giveBack(buffer)
      else if (held.delete(buffer)) {
        bytes -= buffer.bytes
        giveBack(buffer)
      }
    },
    usage: () => ({ buffers: held.size, bytes, peakBytes }),
    clear: () => {
      held.forEach(giveBack)
      held.clear()
      bytes = 0
    },
  }
}

/** A view of `aval`'s elements at an address. */
export function viewOf(data: ArrayBufferLike, address: number, aval: Aval): TypedArray {
  const length = sizeOf(aval.shape)
  switch (aval.dtype) {
    case 'float64':
      return new Float64Array(data, address, length)
    case 'int32':
      return new Int32Array(data, address, length)
    case 'uint32':
      return new Uint32Array(data, address, length)
    case 'bool':
    case 'uint8':
      return new Uint8Array(data, address, length)
    case 'float32':
      return new Float32Array(data, address, length)
    case 'float16':
      throw new DeviceError('the CPU backend has no float16; use float32')
  }
}
