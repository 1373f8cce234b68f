// Threads of the CPU backend: every chunk of every item is done once, by some thread, in order of the items; the bits do not depend on
// how many threads there are; a helper that fails is reported.

import { createTrainer, data, losses, metrics, nn, optim, setDevice } from 'wgrad'
import { afterEach, describe, expect, test } from 'vitest'
import type { ArgumentRow } from '../../../src/backend/backend.ts'
import type { SharedKernel, SharedView } from '../../../src/backend/cpu/helper.ts'
import { startTeam, type Team } from '../../../src/backend/cpu/team.ts'

const ITEMS = 40
const UNITS = 64

let team: Team | null = null

afterEach(() => {
  team?.stop()
  team = null
})

const counts = new Int32Array(new SharedArrayBuffer(4 * UNITS * 2))
const view: SharedView = { data: counts.buffer, dtype: 'int32', offset: 0, length: UNITS * 2, ringColumns: 0 }
const busy = (milliseconds: number): void => {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** Adds 1 to its units and notes behind them that a helper did; `then` is what it does next. */
const kernelOf = (then: string): SharedKernel => ({
  kind: 'javascript',
  text: `return (arrays, args, scratch, from, to) => {
    for (let i = from; i < to; i++) { Atomics.add(arrays[0], i, args[0]); Atomics.store(arrays[0], ${UNITS} + i, 1) }
    ${then}
  }`,
  args: [0],
  units: UNITS,
  chunks: 16,
})

describe('a team', () => {
  test('does every unit of every item once, helpers among them', async () => {
    team = startTeam(2, null)!
    const kernels = [kernelOf(''), { ...kernelOf(''), chunks: 1 }, kernelOf('')]
    const program = team.program(kernels, 1, null)
    const binding = team.bind(kernels.map(() => [view]))
    let [expected, own] = [0, 0]
    for (let run = 0; run < 60; run++) {
      const rows = Array.from({ length: ITEMS / 4 }, (_, i): ArgumentRow => ({ values: [1 + (i % 3)], ringRow: 0 }))
      let seen = -1
      team.run(program, binding, kernels, rows, (kernel, row, from, to) => {
        const item = rows.indexOf(row) * kernels.length + kernel
        expect(item).toBeGreaterThanOrEqual(seen)
        seen = item
        for (let i = from; i < to; i++) Atomics.add(counts, i, row.values[0]!)
        own += to - from
        if (run % 2 === 0) busy(0.02)
      })
      expected += rows.reduce((total, row) => total + kernels.length * row.values[0]!, 0)
      expect([...new Set(counts.subarray(0, UNITS))]).toEqual([expected])
      if (run === 20) await new Promise((resolve) => setTimeout(resolve, 100)) // helpers wait for messages in between
    }
    // two helpers that do nothing would leave all to this thread
    expect(own).toBeLessThan(60 * (ITEMS / 4) * kernels.length * UNITS)
    expect(counts.subarray(UNITS)).toContain(1)
  })

  test('reports a helper that failed', async () => {
    team = startTeam(1, null)!
    const kernels = [kernelOf("throw new Error('a fault')")]
    const program = team.program(kernels, 1, null)
    const binding = team.bind([[view]])
    const rows = [{ values: [1], ringRow: 0 }]
    const run = (): void => team!.run(program, binding, kernels, rows, () => busy(5))
    await expect(
      (async () => {
        for (let i = 0; i < 50; i++) {
          run()
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      })(),
    ).rejects.toThrow('a helper thread failed in a kernel')
  })
})

/** Weights after steps with a learning rate that changes, on so many threads. */
async function train(threads: number, convolutions: boolean): Promise<number[][]> {
  const device = await setDevice('cpu', { threads })
  const digits = await data.digits({ trainCount: 500, testCount: 100 })
  const { inputs } = digits.train
  const layers = convolutions
    ? [nn.conv2d(8, 3, { padding: 'same' }), nn.relu(), nn.maxPool2d(2), nn.flatten(), nn.dense(10)]
    : [nn.flatten(), nn.dense(128), nn.relu(), nn.layerNorm(), nn.dense(10)]
  const trainer = await createTrainer({
    model: nn.sequential(layers),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.adam({ learningRate: optim.schedules.exponentialDecay({ rate: 0.01, factor: 0.5, every: 4 }) }),
    metrics: { accuracy: metrics.accuracy },
    data: convolutions
      ? { ...digits, train: { ...digits.train, inputs: { ...inputs, shape: [...inputs.shape, 1] } } }
      : digits,
    batchSize: 96,
    device,
  })
  for await (const report of trainer.run({ epochs: 2 })) void report
  const { state } = await trainer.save()
  await trainer.dispose()
  await device.dispose()
  return Object.values(state).map((array) => Array.from(array.data))
}

test.each([false, true])('any number of threads trains to the same bits (convolutions: %s)', async (convolutions) => {
  const one = await train(1, convolutions)
  expect(await train(2, convolutions)).toEqual(one)
  expect(await train(5, convolutions)).toEqual(one)
})

test('a number of threads is checked', async () => {
  await expect(setDevice('cpu', { threads: 0 })).rejects.toThrow('threads must be a positive integer, got 0')
  await expect(setDevice('cpu', { threads: 1.5 })).rejects.toThrow('threads must be a positive integer, got 1.5')
  const device = await setDevice('cpu')
  await expect(setDevice(device, { threads: 2 })).rejects.toThrow('threads are chosen when a device is opened')
})
