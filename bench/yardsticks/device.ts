// A bare WebGPU device for the hand-written yardsticks: buffers, pipelines, and reading back, nothing else.

/** A device that throws what goes wrong on it at the next `check`. */
export interface BareDevice {
  readonly device: GPUDevice
  readonly name: string
  /** Whether shaders may use subgroups. */
  readonly subgroups: boolean
  /** A storage buffer with these contents, or of that many bytes. */
  readonly buffer: (contents: Uint8Array | Uint32Array | Float32Array | number) => GPUBuffer
  readonly pipeline: (code: string) => GPUComputePipeline
  readonly read: (buffer: GPUBuffer, offset: number, bytes: number) => Promise<ArrayBuffer>
}

/** @throws when there is no adapter. */
export async function openBareDevice(): Promise<BareDevice> {
  const adapter = await navigator.gpu?.requestAdapter()
  if (!adapter) throw new Error('there is no WebGPU adapter')
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits
  const subgroups = adapter.features.has('subgroups')
  const device = await adapter.requestDevice({
    requiredFeatures: subgroups ? ['subgroups'] : [],
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
  })
  const faults: string[] = []
  device.addEventListener('uncapturederror', ({ error }) => faults.push(error.message))
  return {
    device,
    name: 'hand-written WGSL',
    subgroups,
    buffer: (contents) => {
      const size = typeof contents === 'number' ? contents : contents.byteLength
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC
      const made = device.createBuffer({ size: Math.ceil(size / 16) * 16, usage })
      if (typeof contents !== 'number') device.queue.writeBuffer(made, 0, contents.slice())
      return made
    },
    pipeline: (code) =>
      device.createComputePipeline({ layout: 'auto', compute: { module: device.createShaderModule({ code }) } }),
    read: async (source, offset, size) => {
      const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ })
      const encoder = device.createCommandEncoder()
      encoder.copyBufferToBuffer(source, offset, staging, 0, size)
      device.queue.submit([encoder.finish()])
      await staging.mapAsync(GPUMapMode.READ)
      const copy = staging.getMappedRange().slice(0)
      staging.destroy()
      if (faults.length > 0) throw new Error(faults.join('\n'))
      return copy
    },
  }
}
