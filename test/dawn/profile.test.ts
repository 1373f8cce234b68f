// Profiling and the memory report on WebGPU: the device's timestamps, the host's clock where there are none, the memory that the
// device counts, and training that goes on as if nobody had looked.

import { createTrainer, type Device, losses, metrics, nn, optim, setDevice } from 'wgrad'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nextRepeats, resolutionOf } from '../../src/backend/webgpu/profile.ts'
import { imageSamples } from '../train/images.ts'
import { profiledBetweenSteps, traceProblems } from '../train/profiled.ts'

let device: Device
const opened: Device[] = []

const open = async (): Promise<Device> => {
  const made = await setDevice('webgpu')
  opened.push(made)
  return made
}

beforeAll(async () => {
  device = await open()
})
afterAll(async () => {
  for (const one of opened) await one.dispose()
})

const make = (more: { readonly microBatchSize?: number; readonly device?: Device } = {}) =>
  createTrainer({
    model: nn.sequential([nn.flatten(), nn.dense(32), nn.relu(), nn.dropout(0.2), nn.dense(4)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.adam({ learningRate: 0.01 }),
    data: { train: imageSamples(100), test: imageSamples(40) },
    batchSize: 20,
    metrics: { accuracy: metrics.accuracy },
    device,
    ...more,
  })

/** Opens a device as an adapter without timestamps would give it. */
async function openWithoutTimestamps(): Promise<Device> {
  const request = GPUAdapter.prototype.requestDevice
  GPUAdapter.prototype.requestDevice = function (descriptor = {}) {
    const requiredFeatures = [...(descriptor.requiredFeatures ?? [])].filter((name) => name !== 'timestamp-query')
    return request.call(this, { ...descriptor, requiredFeatures })
  }
  try {
    return await open()
  } finally {
    GPUAdapter.prototype.requestDevice = request
  }
}

describe('profiling leaves training as it was, bit for bit', () => {
  test.each([
    ['a whole batch', {}],
    ['micro-batches', { microBatchSize: 5 }],
  ])('%s', async (_, more) => {
    const { plain, profiled } = await profiledBetweenSteps(() => make(more))
    expect(profiled).toEqual(plain)
  })
})

test("every dispatch is timed by the device's timestamps, with its WGSL and its nodes", async () => {
  const trainer = await make()
  const profile = await trainer.profile({ steps: 3 })
  expect(profile.dispatches).toHaveLength(trainer.dispatchesPerStep)
  for (const one of profile.dispatches) {
    expect(one.clock).toBe('device')
    expect(one.milliseconds).toBeGreaterThan(0)
    expect(one.source).toContain('@compute')
    expect(one.kernels.flatMap(({ nodes }) => nodes).length).toBeGreaterThan(0)
  }
  expect(traceProblems(profile)).toEqual([])
  expect(String(profile)).toContain("Timed by the device's timestamps")
  await trainer.dispose()
})

test('without timestamps the host times repeated dispatches, and leaves training as it was', async () => {
  const plain = await openWithoutTimestamps()
  const trainer = await make({ device: plain })
  await trainer.step()
  const { state } = await trainer.save()
  const { dispatches } = await trainer.profile({ steps: 1 })
  expect((await trainer.save()).state).toEqual(state)
  for (const { clock, milliseconds, repeats } of dispatches) {
    expect(clock).toBe('host')
    expect(milliseconds).toBeGreaterThan(0)
    expect(repeats).toBeGreaterThanOrEqual(1)
  }
})

test('the memory report is what the device counts', async () => {
  const fresh = await open()
  const trainer = await make({ device: fresh })
  await fresh.idle()
  expect(trainer.memory().total).toBe(fresh.memory().bytes)
  await trainer.step()
  await trainer.evaluate()
  expect(trainer.memory().total).toBe(fresh.memory().bytes)
  await trainer.profile({ steps: 1 })
  expect(trainer.memory().total).toBe(fresh.memory().bytes)
  await trainer.dispose()
})

describe('a coarse clock', () => {
  test('shows its step', () => {
    expect(resolutionOf([5_000n, 105_000n, 405_000n, 505_000n])).toBe(100_000)
    expect(resolutionOf([7n, 10n, 12n])).toBe(1)
    expect(resolutionOf([3n, 3n])).toBe(0)
    expect(resolutionOf([])).toBe(0)
  })

  test('asks for repetition until a time is twenty steps long', () => {
    expect(nextRepeats(2_000_000, 1, 100_000)).toBe(1)
    expect(nextRepeats(2_000_000, 8, 100_000)).toBe(8)
    expect(nextRepeats(1_000_000, 10, 100_000)).toBe(24)
    expect(nextRepeats(0, 1, 100_000)).toBe(16)
    expect(nextRepeats(500, 1, 1)).toBe(1)
    expect(nextRepeats(0, 1 << 14, 100_000)).toBe(1 << 14)
  })
})
