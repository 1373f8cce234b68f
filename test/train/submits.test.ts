// Submits of a trainer, on a device that answers like a GPU: the CPU's results, but read-backs that come when the test says so, and
// a clock that is the test's. How many steps go together, what is never waited for, and that no step is lost on the way.

import { ArgumentError, createTrainer, losses, metrics, nn, optim, type Trainer } from 'wgrad'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { deviceOf, type RuntimeDevice } from '../../src/runtime/device.ts'
import type { TrainerOptions } from '../../src/train/options.ts'

const hostTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Machine {
  readonly device: RuntimeDevice
  /** Steps encoded so far, and how many of them went with each submit. */
  readonly steps: () => number
  readonly submits: number[]
  /** Answers all read-backs asked for so far. */
  readonly poll: () => void
}

/** A device whose steps take `perStep` milliseconds of the test's clock; with `polled`, read-backs wait for `poll`. */
function machine({
  perStep = 0,
  polled = false,
  prepare,
}: { perStep?: number; polled?: boolean; prepare?: (backend: Backend) => Backend['prepare'] } = {}): Machine {
  // prettier-ignore
  const cpu = createCpuBackend()
  let [steps, sent] = [0, 0]
  const submits: number[] = []
  let waiting: (() => void)[] = []
  const backend: Backend = {
    ...cpu,
    kind: 'webgpu',
    prepare: async (program) => {
      const executable = await (prepare?.(cpu) ?? cpu.prepare)(program)
      return {
        ...executable,
        run: (bindings, rows) => {
          executable.run(bindings, rows)
          if (program.ringColumns === 0) return
          steps += rows.length
          vi.advanceTimersByTime(perStep * rows.length)
        },
      }
    },
    read: async (place, aval) => {
      const data = await cpu.read(place, aval)
      if (aval.shape.length === 2 && steps > sent) {
        submits.push(steps - sent)
        sent = steps
      }
      if (polled) await new Promise<void>((resolve) => waiting.push(resolve))
      return data
    },
  }
  return {
    device: deviceOf(backend),
    steps: () => steps,
    submits,
    poll: () => {
      const due = waiting
      waiting = []
      for (const answer of due) answer()
    },
  }
}

function split(count: number) {
  return {
    inputs: { shape: [count, 3], dtype: 'float32', data: Float32Array.from({ length: count * 3 }, (_, i) => Math.sin(i)) },
    targets: { shape: [count], dtype: 'uint8', data: Uint8Array.from({ length: count }, (_, i) => i % 2) },
  } as const // prettier-ignore
}

const make = (device: RuntimeDevice, more: Partial<TrainerOptions<'accuracy'>> = {}): Promise<Trainer<'accuracy'>> =>
  createTrainer({
    model: nn.dense(2),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.sgd({ learningRate: 0.1 }),
    data: { train: split(4000), test: split(10) },
    batchSize: 2,
    metrics: { accuracy: metrics.accuracy },
    device,
    ...more,
  })

/** A share of the read-back belongs to no step, so that the estimate is a little off. */
const nearly = (budget: number, steps: number): boolean => Math.abs(steps - budget) <= 0.15 * budget

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

async function lossesOf(trainer: Trainer<'accuracy'>, steps: number, reportEvery?: number): Promise<number[]> {
  const seen: number[] = []
  for await (const report of trainer.run({ steps, ...(reportEvery === undefined ? {} : { reportEvery }) })) {
    seen.push(...report.losses)
  }
  return seen
}

/** Lets 100 ms pass and polls, over and over, until `task` is done; gives how often. */
async function pollsOf(task: Promise<unknown>, { poll }: Machine): Promise<number> {
  let [polls, done] = [0, false]
  const finished = task.then(() => {
    done = true
  })
  while (!done && polls < 500) {
    for (let turn = 0; turn < 20; turn++) await hostTurn()
    vi.advanceTimersByTime(100)
    poll()
    polls++
  }
  await finished
  return polls
}

