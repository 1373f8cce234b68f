// The WebGPU backend: device and limits, buffers, and programs replayed as dispatches of one compute pass. What is run is
// encoded at once and submitted by flush(); nothing waits for the device but read-backs.

import type { Dispatch, Program } from '../../compiler/program.ts'
import type { Target } from '../../compiler/target.ts'
import { knownVariant, shortHash, tuningTable } from '../../compiler/variants.ts'
import { FUSE_ALL } from '../../compiler/fuse.ts'
import { deviceBytes } from '../../compiler/memory.ts'
import { DeviceError, DeviceLostError, InternalError } from '../../core/errors.ts'
import type { Backend, Bindings, DeviceBuffer, Executable } from '../backend.ts'
import { type AdapterDescription, describeAdapter, requestDevice } from './adapter.ts'
import { createArgumentBuffer, rowStride } from './arguments.ts'
import { createBufferPool, type GpuBuffer } from './buffers.ts'
import { fromDeviceBytes, toDeviceBytes } from './layout.ts'
import { renameLoops } from './loopNames.ts'
import { createPipelineCache, type Pipeline } from './pipelines.ts'
import { profileDispatches } from './profile.ts'
import { type DispatchCode, printDispatch } from './wgsl.ts'
import { createDeviceClock } from './stopwatch.ts'
import { createTuner } from './tune.ts'
import type { BufferKey } from './writer.ts'
import { platform } from '#platform'

/** Read-backs up to this size keep their staging buffer. */
const KEPT_STAGING_BYTES = 1 << 16

/** Measured on SwiftShader: the largest tensor whose conversion from bytes is cheaper within the products that read it than in a dispatch of its own. */
const FEW_BYTES = 4096

/** The order in which to compile: contractions take longest, so that they must not come last. */
function slowestFirst(dispatches: readonly Dispatch[]): number[] {
  const contractions = ({ kernels }: Dispatch): number => kernels.filter(({ kind }) => kind === 'contraction').length
  const order = dispatches.map((dispatch, i) => ({ i, count: contractions(dispatch) }))
  return order.sort((a, b) => b.count - a.count).map(({ i }) => i)
}

/** A device as a compile target. */
function targetOf({ limits, features }: GPUDevice, { name, software }: AdapterDescription, facts: string): Target {
  // WGSL does not promise that quads are consecutive invocations; on software adapters, which gain most from them, they are
  const subgroups = software && features.has('subgroups')
  return {
    kind: 'webgpu',
    maxBindings: limits.maxStorageBuffersPerShaderStage,
    pack: true,
    fuse: { ...FUSE_ALL, bytes: software ? FEW_BYTES : Infinity },
    software,
    sharedBytes: limits.maxComputeWorkgroupStorageSize,
    subgroups,
    tuning: tuningTable(`${name} ${shortHash(facts)}`, {
      fallback: knownVariant(software, { subgroups }),
      entries: {},
    }),
  }
}

/**
 * A WebGPU device. Its target has what is known to be good on its kind of adapter; `tune` measures for a program.
 * @throws DeviceError when there is no WebGPU, no adapter, or the adapter refuses a device.
 */
