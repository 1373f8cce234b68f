// trainer.profile() on the CPU: its figures, its trace, and that training goes on as if it had not been called.

import { ArgumentError, createTrainer, type Device, losses, metrics, nn, optim, setDevice } from 'wgrad'
import { beforeAll, describe, expect, test } from 'vitest'
import { imageSamples } from './images.ts'
import { profiledBetweenSteps, traceProblems } from './profiled.ts'

let device: Device

beforeAll(async () => {
  device = await setDevice('cpu')
})

const make = (more: { readonly microBatchSize?: number } = {}) =>
  createTrainer({
    model: nn.sequential([nn.flatten(), nn.dense(16), nn.relu(), nn.batchNorm(), nn.dropout(0.2), nn.dense(4)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.adam({ learningRate: 0.01 }),
    data: { train: imageSamples(100), test: imageSamples(40) },
    batchSize: 20,
    metrics: { accuracy: metrics.accuracy },
    device,
    ...more,
  })

describe('profiling leaves training as it was', () => {
  test.each([
    ['a whole batch', {}],
    ['micro-batches, which add up gradients', { microBatchSize: 5 }],
  ])('%s', async (_, more) => {
    const { plain, profiled } = await profiledBetweenSteps(() => make(more))
    expect(profiled).toEqual(plain)
  })

  test('also before the first step, and while a run goes on', async () => {
    const trainer = await make()
    const seen: number[] = []
    const other = await make()
    const expected: number[] = []
    for await (const report of other.run({ steps: 12, reportEvery: 0 })) expected.push(...report.losses)
    await trainer.profile({ steps: 1 })
    let profiling: Promise<unknown> | null = null
    for await (const report of trainer.run({ steps: 12, reportEvery: 0 })) {
      seen.push(...report.losses)
      profiling ??= trainer.profile({ steps: 1 })
    }
    await profiling
    expect(seen).toEqual(expected)
  })

  test('and gives its memory back', async () => {
    const trainer = await make()
    await device.idle()
    const { bytes, buffers } = device.memory()
    await trainer.profile({ steps: 1 })
    expect(device.memory()).toMatchObject({ bytes, buffers })
  })
})

describe('the profile', () => {
  test('has every dispatch of the step with its cost, code and nodes', async () => {
    const trainer = await make()
    const { dispatches, ...profile } = await trainer.profile({ steps: 2 })
    expect(dispatches).toHaveLength(trainer.dispatchesPerStep)
    expect(profile.batchSize).toBe(20)
    expect(profile.samplesPerSecond).toBeCloseTo(20_000 / profile.stepMilliseconds, 6)
    for (const one of dispatches) {
      expect(one.milliseconds).toBeGreaterThan(0)
      expect(one.leastMilliseconds).toBeLessThanOrEqual(one.milliseconds)
      expect(one.intensity).toBeCloseTo(one.flops / one.bytes, 9)
      expect(one.source).toContain('$x0')
      expect(one.kernels.every(({ nodes, writes }) => nodes.length > 0 && writes.length > 0)).toBe(true)
      const { flopsPerSecond, bytesPerSecond } = profile.roofline
      const least = Math.max(one.flops / flopsPerSecond, one.bytes / bytesPerSecond)
      expect(one.share).toBeCloseTo((1000 * least) / one.milliseconds, 9)
      expect(one.bound).toBe(one.flops / flopsPerSecond > one.bytes / bytesPerSecond ? 'compute' : 'memory')
    }
    const nodes = dispatches.flatMap(({ kernels }) => kernels.flatMap((kernel) => kernel.nodes))
    expect(nodes).toContainEqual({
      operation: 'matmul',
      inputs: ['float32[20, 36]', 'float32[36, 16]'],
      output: 'float32[20, 16]',
    })
    const writes = dispatches.flatMap(({ kernels }) => kernels.flatMap((kernel) => kernel.writes))
    expect(writes).toContain('new state.params[1].kernel float32[36, 16]')
    expect(writes).toContain('loss float32[]')
    // forward, and the weight gradient, of the first layer: what a multiply-add each comes to
    expect(dispatches.reduce((sum, { flops }) => sum + flops, 0)).toBeGreaterThan(2 * 2 * 20 * 36 * 16)
  })

  test('counts how often micro-batches run a program, and sums up what they take', async () => {
    const trainer = await make({ microBatchSize: 5 })
    const profile = await trainer.profile({ steps: 1 })
    expect(new Set(profile.dispatches.map(({ timesPerStep }) => timesPerStep))).toEqual(new Set([4, 1]))
    const runs = profile.dispatches.reduce((sum, { timesPerStep }) => sum + timesPerStep, 0)
    expect(runs).toBe(trainer.dispatchesPerStep)
    const total = profile.dispatches.reduce((sum, one) => sum + one.timesPerStep * one.milliseconds, 0)
    expect(profile.dispatchMilliseconds).toBeCloseTo(total, 9)
  })

  test('measures what the device can do once', async () => {
    const [first, second] = [await make(), await make()]
    const { roofline } = await first.profile({ steps: 1 })
    expect((await second.profile({ steps: 1 })).roofline).toBe(roofline)
    expect(roofline.flopsPerSecond).toBeGreaterThan(0)
    expect(roofline.bytesPerSecond).toBeGreaterThan(0)
  })

  test.each([0, -1, 1.5, Number.NaN])('refuses steps: %s', async (steps) => {
    const trainer = await make()
    await expect(trainer.profile({ steps })).rejects.toThrow(ArgumentError)
    await expect(trainer.profile({ steps })).rejects.toThrow('steps must be an integer of at least 1')
  })

  test('prints a line for every kernel', async () => {
    const trainer = await make()
    const profile = await trainer.profile({ steps: 1 })
    const lines = String(profile).split('\n')
    expect(lines[0]).toBe('a step of 20 samples on cpu, CPU (WebAssembly SIMD)')
    expect(lines[2]).toMatch(/^roofline .*FLOP\/s \(matrix product\), .*B\/s \(copy\)$/)
    const from = lines.findIndex((line) => line.startsWith('#'))
    const rows = lines.slice(from + 1, lines.indexOf('', from))
    expect(rows).toHaveLength(profile.dispatches.flatMap(({ kernels }) => kernels).length)
    expect(rows[0]).toMatch(/^0 +\S+ (µs|ms) +\d+\.\d % .*FLOP\/s .*B\/s .* % [cm] {2}\S/)
    expect(rows.join('\n')).toMatch(/contraction \[36, 20\] x \[20, 16\]: .*matmul/)
  })

  test('is a Chrome trace: spans that do not overlap, as long as the dispatches', async () => {
    const trainer = await make({ microBatchSize: 5 })
    const profile = await trainer.profile({ steps: 1 })
    expect(traceProblems(profile)).toEqual([])
  })
})
