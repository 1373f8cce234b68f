// Devices: which backend tensors live on. One device is the default; creating tensors and realizing them uses it. The device's
// queue keeps the order in which work was asked for, also while programs are still being compiled.

import type { Backend, DeviceBuffer, DeviceInfo, DeviceMemory } from '../backend/backend.ts'
import { createCpuBackend } from '../backend/cpu/cpu.ts'
import { createWebGpuBackend } from '../backend/webgpu/webgpu.ts'
import { checkChoices, type TuningChoices, type TuningTable, tuningTable } from '../compiler/variants.ts'
import { ArgumentError, DeviceError } from '../core/errors.ts'
import { platform } from '#platform'

/** What `setDevice` takes: `auto` picks a hardware GPU, else the CPU (a software adapter is not a GPU). */
export type DeviceKind = 'auto' | 'webgpu' | 'cpu'

/**
 * Where the variants of contractions come from: `off` takes what is known to be good on the kind of adapter; `quick` measures the
 * shapes of a program before it is compiled, once per adapter, for about 0.3 s (1.5 s on a software adapter); a table (such as an
 * earlier trainer's `tuning`) is taken as it is, so that results are the same to the bit.
 */
export type Tune = 'off' | 'quick' | TuningChoices

/** Options of `setDevice`. */
export interface DeviceOptions {
  /** How `jit`-compiled functions and trainers are tuned. Default: `quick` on a hardware GPU, else `off`. */
  readonly tune?: Tune
  /**
   * Threads that a CPU device may use, the calling one included, where memory can be shared (Node; pages that are cross-origin isolated).
   * Default: as many as the processor has, at most 8. Results do not depend on it.
   */
  readonly threads?: number
}

/** How the programs of a device or a trainer are tuned: they are compiled with the table, which `quick` adds to. */
export interface Tuning {
  readonly mode: 'off' | 'quick'
  readonly table: TuningTable
}

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
  readonly tuning: Tuning
  /** Runs `task` after everything queued before; its failure rejects the promise, and does not stop the queue. */
  readonly enqueue: <T>(task: () => T | Promise<T>) => Promise<T>
  readonly retain: (buffer: DeviceBuffer) => void
  readonly release: (buffer: DeviceBuffer) => void
}

/**
 * What an option asks for on a backend; `otherwise` where it is not given.
 * @throws ArgumentError for another option, or a table that the backend cannot run.
 */
export function tuningOf({ target }: Backend, tune: Tune | undefined, otherwise: Tuning): Tuning {
  if (tune === undefined) return otherwise
  if (tune === 'off' || tune === 'quick') return { mode: tune, table: otherwise.table }
  if (typeof tune !== 'object' || tune === null || !('fallback' in tune) || !('entries' in tune))
    throw new ArgumentError(`tune: expected 'off', 'quick' or a tuning table, got ${JSON.stringify(tune)}`)
  checkChoices(tune, target)
  return { mode: 'off', table: tuningTable(target.tuning.adapter, tune) }
}

/** A device around a backend. */
export function deviceOf(backend: Backend, options: DeviceOptions = {}): RuntimeDevice {
  const measures = backend.kind === 'webgpu' && !backend.info.software
  const tuning = tuningOf(backend, options.tune, { mode: measures ? 'quick' : 'off', table: backend.target.tuning })
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
    tuning,
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
 * @throws DeviceError when WebGPU was asked for and there is no adapter, or it refuses a device; ArgumentError for options that it
 * cannot have.
 */
export async function setDevice(kind: DeviceKind | Device, options: DeviceOptions = {}): Promise<Device> {
  if (typeof kind !== 'string' && options.tune !== undefined)
    throw new ArgumentError('setDevice: tune is chosen when a device is opened; name it there, or in createTrainer')
  if (typeof kind !== 'string' && options.threads !== undefined)
    throw new ArgumentError('setDevice: threads are chosen when a device is opened')
  const device = typeof kind === 'string' ? await openDevice(kind, options) : runtimeDevice(kind)
  current = device
  return device
}

/** A device of the given kind, without making it the default. */
export async function openDevice(kind: DeviceKind, options: DeviceOptions = {}): Promise<RuntimeDevice> {
  const { threads } = options
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1))
    throw new ArgumentError(`setDevice: threads must be a positive integer, got ${String(threads)}`)
  switch (kind) {
    case 'cpu':
      return deviceOf(createCpuBackend(options), options)
    case 'webgpu':
      return deviceOf(await createWebGpuBackend(await platform.gpu()), options)
    case 'auto':
      return autoDevice(options)
    default:
      throw new ArgumentError(`setDevice: expected 'auto', 'webgpu' or 'cpu', got ${JSON.stringify(kind)}`)
  }
}

async function autoDevice(options: DeviceOptions): Promise<RuntimeDevice> {
  try {
    const backend = await createWebGpuBackend(await platform.gpu())
    if (backend.info.software !== true) return deviceOf(backend, options)
    backend.dispose()
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error
  }
  return deviceOf(createCpuBackend(options), options)
}

/** @throws ArgumentError when `device` was not made by `setDevice` or `openDevice`. */
export function runtimeDevice(device: Device): RuntimeDevice {
  if ('backend' in device && 'enqueue' in device) return device as RuntimeDevice
  throw new ArgumentError('expected a device that setDevice returned')
}
