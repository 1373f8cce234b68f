// Storage buffers: freed ones are kept for the next allocation of the same size, up to a limit. Allocations are checked by
// error scopes, whose results settled() reports.

import { DeviceError } from '../../core/errors.ts'
import type { DeviceBuffer, DeviceMemory } from '../backend.ts'

/** A buffer of a WebGPU device. */
export interface GpuBuffer extends DeviceBuffer {
  readonly gpu: GPUBuffer
}

/** Allocation and reuse. */
export interface BufferPool {
  /** The largest buffer that can be had and bound. */
  readonly largest: number
  readonly allocate: (bytes: number) => GpuBuffer
  readonly free: (buffer: GpuBuffer) => void
  readonly memory: () => DeviceMemory
  /** Whether settled() has something to wait for. */
  readonly unsettled: () => boolean
  /** Resolves when all allocations so far are known to have worked; rejects with the first that did not. */
  readonly settled: () => Promise<void>
}

/** Bytes of freed buffers that are kept. */
const KEPT_BYTES = 64 * 2 ** 20

/** A pool on a device; `beforeDestroy` must submit what still uses freed buffers. */
export function createBufferPool(device: GPUDevice, beforeDestroy: () => void): BufferPool {
  const largest = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize)
  let nextId = 1
  let held = 0
  let bytes = 0
  let peakBytes = 0
  let keptBytes = 0
  const kept = new Map<number, GPUBuffer[]>()
  let checks: Promise<void>[] = []

  const create = (size: number): GPUBuffer => {
    if (size > largest)
      throw new DeviceError(
        `a buffer of ${size} bytes is larger than this device allows (${largest}); use a smaller batch or model`,
      )
    device.pushErrorScope('out-of-memory')
    device.pushErrorScope('validation')
    const buffer = device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    })
    const results = [device.popErrorScope(), device.popErrorScope()]
    const checked = Promise.all(results).then((errors) => {
      const error = errors.find((found) => found !== null)
      if (error !== undefined && error !== null)
        throw new DeviceError(`the device refused a buffer of ${size} bytes: ${error.message}`)
    })
    checked.catch(() => undefined) // reported by settled()
    checks.push(checked)
    return buffer
  }

  return {
    largest,
    allocate: (size) => {
      const reused = kept.get(size)?.pop()
      if (reused !== undefined) keptBytes -= size
      const gpu = reused ?? create(size)
      held++
      bytes += size
      peakBytes = Math.max(peakBytes, bytes)
      return { id: nextId++, bytes: size, gpu }
    },
    free: ({ bytes: size, gpu }) => {
      held--
      bytes -= size
      if (keptBytes + size > KEPT_BYTES) {
        beforeDestroy()
        gpu.destroy()
        return
      }
      keptBytes += size
      const list = kept.get(size) ?? []
      list.push(gpu)
      kept.set(size, list)
    },
    memory: () => ({ buffers: held, bytes, peakBytes }),
    unsettled: () => checks.length > 0,
    settled: async () => {
      const pending = checks
      checks = []
      await Promise.all(pending)
    },
  }
}
