// Finding a WebGPU device: the adapter, all the limits that it has, and whether it is software.

import type { DeviceInfo } from '../backend.ts'
import { DeviceError } from '../../core/errors.ts'

/** What is known of an adapter. */
export interface AdapterDescription {
  readonly name: string
  readonly software: boolean
  readonly info: DeviceInfo
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const

const FEATURES = ['timestamp-query', 'subgroups', 'shader-f16'] as const

/** @throws DeviceError when there is no WebGPU, no adapter, or the adapter refuses a device. */
export async function requestDevice(gpu: GPU | null): Promise<{ adapter: GPUAdapter; device: GPUDevice }> {
  if (gpu === null) {
    throw new DeviceError(
      "there is no WebGPU here: use a browser that has it (Chrome 113 or later), in Node install the package 'webgpu', or use setDevice('cpu')",
    )
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) {
    throw new DeviceError(
      "WebGPU found no adapter: in Node without a GPU, install Chrome or Chromium (its software adapter is used), or use setDevice('cpu')",
    )
  }
  const requiredLimits: Record<string, number> = {}
  for (const limit of LIMITS) requiredLimits[limit] = adapter.limits[limit]
  const requiredFeatures = FEATURES.filter((feature) => adapter.features.has(feature))
  try {
    return { adapter, device: await adapter.requestDevice({ requiredLimits, requiredFeatures }) }
  } catch (error) {
    throw new DeviceError(`the adapter refused a device: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|warp/i

/** An adapter's name, kind and limits. */
export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info
  const text = [vendor, architecture, device, description].filter((part) => part !== '').join(' ')
  const software = isFallbackAdapter === true || SOFTWARE.test(text)
  const limits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]))
  const features = [...adapter.features].sort().join(' ')
  const info: DeviceInfo = { vendor, architecture, device, description, software, ...limits, features }
  return { name: description !== '' ? description : text === '' ? 'unknown adapter' : text, software, info }
}
