// Arenas: state that belongs together in one buffer per dtype, so that a dispatch binds all of it at once, at offsets that the
// program knows.

import type { Place } from '../backend/backend.ts'
import { deviceBytes } from '../compiler/memory.ts'
import type { DType } from '../core/dtype.ts'
import { dataTensor, type Tensor } from '../ir/tensor.ts'
import type { RuntimeDevice } from './device.ts'
import { start } from './realize.ts'
import { attachStorage, storageAt, usableStorage } from './storage.ts'

const ALIGNMENT = 256

/** Copies of `tensors`, laid out in order in one buffer per dtype. */
export async function packArena(device: RuntimeDevice, tensors: readonly Tensor[]): Promise<Tensor[]> {
  start(tensors, device)
  const sources = tensors.map((tensor) => usableStorage(tensor, 'packing state'))
  await Promise.all(sources.map((storage) => storage.ready))
  return device.enqueue(() => {
    const sizes = new Map<DType, number>()
    const offsets = tensors.map((tensor) => {
      const offset = sizes.get(tensor.dtype) ?? 0
      sizes.set(tensor.dtype, offset + Math.ceil(deviceBytes(tensor.aval) / ALIGNMENT) * ALIGNMENT)
      return offset
    })
    const buffers = new Map([...sizes].map(([dtype, bytes]) => [dtype, device.backend.allocate(bytes)]))
    return tensors.map((tensor, i) => {
      const to: Place = { buffer: buffers.get(tensor.dtype)!, offset: offsets[i]! }
      device.backend.copy(sources[i]!.place!, to, deviceBytes(tensor.aval))
      const packed = dataTensor(tensor.aval)
      attachStorage(packed, storageAt(device, to))
      return packed
    })
  })
}