export async function createWebGpuBackend(gpu: GPU | null): Promise<Backend> {
  const { adapter, device } = await requestDevice(gpu)
  const description = describeAdapter(adapter)
  /** What a measurement holds for: this adapter with this driver's limits and features, reached from here. */
  const facts = JSON.stringify([platform.name, description.info])
  const pool = createBufferPool(device, () => flush())
  const rows = createArgumentBuffer(device)
  const pipelines = createPipelineCache(device)
  let lost: DeviceLostError | null = null
  let disposed = false
  let encoder: GPUCommandEncoder | null = null
  let pass: GPUComputePassEncoder | null = null
  const temporaries = new Map<string, GpuBuffer>()

  void device.lost.then((info) => {
    if (!disposed)
      lost = new DeviceLostError(
        `the WebGPU device was lost (${info.reason}): ${info.message}. Create a new device with setDevice() and restore from a checkpoint`,
      )
  })

  const check = (): void => {
    if (lost !== null) throw lost
    if (disposed) throw new DeviceError('this WebGPU device was disposed')
  }

  const own = (buffer: DeviceBuffer): GpuBuffer => {
    if (!('gpu' in buffer)) throw new InternalError('a buffer of another device')
    return buffer as GpuBuffer
  }

  const openEncoder = (): GPUCommandEncoder => {
    check()
    encoder ??= device.createCommandEncoder()
    return encoder
  }
  const openPass = (): GPUComputePassEncoder => {
    if (pass !== null) return pass
    const timestampWrites = clock.timestamps()
    pass = openEncoder().beginComputePass(timestampWrites === undefined ? {} : { timestampWrites })
    return pass
  }
  const closePass = (): void => {
    pass?.end()
    pass = null
  }

  const clock = createDeviceClock(device, () => {
    const target = openEncoder()
    closePass()
    return target
  })

  const flush = (): void => {
    if (encoder === null) return
    closePass()
    rows.upload()
    device.queue.submit([encoder.finish()])
    encoder = null
    clock.submitted()
  }

  const slotBuffers = (program: Program): GpuBuffer[] => {
    const ordinals = new Map<number, number>()
    return program.slots.map((bytes) => {
      const ordinal = ordinals.get(bytes) ?? 0
      ordinals.set(bytes, ordinal + 1)
      const key = `${bytes}:${ordinal}`
      const known = temporaries.get(key) ?? pool.allocate(bytes)
      temporaries.set(key, known)
      return known
    })
  }

  const prepare = async (program: Program): Promise<Executable> => {
    check()
    const codes: DispatchCode[] = []
    const compiling: Promise<Pipeline>[] = []
    for (const i of slowestFirst(program.dispatches)) {
      const code = printDispatch(program.dispatches[i]!, program)
      codes[i] = { ...code, source: renameLoops(code.source) }
      compiling[i] = pipelines.get(codes[i])
      compiling[i].catch(() => undefined) // reported below, when all are under way
      await Promise.resolve() // browsers pass on what was asked for between microtasks: the device compiles while the next one is printed
    }
    const slots = slotBuffers(program)
    const compiled = await Promise.all(compiling)
    await pool.settled()
    check()
    const bindGroups = new WeakMap<Bindings, GPUBindGroup[]>()
    const stride = rowStride(program)

    const resource = (key: BufferKey, bindings: Bindings): GPUBuffer => {
      switch (key.space) {
        case 'group': {
          const index = program.placements.findIndex((placement) => placement.group === key.group)
          return own(bindings.inputs[index]!.buffer).gpu
        }
        case 'output':
          return own(bindings.outputs[key.index]!.buffer).gpu
        case 'temporary':
          return slots[key.slot]!.gpu
        case 'ring':
          return own(bindings.ring!).gpu
      }
    }
    const groupsFor = (bindings: Bindings): GPUBindGroup[] => {
      const known = bindGroups.get(bindings)
      if (known !== undefined) return known
      const made = codes.map((code, i) => {
        const entries: GPUBindGroupEntry[] = code.buffers.map(({ key }, j) => ({
          binding: j + 1,
          resource: { buffer: resource(key, bindings) },
        }))
        entries.unshift({ binding: 0, resource: { buffer: rows.buffer, size: stride } })
        return device.createBindGroup({ layout: compiled[i]!.layout, entries })
      })
      bindGroups.set(bindings, made)
      return made
    }

    return {
      program,
      sources: () => codes.map((code) => code.source),
      run: (bindings, given) => {
        const groups = groupsFor(bindings)
        for (const row of given) {
          let offset = rows.append(program, row)
          if (offset === null) {
            flush()
            offset = rows.append(program, row)
          }
          if (offset === null) throw new InternalError('an argument row is larger than the argument buffer')
          encodeStep(openPass(), compiled, groups, codes, offset)
        }
      },
      profile: (bindings, row, rounds) => {
        const groups = groupsFor(bindings)
        const begin = (): number => {
          check()
          flush()
          const offset = rows.append(program, row)
          if (offset === null) throw new InternalError('an argument row is larger than the argument buffer')
          rows.upload()
          return offset
        }
        const encode = (to: GPUComputePassEncoder, i: number, repeats: number, offset: number): void => {
          to.setPipeline(compiled[i]!.pipeline)
          to.setBindGroup(0, groups[i]!, [offset])
          for (let repeat = 0; repeat < repeats; repeat++) to.dispatchWorkgroups(...codes[i]!.groups)
        }
        return profileDispatches(device, { count: codes.length, begin, encode }, rounds)
      },
    }
  }

  /** Staging buffers of small read-backs are used again: a ring is read at every submit. */
  const freeStaging = new Map<number, GPUBuffer[]>()
  const keepStaging = (staging: GPUBuffer): void => {
    if (staging.size > KEPT_STAGING_BYTES) {
      staging.destroy()
      return
    }
    staging.unmap()
    freeStaging.set(staging.size, [...(freeStaging.get(staging.size) ?? []), staging])
  }

  const createStaging = (bytes: number): GPUBuffer =>
    device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })

  const read: Backend['read'] = async (place, aval) => {
    // no wait where there is nothing to wait for: the copy stands right behind what was encoded so far
    if (pool.unsettled()) await pool.settled()
    const bytes = deviceBytes(aval)
    const staging = freeStaging.get(bytes)?.pop() ?? createStaging(bytes)
    const target = openEncoder()
    closePass()
    target.copyBufferToBuffer(own(place.buffer).gpu, place.offset, staging, 0, bytes)
    flush()
    try {
      await staging.mapAsync(GPUMapMode.READ)
    } catch (error) {
      check()
      throw new DeviceError(`a read-back failed: ${String(error)}`)
    }
    const data = fromDeviceBytes(aval, staging.getMappedRange())
    keepStaging(staging)
    check()
    return data
  }

  const backend: Backend = {
    kind: 'webgpu',
    name: description.name,
    info: description.info,
    target: targetOf(device, description, facts),
    maxBufferBytes: pool.largest,
    memory: pool.memory,
    allocate: (bytes) => {
      check()
      return pool.allocate(bytes)
    },
    free: (buffer) => {
      if (disposed || lost !== null) return
      pool.free(own(buffer))
    },
    write: ({ buffer, offset }, aval, data) => {
      flush()
      check()
      device.queue.writeBuffer(own(buffer).gpu, offset, toDeviceBytes(aval.dtype, data))
    },
    copy: (from, to, bytes) => {
      const target = openEncoder()
      closePass()
      target.copyBufferToBuffer(own(from.buffer).gpu, from.offset, own(to.buffer).gpu, to.offset, bytes)
    },
    read,
    reserveReads: (aval, count) => {
      const bytes = deviceBytes(aval)
      const kept = freeStaging.get(bytes) ?? []
      while (bytes <= KEPT_STAGING_BYTES && kept.length < count) kept.push(createStaging(bytes))
      freeStaging.set(bytes, kept)
    },
    prepare,
    stopwatch: () => {
      closePass()
      return clock.start()
    },
    flush,
    idle: async () => {
      flush()
      await pool.settled()
      await device.queue.onSubmittedWorkDone()
      check()
    },
    dispose: () => {
      disposed = true
      device.destroy()
    },
  }
  return { ...backend, tune: createTuner(backend, facts) }
}

function encodeStep(
  pass: GPUComputePassEncoder,
  compiled: readonly Pipeline[],
  groups: readonly GPUBindGroup[],
  codes: readonly { readonly groups: readonly [number, number] }[],
  offset: number,
): void {
  const offsets = [offset]
  for (let i = 0; i < compiled.length; i++) {
    pass.setPipeline(compiled[i]!.pipeline)
    pass.setBindGroup(0, groups[i]!, offsets)
    const [x, y] = codes[i]!.groups
    pass.dispatchWorkgroups(x, y)
  }
}
