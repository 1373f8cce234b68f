// The hand-written MLP step as an engine: what a compiled step is measured against. Four dispatches a step, many steps in
// one pass, nothing on the host between them. It knows 784-128-10 with SGD and nothing else.

import type { Engine, Session, Workload } from '../engines/engine.ts'
import { weight } from '../engines/engine.ts'
import { type BareDevice, openBareDevice } from './device.ts'
import { cursorKernel, forwardKernel, layout, rowKernel, type StepSizes, updateKernel } from './mlpKernels.ts'

/** Device time per submit, as wgrad's large budget. */
const submitSeconds = 0.05
const mostSteps = 512

/** Opens the yardstick; `device` must be `webgpu`. */
export async function openYardstick(device: string, workload: Workload): Promise<Engine> {
  const { model, dataset, order } = workload
  if (device !== 'webgpu') throw new Error('the hand-written step runs on webgpu')
  if (model.kind !== 'mlp' || model.hidden.length !== 1 || model.hidden[0] !== 128)
    throw new Error('the hand-written step is of 784-128-10 only')
  const bare = await openBareDevice()
  const resident = [
    bare.buffer(new Uint8Array(dataset.inputs)),
    bare.buffer(order),
    bare.buffer(Uint32Array.from(dataset.targets)),
  ]
  return { device: bare.name, prepare: async (batchSize) => prepareStep(bare, workload, batchSize, resident) }
}

function prepareStep(bare: BareDevice, workload: Workload, batchSize: number, resident: GPUBuffer[]): Session {
  const { device } = bare
  const sizes: StepSizes = { batchSize, count: workload.order.length, learningRate: workload.optimizer.learningRate }
  const progress = bare.buffer(new Uint32Array(4))
  const own = [bare.buffer(packedParams(workload)), bare.buffer(batchSize * 67 * 16), progress]
  const buffers = [...resident, ...own]
  const layoutOfBuffers = device.createBindGroupLayout({
    entries: buffers.map((_, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: binding < 3 ? 'read-only-storage' : 'storage' },
    })),
  })
  const bindGroup = device.createBindGroup({
    layout: layoutOfBuffers,
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layoutOfBuffers] })
  const kernels = [forwardKernel, rowKernel, updateKernel, cursorKernel].map((kernel) => {
    const { code, workgroups } = kernel(sizes)
    const compute = { module: device.createShaderModule({ code }) }
    return { pipeline: device.createComputePipeline({ layout: pipelineLayout, compute }), workgroups }
  })

  function submit(steps: number): void {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setBindGroup(0, bindGroup)
    for (let step = 0; step < steps; step++) {
      for (const { pipeline, workgroups } of kernels) {
        pass.setPipeline(pipeline)
        pass.dispatchWorkgroups(workgroups)
      }
    }
    pass.end()
    device.queue.submit([encoder.finish()])
  }

  let stepsPerSubmit = 1
  return {
    async run(steps) {
      const start = performance.now()
      for (let left = steps; left > 0; left -= stepsPerSubmit) submit(Math.min(left, stepsPerSubmit))
      const result = await bare.read(progress, 0, 16)
      const secondsPerStep = (performance.now() - start) / 1000 / steps
      stepsPerSubmit = Math.min(mostSteps, Math.max(1, Math.round(submitSeconds / secondsPerStep)))
      return new Float32Array(result)[1] ?? NaN
    },
    dispose: () => own.forEach((buffer) => buffer.destroy()),
  }
}

/** All weights in one array, see `layout`; the classes padded from 10 to 12. */
function packedParams({ params }: Workload): Float32Array {
  const packed = new Float32Array(layout.params * 4)
  packed.set(weight(params, 'kernel0').data, layout.kernel0 * 4)
  packed.set(weight(params, 'bias0').data, layout.bias0 * 4)
  const rows = weight(params, 'kernel1').data
  for (let unit = 0; unit < 128; unit++) {
    packed.set(rows.subarray(unit * 10, (unit + 1) * 10), layout.kernel1 * 4 + unit * 12)
  }
  packed.set(weight(params, 'bias1').data, layout.bias1 * 4)
  return packed
}
