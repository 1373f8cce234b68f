// trainer.memory() against what the device counts: CPU here, WebGPU in test/dawn/profile.test.ts.

import { createTrainer, type Device, losses, nn, optim, setDevice, type TrainerOptions } from 'wgrad'
import { beforeEach, describe, expect, test } from 'vitest'
import { deviceBytes } from '../../src/compiler/memory.ts'
import { imageSamples } from './images.ts'

let device: Device

beforeEach(async () => {
  device = await setDevice('cpu')
})

const options = (more: Partial<TrainerOptions> = {}): TrainerOptions => ({
  model: nn.sequential([nn.flatten(), nn.dense(16), nn.relu(), nn.dense(4)]),
  loss: losses.softmaxCrossEntropy,
  optimizer: optim.adam({ learningRate: 0.01 }),
  data: { train: imageSamples(100), test: imageSamples(40) },
  batchSize: 16,
  device,
  ...more,
})

describe('the memory report', () => {
  test.each<[string, Partial<TrainerOptions>]>([
    ['a network with a smaller last batch', {}],
    ['SGD, whose optimizer has no state', { optimizer: optim.sgd({ learningRate: 0.1 }) }],
    ['layers with running statistics', { model: nn.sequential([nn.flatten(), nn.batchNorm(), nn.dense(4)]) }],
    ['micro-batches', { microBatchSize: 4, batchSize: 20 }],
    ['a model larger than its data', { model: nn.sequential([nn.flatten(), nn.dense(400), nn.dense(4)]) }],
  ])(
    'is what the device counts, before the first step, after training and after an evaluation: %s',
    async (_, more) => {
      const trainer = await createTrainer(options(more))
      await device.idle()
      const before = trainer.memory()
      expect(before.total).toBe(device.memory().bytes)
      expect(before.peak).toBe(device.memory().peakBytes)
      for await (const report of trainer.run({ epochs: 1 })) void report
      await device.idle()
      const trained = trainer.memory() // with the slots of the last, smaller batch, which is compiled later
      expect(trained.total).toBe(device.memory().bytes)
      expect({ ...trained, total: 0, peak: 0, activations: 0, toString: 0 }).toEqual({ ...before, total: 0, peak: 0, activations: 0, toString: 0 }) // prettier-ignore
      await trainer.evaluate()
      expect(trainer.memory().dataset).toBe(before.dataset + 40 * 36 + 48)
      expect(trainer.memory().total).toBe(device.memory().bytes)
      expect(trainer.memory().peak).toBe(device.memory().peakBytes)
      await trainer.dispose()
    },
  )

  test('has every part in its place', async () => {
    const arena = (...shapes: number[][]): number =>
      shapes.reduce((sum, shape) => sum + Math.ceil(deviceBytes({ shape, dtype: 'float32' }) / 256) * 256, 0)
    const trainer = await createTrainer(options({ microBatchSize: 4, batchSize: 20 }))
    const memory = trainer.memory()
    const parameters = arena([36, 16], [16], [16, 4], [4])
    expect(memory.parameters).toBe(parameters)
    expect(memory.optimizerState).toBeGreaterThanOrEqual(2 * parameters)
    expect(memory.modelState).toBe(0)
    expect(memory.accumulators).toBe(parameters + arena([]))
    expect(memory.dataset).toBe(100 * 36 + 112 + 400) // images, labels to a multiple of 16, the order
    expect(memory.ring).toBe(2048 * 4)
    const { parameters: _, optimizerState, modelState, accumulators, dataset, activations, ring, total } = memory
    expect(total).toBe(parameters + optimizerState + modelState + accumulators + dataset + activations + ring)
    await trainer.dispose()
    expect(device.memory().bytes).toBe(activations) // slots are the device's, for all programs
  })

  test('prints a table', async () => {
    const trainer = await createTrainer(options())
    const text = String(trainer.memory())
    expect(text).toMatch(/^memory +share$/m)
    expect(text).toMatch(/^parameters +\S+ k?B +\d+\.\d % +660 values$/m)
    expect(text).toMatch(/^activations +\S+ k?B +\d+\.\d %$/m)
    expect(text).toMatch(/^peak +\S+ [kM]B$/m)
    expect(text).not.toContain('model state')
    await trainer.dispose()
  })
})