describe('the steps of a submit', () => {
  test('take the time of the budget: short where a page may be looked at, long where not, changed while training', async () => {
    const { device, submits } = machine({ perStep: 1 })
    const trainer = await make(device)
    expect(trainer.visible).toBe(false)
    await lossesOf(trainer, 600)
    expect(submits.slice(0, 4)).toEqual([1, 1, 1, 2])
    expect(nearly(50, Math.max(...submits))).toBe(true)
    trainer.visible = true
    expect(trainer.visible).toBe(true)
    submits.length = 0
    await lossesOf(trainer, 60)
    expect(nearly(6, Math.max(...submits))).toBe(true)
    trainer.visible = false
    submits.length = 0
    await lossesOf(trainer, 600)
    expect(nearly(50, Math.max(...submits))).toBe(true)
  })

  test('take the time that the option names, whatever is visible', async () => {
    const { device, submits } = machine({ perStep: 1 })
    const trainer = await make(device, { submitBudget: 20 })
    await lossesOf(trainer, 300)
    expect(nearly(20, Math.max(...submits))).toBe(true)
    trainer.visible = true
    submits.length = 0
    await lossesOf(trainer, 100)
    expect(nearly(20, Math.max(...submits))).toBe(true)
    for (const submitBudget of [0, -1, 1001, Number.NaN]) {
      await expect(make(device, { submitBudget })).rejects.toBeInstanceOf(ArgumentError)
    }
  })

  test('do not wait for read-backs that come every 100 ms', async () => {
    const slow = machine({ polled: true })
    const trainer = await make(slow.device, { submitBudget: 6 })
    expect(await pollsOf(lossesOf(trainer, 1500), slow)).toBeLessThan(20)
    expect(slow.steps()).toBe(1500)
  })
})

describe('steps under way', () => {
  test('are reported once, in order, with the losses of a device that answers at once', async () => {
    const slow = machine({ polled: true })
    const trainer = await make(slow.device)
    const steps: number[] = []
    const seen: number[] = []
    const run = (async () => {
      for await (const report of trainer.run({ epochs: 2, reportEvery: 150 })) {
        expect(report.samples).toBe(2 * report.step)
        steps.push(report.step)
        seen.push(...report.losses)
      }
    })()
    await pollsOf(run, slow)
    expect(steps.length).toBeGreaterThan(3)
    expect(steps.at(-1)).toBe(4000)
    expect(seen).toEqual(await lossesOf(await make(deviceOf(createCpuBackend())), 4000))
  })

  test('have landed before anything else is done: a checkpoint between two reports goes on exactly', async () => {
    const slow = machine({ polled: true })
    const trainer = await make(slow.device)
    const seen: number[] = []
    let saved: Awaited<ReturnType<typeof trainer.save>> | null = null
    const run = (async () => {
      for await (const report of trainer.run({ steps: 300, reportEvery: 0 })) {
        seen.push(...report.losses)
        if (saved === null && report.step > 20) saved = await trainer.save()
      }
    })()
    await pollsOf(run, slow)
    const other = await make(deviceOf(createCpuBackend()))
    await other.load(saved!)
    const first = (await other.step()).step
    expect(first).toBeLessThan(300)
    const rest = await lossesOf(other, 300 - first)
    expect(rest).toEqual(seen.slice(first))
  })

  test('end when the loop is left, and a later run reports its own steps only', async () => {
    const slow = machine({ polled: true })
    const trainer = await make(slow.device)
    const left = (async () => {
      for await (const report of trainer.run({ steps: 1000, reportEvery: 0 })) if (report.step > 30) break
      return slow.steps()
    })()
    await pollsOf(left, slow)
    const before = await left
    expect(before).toBeLessThan(1000)
    const seen = lossesOf(trainer, 40)
    await pollsOf(seen, slow)
    expect(await seen).toHaveLength(40)
    expect(slow.steps()).toBe(before + 40)
  })
})

test('the program of the partial last batch is compiled while other steps run, and waited for by its own step only', async () => {
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  let programs = 0
  const { device } = machine({
    prepare: (cpu) => async (program) => {
      if (program.ringColumns > 0 && ++programs === 2) await gate
      return cpu.prepare(program)
    },
  })
  const trainer = await make(device, { data: { train: split(9) } })
  expect(programs).toBe(1)
  for (let i = 1; i <= 4; i++) expect((await trainer.step()).step).toBe(i)
  expect(programs).toBe(2)
  let ended = false
  const last = trainer.step().then((report) => {
    ended = true
    return report
  })
  for (let turn = 0; turn < 20; turn++) await hostTurn()
  expect(ended).toBe(false)
  open()
  expect((await last).samples).toBe(9)
})
