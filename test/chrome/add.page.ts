// Runs in the page: WebGPU by hand, without the engine. It shows that the browser under test has what the engine needs.

/** What the page's WebGPU adapter says about itself; null where there is none. */
export async function describeAdapter(): Promise<{ vendor: string; architecture: string; fallback: boolean } | null> {
  const adapter = await navigator.gpu?.requestAdapter()
  if (!adapter) return null
  const { vendor, architecture, isFallbackAdapter } = adapter.info
  return { vendor, architecture, fallback: isFallbackAdapter }
}

const ADD = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> sum: array<f32>;
@group(0) @binding(1) var<storage, read> term: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&sum)) {
    sum[id.x] += term[id.x];
  }
}`

/** Adds two float32 vectors on the device; `shader` replaces the right one, to see how a wrong one is reported. */
export async function addOnDevice({ a, b, shader = ADD }: { a: number[]; b: number[]; shader?: string }) {
  const adapter = await navigator.gpu.requestAdapter()
  if (!adapter) throw new Error('requestAdapter() gave no WebGPU adapter')
  const device = await adapter.requestDevice()
  const size = a.length * 4
  const [sum, term] = [a, b].map((values) => {
    const buffer = device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    })
    device.queue.writeBuffer(buffer, 0, new Float32Array(values))
    return buffer
  }) as [GPUBuffer, GPUBuffer]
  const readback = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ })
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: shader }), entryPoint: 'main' },
  })
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  pass.setPipeline(pipeline)
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [sum, term].map((buffer, binding) => ({ binding, resource: { buffer } })),
    }),
  )
  pass.dispatchWorkgroups(Math.ceil(a.length / 64))
  pass.end()
  encoder.copyBufferToBuffer(sum, 0, readback, 0, size)
  device.queue.submit([encoder.finish()])
  await readback.mapAsync(GPUMapMode.READ)
  const result = Array.from(new Float32Array(readback.getMappedRange()))
  device.destroy()
  return result
}
