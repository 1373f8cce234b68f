// Arenas: state that belongs together in one buffer per dtype, so that a dispatch binds all of it at once, at offsets that the
// program knows.

import type { Place } from '../backend/backend.ts'
import { deviceBytes } from '../compiler/memory.ts'
import type { Aval } from '../core/aval.ts'
import type { DType, TypedArray } from '../core/dtype.ts'
import { dataTensor, type Tensor } from '../ir/tensor.ts'
import type { RuntimeDevice } from './device.ts'
import { attachStorage, storageAt, usableStorage } from './storage.ts'

const ALIGNMENT = 256

/** Tensors in order in one buffer per dtype, each still to be filled by `fillTensor`. */
export function allocateArena(device: RuntimeDevice, avals: readonly Aval[]): Promise<Tensor[]> {
  return device.enqueue(() => {
    const sizes = new Map<DType, number>()
    const offsets = avals.map((aval) => {
      const offset = sizes.get(aval.dtype) ?? 0
      sizes.set(aval.dtype, offset + Math.ceil(deviceBytes(aval) / ALIGNMENT) * ALIGNMENT)
      return offset
    })
    const buffers = new Map([...sizes].map(([dtype, bytes]) => [dtype, device.backend.allocate(bytes)]))
    return avals.map((aval, i) => {
      const place: Place = { buffer: buffers.get(aval.dtype)!, offset: offsets[i]! }
      const made = dataTensor(aval)
      attachStorage(made, storageAt(device, place))
      return made
    })
  })
}

/** Writes the values of a tensor of an arena. */
export function fillTensor(device: RuntimeDevice, target: Tensor, data: TypedArray): void {
  device.backend.write(usableStorage(target, 'filling state').place!, target.aval, data)
}
