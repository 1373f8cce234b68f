// Devices: which backend tensors live on. One device is the default; creating tensors and realizing them uses it. The device's
// queue keeps the order in which work was asked for, also while programs are still being compiled.

import type { Backend, DeviceBuffer, DeviceInfo, DeviceMemory } from '../backend/backend.ts'
import { createCpuBackend } from '../backend/cpu/cpu.ts'
import { createWebGpuBackend } from '../backend/webgpu/webgpu.ts'
import { ArgumentError, DeviceError } from '../core/errors.ts'
import { platform } from '#platform'

/** What `setDevice` takes: `auto` picks a hardware GPU, else the CPU (a software adapter is not a GPU). */
export type DeviceKind = 'auto' | 'webgpu' | 'cpu'

/** A machine that holds tensors and runs programs. */
export interface Device {
  readonly kind: 'webgpu' | 'cpu'
  readonly name: string
  readonly info: DeviceInfo
  /** Bytes and buffers held now, and the most bytes held so far. */
  readonly memory: () => DeviceMemory
  /** Resolves when everything asked for so far is done. */
  readonly idle: () => Promise<void>
  readonly dispose: () => Promise<void>
}

/** A device with what the runtime needs of it. */
export interface RuntimeDevice extends Device {
  readonly backend: Backend
  /** Runs `task` after everything queued before; its failure rejects the promise, and does not stop the queue. */
  readonly enqueue: <T>(task: () => T | Promise<T>) => Promise<T>
  readonly retain: (buffer: DeviceBuffer) => void
  readonly release: (buffer: DeviceBuffer) => void
}

/** A device around a backend. */
export function deviceOf(backend: Backend): RuntimeDevice {
  let queue: Promise<unknown> = Promise.resolve()
  const owners = new Map<number, number>()
  const enqueue = <T>(task: () => T | Promise<T>): Promise<T> => {
    const result = queue.then(task)
    queue = result.catch(() => undefined)
    return result
  }
  return {
    kind: backend.kind,
    name: backend.name,
    info: backend.info,
    backend,
    memory: backend.memory,
    enqueue,
    retain: (buffer) => {
      owners.set(buffer.id, (owners.get(buffer.id) ?? 0) + 1)
    },
    release: (buffer) => {
      const left = (owners.get(buffer.id) ?? 1) - 1
      owners.set(buffer.id, left)
      if (left > 0) return
      owners.delete(buffer.id)
      backend.free(buffer)
    },
    idle: () => enqueue(() => backend.idle()),
    dispose: () => enqueue(() => backend.dispose()),
  }
}

let current: RuntimeDevice | null = null

/** The default device; the CPU until `setDevice` was called. */
export function currentDevice(): RuntimeDevice {
  current ??= deviceOf(createCpuBackend())
  return current
}

/**
 * Makes a device the default one, and gives it.
 * @throws DeviceError when WebGPU was asked for and there is no adapter, or it refuses a device.
 */
export async function setDevice(kind: DeviceKind | Device): Promise<Device> {
  const device = typeof kind === 'string' ? await openDevice(kind) : runtimeDevice(kind)
  current = device
  return device
}

/** A device of the given kind, without making it the default. */
export async function openDevice(kind: DeviceKind): Promise<RuntimeDevice> {
  switch (kind) {
    case 'cpu':
      return deviceOf(createCpuBackend())
    case 'webgpu':
      return deviceOf(await createWebGpuBackend(await platform.gpu()))
    case 'auto':
      return autoDevice()
    default:
      throw new ArgumentError(`setDevice: expected 'auto', 'webgpu' or 'cpu', got ${JSON.stringify(kind)}`)
  }
}

async function autoDevice(): Promise<RuntimeDevice> {
  try {
    const backend = await createWebGpuBackend(await platform.gpu())
    if (backend.info.software !== true) return deviceOf(backend)
    backend.dispose()
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error
  }
  return deviceOf(createCpuBackend())
}

/** @throws ArgumentError when `device` was not made by `setDevice` or `openDevice`. */
export function runtimeDevice(device: Device): RuntimeDevice {
  if ('backend' in device && 'enqueue' in device) return device as RuntimeDevice
  throw new ArgumentError('expected a device that setDevice returned')
}
