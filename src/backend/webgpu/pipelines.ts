// Pipelines: compiled asynchronously and in parallel, identical ones once, with explicit layouts so that a dynamic offset
// selects the argument row.

import { DeviceError } from '../../core/errors.ts'
import type { DispatchCode } from './wgsl.ts'

/** A compiled dispatch. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** Compiled dispatches by their source. */
export interface PipelineCache {
  /** @throws DeviceError with the compiler's message and the line when the code is refused. */
  readonly get: (code: DispatchCode) => Promise<Pipeline>
}

/** A cache on a device. */
export function createPipelineCache(device: GPUDevice): PipelineCache {
  const pipelines = new Map<string, Promise<Pipeline>>()

  const compile = async (code: DispatchCode): Promise<Pipeline> => {
    const entries: GPUBindGroupLayoutEntry[] = code.buffers.map(({ writable }, i) => ({
      binding: i + 1,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: writable ? 'storage' : 'read-only-storage' },
    }))
    entries.unshift({
      binding: 0,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: 'uniform', hasDynamicOffset: true },
    })
    const layout = device.createBindGroupLayout({ entries })
    const module = device.createShaderModule({ code: code.source })
    try {
      const pipeline = await device.createComputePipelineAsync({
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      })
      return { pipeline, layout }
    } catch (error) {
      throw new DeviceError(`the device refused a kernel: ${await describe(module, code.source, error)}`)
    }
  }

  return {
    get: (code) => {
      const key = `${code.buffers.map(({ writable }) => Number(writable)).join('')}\n${code.source}`
      const known = pipelines.get(key)
      if (known !== undefined) return known
      const made = compile(code)
      pipelines.set(key, made)
      made.catch(() => pipelines.delete(key))
      return made
    },
  }
}

async function describe(module: GPUShaderModule, source: string, error: unknown): Promise<string> {
  const { messages } = await module.getCompilationInfo()
  const first = messages.find((message) => message.type === 'error')
  if (first === undefined) return error instanceof Error ? error.message : String(error)
  return `${first.message} at line ${first.lineNum}: ${source.split('\n')[first.lineNum - 1] ?? ''}`
}
