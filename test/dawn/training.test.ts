// Training on WebGPU in Node: PyTorch's losses, repeatable bits, constant memory, few dispatches, several steps per submit.

import { createTrainer, data, losses, metrics, nn, optim, setDevice, type Device, type Trainer } from 'wgrad'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kerasMlpGolden } from '../goldens/read.ts'
import { followGolden, goldenTrainer } from '../train/parity.ts'

let device: Device

beforeAll(async () => {
  device = await setDevice('webgpu')
})
afterAll(async () => {
  await device.dispose()
})

const weightsOf = async (trainer: Trainer): Promise<number[]> =>
  Object.values((await trainer.save()).state).flatMap((array) => Array.from(array.data))

test("training on WebGPU follows PyTorch's losses for 200 steps (SGD), and those of Adam", async () => {
  for (const name of ['sgd', 'adam'] as const) {
    const result = await followGolden(name, device)
    expect(result.steps).toBe(kerasMlpGolden().runs[name].steps)
    expect(result.losses).toBeLessThan(1e-5)
    expect(result.evaluation).toBeLessThan(1e-5)
  }
})

test('the same seed gives the same weights bit for bit', async () => {
  const run = async (): Promise<number[]> => {
    const trainer = await goldenTrainer(kerasMlpGolden().runs.momentum, device)
    for await (const report of trainer.run({ steps: 20 })) void report
    const weights = await weightsOf(trainer)
    await trainer.dispose()
    return weights
  }
  expect(await run()).toEqual(await run())
})

/** Counts what a run does to the device. */
function countCalls(): {
  readonly buffers: () => number
  readonly dispatches: () => number
  readonly submits: () => number
  readonly restore: () => void
} {
  let [buffers, dispatches, submits] = [0, 0, 0]
  const [create, destroy] = [GPUDevice.prototype.createBuffer, GPUBuffer.prototype.destroy]
  const [dispatch, submit] = [GPUComputePassEncoder.prototype.dispatchWorkgroups, GPUQueue.prototype.submit]
  const destroyed = new WeakSet<GPUBuffer>()
  GPUDevice.prototype.createBuffer = function (descriptor) {
    buffers++
    return create.call(this, descriptor)
  }
  GPUBuffer.prototype.destroy = function () {
    if (!destroyed.has(this)) buffers--
    destroyed.add(this)
    return destroy.call(this)
  }
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...groups) {
    dispatches++
    return dispatch.apply(this, groups)
  }
  GPUQueue.prototype.submit = function (commands) {
    submits++
    return submit.call(this, commands)
  }
  return {
    buffers: () => buffers,
    dispatches: () => dispatches,
    submits: () => submits,
    restore: () => {
      GPUDevice.prototype.createBuffer = create
      GPUBuffer.prototype.destroy = destroy
      GPUComputePassEncoder.prototype.dispatchWorkgroups = dispatch
      GPUQueue.prototype.submit = submit
    },
  }
}

describe('an epoch of the 784-128-10 network', () => {
  const make = async (batchSize: number, trainCount: number): Promise<Trainer<'accuracy'>> =>
    createTrainer({
      model: nn.sequential([nn.flatten(), nn.dense(128), nn.relu(), nn.dense(10)]),
      loss: losses.softmaxCrossEntropy,
      optimizer: optim.sgd({ learningRate: 0.1 }),
      data: await data.digits({ trainCount, testCount: 200 }),
      batchSize,
      metrics: { accuracy: metrics.accuracy },
      device,
    })

  test('takes at most 4 dispatches a step, the partial batch included, and several steps share a submit', async () => {
    const trainer = await make(16, 1000)
    await trainer.step() // everything is compiled and the time of a step is known roughly
    for await (const report of trainer.run({ steps: 62 })) void report
    const calls = countCalls()
    let steps = 0
    for await (const report of trainer.run({ epochs: 2, reportEvery: 10_000 })) steps += report.losses.length
    calls.restore()
    expect(steps).toBe(126)
    expect(calls.dispatches() / steps).toBeLessThanOrEqual(4)
    expect(calls.submits()).toBeLessThan(steps / 2)
    await trainer.dispose()
  })

  test('2,000 steps leave the device with the buffers and bytes that it had', async () => {
    const trainer = await make(8, 256)
    for await (const report of trainer.run({ epochs: 2 })) void report
    await device.idle()
    const before = device.memory()
    const calls = countCalls()
    for await (const report of trainer.run({ steps: 2000 })) void report
    await device.idle()
    const created = calls.buffers()
    calls.restore()
    const after = device.memory()
    expect(created).toBe(0)
    expect([after.buffers, after.bytes]).toEqual([before.buffers, before.bytes])
    await trainer.dispose()
  })

  test('more steps than the argument buffer has rows for train as a few at a time do', async () => {
    const uploads: number[] = []
    const write = GPUQueue.prototype.writeBuffer
    GPUQueue.prototype.writeBuffer = function (buffer, bufferOffset, source, offset, size) {
      if (buffer.label === 'argument rows') uploads.push(size!)
      write.call(this, buffer, bufferOffset, source as ArrayBuffer, offset, size)
    }
    const train = async (submitBudget: number): Promise<number[]> => {
      const trainer = await createTrainer({
        model: nn.sequential([nn.flatten(), nn.dense(10)]),
        loss: losses.softmaxCrossEntropy,
        optimizer: optim.sgd({
          learningRate: optim.schedules.exponentialDecay({ rate: 0.1, factor: 0.9, every: 100 }),
        }),
        data: await data.digits({ trainCount: 4000, testCount: 200 }),
        batchSize: 1,
        submitBudget,
        device,
      })
      const reported: number[] = [] // read back a few rows of the ring at a time, or all of it, and round its end
      for await (const report of trainer.run({ steps: 3000 })) reported.push(...report.losses)
      const weights = await weightsOf(trainer)
      await trainer.dispose()
      expect(reported).toHaveLength(3000)
      return [...weights, ...reported]
    }
    const few = await train(1)
    const most = Math.max(...uploads)
    const many = await train(1000)
    GPUQueue.prototype.writeBuffer = write
    expect(most).toBeLessThan(1 << 15)
    expect(Math.max(...uploads)).toBe(1 << 15)
    expect(many).toEqual(few)
  })

  test('disposing a trainer gives its memory back', async () => {
    const first = await make(16, 256)
    await first.step()
    await first.evaluate()
    await first.dispose()
    const before = device.memory()
    const second = await make(16, 256)
    await second.step()
    await second.evaluate()
    await second.dispose()
    expect(device.memory().bytes).toBe(before.bytes)
  })
})
