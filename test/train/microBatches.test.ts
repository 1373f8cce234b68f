// Batches that a device cannot hold are split by the trainer: on a CPU that pretends to have small limits. The result is that of
// the same split asked for by name, bit for bit, and that of the whole batch to rounding.

import { ArgumentError, createTrainer, DeviceError, losses, metrics, nn, optim, type Trainer } from 'wgrad'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { deviceOf } from '../../src/runtime/device.ts'
import type { TrainerOptions } from '../../src/train/options.ts'

const FEATURES = 12
const CLASSES = 4
/** Bytes of the hidden layer's activations of one sample. */
const HIDDEN_BYTES = 64 * 4

/** A CPU that refuses programs with larger buffers, as a device with such a limit would. */
function smallDevice(maxBufferBytes: number) {
  const cpu = createCpuBackend()
  return deviceOf({
    ...cpu,
    maxBufferBytes,
    prepare: async (program) => {
      if (program.slots.some((bytes) => bytes > maxBufferBytes)) throw new Error('a buffer is too large')
      return cpu.prepare(program)
    },
  })
}

function split(count: number) {
  const targets = Uint8Array.from({ length: count }, (_, i) => (i * 7) % CLASSES)
  const inputs = Float32Array.from({ length: count * FEATURES }, (_, i) => Math.sin(i * 1.7) + targets[Math.floor(i / FEATURES)]! * 0.3) // prettier-ignore
  return {
    inputs: { shape: [count, FEATURES], dtype: 'float32', data: inputs },
    targets: { shape: [count], dtype: 'uint8', data: targets },
  } as const
}

const make = (more: Partial<TrainerOptions<'accuracy'>>): Promise<Trainer<'accuracy'>> =>
  createTrainer({
    model: nn.sequential([nn.dense(64), nn.relu(), nn.dense(CLASSES)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.adam({ learningRate: 0.01 }),
    data: { train: split(40), test: split(300) },
    batchSize: 24,
    metrics: { accuracy: metrics.accuracy },
    device: smallDevice(Infinity),
    ...more,
  })

/** The losses of five steps, which are more than two epochs, and the weights after them. */
async function trained(trainer: Trainer<'accuracy'>): Promise<{ losses: number[]; weights: number[] }> {
  const seen: number[] = []
  for await (const report of trainer.run({ steps: 5 })) seen.push(...report.losses)
  const weights = Object.values((await trainer.save()).state).flatMap((array) => Array.from(array.data))
  return { losses: seen, weights }
}

describe('a batch that exceeds the limits of the device', () => {
  const notes = vi.spyOn(console, 'info')
  beforeEach(() => notes.mockReset().mockImplementation(() => {}))
  afterEach(() => notes.mockReset())

  test('is split into the fewest equal micro-batches that fit, with the bits of the same split by name', async () => {
    const automatic = await make({ device: smallDevice(8 * HIDDEN_BYTES) })
    expect(automatic.microBatches).toBe(3)
    expect(notes.mock.calls.flat()).toEqual([
      expect.stringMatching(/a batch of 24 samples needs a buffer of \d+ bytes.* in 3 micro-batches of 8 samples/s),
    ])
    const named = await make({ microBatchSize: 8 })
    expect(named.microBatches).toBe(3)
    const [a, b, whole] = [await trained(automatic), await trained(named), await trained(await make({}))]
    expect(a).toEqual(b)
    a.losses.forEach((loss, i) => expect(loss).toBeCloseTo(whole.losses[i]!, 5))
    a.weights.forEach((weight, i) => expect(weight).toBeCloseTo(whole.weights[i]!, 4))
  })

  test('is not split where it fits, and nothing is said', async () => {
    const trainer = await make({ device: smallDevice(24 * HIDDEN_BYTES) })
    expect(trainer.microBatches).toBe(1)
    expect(notes).not.toHaveBeenCalled()
  })

  test('is split too where it exceeds the memory budget', async () => {
    const whole = await make({})
    const held = Number(/peak[^\d]*([\d,]+)/.exec(whole.program())?.[1]?.replaceAll(',', ''))
    expect(held).toBeGreaterThan(0)
    const trainer = await make({ memoryBudget: held - 1 })
    expect(trainer.microBatches).toBeGreaterThan(1)
    expect((await make({ memoryBudget: held })).microBatches).toBe(1)
  })

  test('is evaluated in parts that fit, with the same result', async () => {
    const [small, whole] = [await make({ device: smallDevice(30 * HIDDEN_BYTES) }), await make({})]
    const [a, b] = [await small.evaluate(), await whole.evaluate()]
    expect(a.count).toBe(300)
    expect(a.loss).toBeCloseTo(b.loss, 5)
    expect(a.metrics.accuracy).toBeCloseTo(b.metrics.accuracy, 6)
  })

  test('is refused where not even one sample fits, with what to do', async () => {
    const attempt = make({ device: smallDevice(HIDDEN_BYTES - 1) })
    await expect(attempt).rejects.toBeInstanceOf(DeviceError)
    await expect(attempt).rejects.toThrow(/even one sample at a time needs a buffer of \d+ bytes.*Use a smaller model/s)
  })

  test('is refused where the micro-batch that was asked for does not fit', async () => {
    const attempt = make({ device: smallDevice(8 * HIDDEN_BYTES), microBatchSize: 12 })
    await expect(attempt).rejects.toThrow(/a micro-batch of 12 samples needs .*Use a smaller microBatchSize/s)
    await expect(make({ memoryBudget: 0 })).rejects.toBeInstanceOf(ArgumentError)
  })
})
