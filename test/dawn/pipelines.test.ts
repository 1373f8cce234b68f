// How pipelines are made: asynchronously, all of a program at once, and one for kernels that are the same.

import { jit, matmul, realize, setDevice, softmax, sum, tensor, type Device, type Tensor } from 'wgrad'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

let device: Device

beforeAll(async () => {
  device = await setDevice('webgpu')
})
afterAll(async () => {
  await device.dispose()
})

test('the pipelines of a program are compiled in parallel, the same kernel once, and a program like it needs none', async () => {
  const x = tensor(Float32Array.from({ length: 48 * 48 }, (_, i) => Math.sin(i)), { shape: [48, 48] }) // prettier-ignore
  await realize(x)
  const { createComputePipelineAsync } = GPUDevice.prototype
  let [made, underWay, most] = [0, 0, 0]
  const asynchronous = vi.spyOn(GPUDevice.prototype, 'createComputePipelineAsync').mockImplementation(async function (
    this: GPUDevice,
    descriptor,
  ) {
    made++
    most = Math.max(most, ++underWay)
    const pipeline = await createComputePipelineAsync.call(this, descriptor)
    underWay--
    return pipeline
  })
  const synchronous = vi.spyOn(GPUDevice.prototype, 'createComputePipeline')
  try {
    // the same product three times over, each with its softmax; then others
    const chain = (a: Tensor): Tensor =>
      matmul(
        a,
        sum(
          [0, 1, 2].reduce((y) => softmax(matmul(y, a), -1), a),
          0,
        ),
      )
    const modules = vi.spyOn(GPUDevice.prototype, 'createShaderModule')
    await jit(chain)(x).data()
    const sources = modules.mock.calls.map(([{ code }]) => code)
    expect(new Set(sources).size).toBe(sources.length)
    expect(made).toBe(sources.length)
    expect(made).toBeGreaterThan(1)
    expect(most).toBe(made)
    await jit((a: Tensor) => chain(a))(x).data()
    expect(made).toBe(sources.length)
    expect(synchronous).not.toHaveBeenCalled()
  } finally {
    asynchronous.mockRestore()
    vi.restoreAllMocks()
  }
})
