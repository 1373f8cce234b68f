// debug.nans on WebGPU: the run's results are read back from the device, the operation is found on the CPU.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTrainer, type Device, div, jit, log, losses, mul, nn, NonFiniteError, optim, setDevice, sub, sum, tensor, type Tensor } from 'wgrad' // prettier-ignore
import { nans } from '../../src/debug/nans.ts'

let device: Device | undefined

beforeAll(async () => {
  device = await setDevice('webgpu')
})
afterEach(() => {
  nans(false)
})
afterAll(async () => {
  await device?.dispose()
})

async function failure(task: () => unknown): Promise<NonFiniteError> {
  const error = await Promise.resolve()
    .then(task)
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(NonFiniteError)
  return error as NonFiniteError
}

test('an eager value that turns infinite names its operation and line', async () => {
  expect(device?.kind).toBe('webgpu')
  nans(true)
  const error = await failure(() => sum(log(tensor([1, 0]))).item())
  expect(error.origin).toMatchObject({ operation: 'log', output: 'float32[2]' })
  expect(error.origin.location).toMatch(/test\/dawn\/nans\.test\.ts:\d+:\d+$/)
})

test('a compiled update of a donated tensor is checked at every call', async () => {
  nans(true)
  const step = jit(
    function update(w: Tensor, rate: number | Tensor) {
      return sub(w, mul(rate, div(1, w)))
    },
    { donate: [0] },
  )
  const first = step(tensor([1, 2]), 0.5)
  expect(await first.array()).toEqual([0.5, 1.75])
  const second = step(first, 0.25) // 0.5 - 0.25 / 0.5 = 0
  expect((await second.array()) as number[]).toEqual([0, expect.closeTo(1.75 - 0.25 / 1.75, 6)])
  const error = await failure(() => step(second, 1).data())
  expect(error.origin).toMatchObject({ operation: 'div', foundIn: 'the result of update' })
})

test('a training step that overflows is named by its number', async () => {
  const trainer = await createTrainer({
    model: nn.dense(1),
    loss: (p, t) => losses.meanSquaredError(p, t, { reduction: 'none' }),
    optimizer: optim.sgd({ learningRate: 1e30 }),
    data: {
      train: {
        inputs: { shape: [4, 2], dtype: 'float32', data: Float32Array.from({ length: 8 }, (_, i) => i) },
        targets: { shape: [4, 1], dtype: 'float32', data: Float32Array.from({ length: 4 }, (_, i) => i) },
      },
    },
    batchSize: 4,
  })
  nans(true)
  const error = await failure(async () => {
    for (let i = 0; i < 10; i++) await trainer.step()
  })
  expect(error.origin.foundIn).toMatch(/of training step \d+$/)
  expect(error.origin.operation).not.toBeNull()
  await trainer.dispose()
})
