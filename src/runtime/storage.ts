// Which memory a tensor has. The association lives here, not in the tensor: a tensor is only a node. Memory is released when
// its last tensor is disposed or collected.

import type { Place } from '../backend/backend.ts'
import { formatAval } from '../core/aval.ts'
import { TensorUseError } from '../core/errors.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { RuntimeDevice } from './device.ts'

/** A tensor's memory: pending until the queue has reached the work that fills it. */
export interface Storage {
  readonly device: RuntimeDevice
  place: Place | null
  /** Resolves when `place` is set; rejects with what went wrong. */
  ready: Promise<void>
  /** Why it may no longer be used, or null. */
  gone: string | null
}

const storages = new WeakMap<Tensor, Storage>()

interface Held {
  readonly storage: Storage
}

const collected = new FinalizationRegistry<Held>(({ storage }) => releaseStorage(storage, 'collected'))

/** Gives a tensor its memory. */
export function attachStorage(tensor: Tensor, storage: Storage): void {
  storages.set(tensor, storage)
  collected.register(tensor, { storage }, tensor)
}

/** A tensor's memory, or null if it is still a computation. */
export function storageOf(tensor: Tensor): Storage | null {
  return storages.get(tensor) ?? null
}

/**
 * A tensor's memory for use by `operation`.
 * @throws TensorUseError when it was donated or disposed.
 */
export function usableStorage(tensor: Tensor, operation: string): Storage {
  const storage = storages.get(tensor)
  if (storage === undefined) throw new TensorUseError(`${operation}: ${formatAval(tensor.aval)} has no data`)
  if (storage.gone !== null) {
    throw new TensorUseError(
      `${operation}: this ${formatAval(tensor.aval)} was ${storage.gone} and can no longer be used. Use the tensor that the call returned instead`,
    )
  }
  return storage
}

/** Frees a tensor's memory now. */
export function disposeTensor(tensor: Tensor): void {
  const storage = storages.get(tensor)
  if (storage !== undefined) releaseStorage(storage, 'disposed')
}

function releaseStorage(storage: Storage, why: string): void {
  if (storage.gone !== null) return
  storage.gone = why
  void storage.device.enqueue(() => {
    if (storage.place !== null) storage.device.release(storage.place.buffer)
  })
}

/** Marks memory as handed on to a result of `call`; the tensor that had it can no longer be used. */
export function donate(storage: Storage, call: string): void {
  storage.gone = `donated to ${call}`
}

/** A storage that a queued task will fill with the place it gives. */
export function pendingStorage(device: RuntimeDevice, place: Promise<Place>): Storage {
  const storage: Storage = { device, place: null, gone: null, ready: Promise.resolve() }
  storage.ready = place.then((made) => {
    storage.place = made
  })
  storage.ready.catch(() => undefined) // reported when the tensor is read
  return storage
}

/** A storage at a known place. */
export function storageAt(device: RuntimeDevice, place: Place): Storage {
  device.retain(place.buffer)
  return { device, place, gone: null, ready: Promise.resolve() }
}
