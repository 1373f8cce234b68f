// The trainer's behaviour on the CPU backend: reports, live changes, checkpoints, partial batches, and what it refuses.

import {
  ArgumentError,
  createTrainer,
  DataError,
  type HostArray,
  losses,
  metrics,
  nn,
  optim,
  setDevice,
  ShapeError,
  type TrainerOptions,
} from 'wgrad'
import { beforeAll, describe, expect, test } from 'vitest'

beforeAll(async () => {
  await setDevice('cpu')
})

const SIDE = 6
const CLASSES = 4

function samples(count: number): { inputs: HostArray; targets: HostArray } {
  const targets = Uint8Array.from({ length: count }, (_, i) => i % CLASSES)
  const inputs = Uint8Array.from(
    { length: count * SIDE },
    (_, i) => (i % SIDE === targets[Math.floor(i / SIDE)]! ? 200 : 0) + ((i * 37) % 50),
  )
  return {
    inputs: { shape: [count, SIDE], dtype: 'uint8', data: inputs },
    targets: { shape: [count], dtype: 'uint8', data: targets },
  }
}

const options = (more: Partial<TrainerOptions<'accuracy'>> = {}): TrainerOptions<'accuracy'> => ({
  model: nn.sequential([nn.dense(16), nn.relu(), nn.dense(CLASSES)]),
  loss: losses.softmaxCrossEntropy,
  optimizer: optim.sgd({ learningRate: 0.5, momentum: 0.9 }),
  data: { train: samples(90), test: samples(30) },
  batchSize: 16,
  metrics: { accuracy: metrics.accuracy },
  ...more,
})

const weightsOf = async (trainer: Awaited<ReturnType<typeof createTrainer>>): Promise<number[]> =>
  Object.values((await trainer.save()).state).flatMap((array) => Array.from(array.data))

describe('training', () => {
  test('an epoch covers every sample once, the last batch being smaller, and ends with an epoch report', async () => {
    const trainer = await createTrainer(options())
    const reports = []
    for await (const report of trainer.run({ epochs: 2, reportEvery: 0 })) reports.push(report)
    expect(
      reports.filter((report) => report.kind === 'epoch').map((report) => [report.epoch, report.step, report.samples]),
    ).toEqual([
      [1, 6, 90],
      [2, 12, 180],
    ])
    expect(reports.flatMap((report) => report.losses)).toHaveLength(12)
  })

  test('it learns', async () => {
    const trainer = await createTrainer(options())
    for await (const report of trainer.run({ epochs: 20 })) void report
    const result = await trainer.evaluate()
    expect(result.count).toBe(30)
    expect(result.metrics.accuracy).toBe(1)
    expect(result.loss).toBeLessThan(0.1)
  })

  test('the same seed gives the same weights bit for bit, another seed others', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const trainer = await createTrainer(options({ seed }))
      for await (const report of trainer.run({ steps: 15 })) void report
      return weightsOf(trainer)
    }
    const first = await run(3)
    expect(await run(3)).toEqual(first)
    expect(await run(4)).not.toEqual(first)
  })

  test('a new learning rate holds from the next step on', async () => {
    const trainer = await createTrainer(options())
    const params = async (): Promise<number[][]> =>
      Object.entries((await trainer.save()).state).flatMap(([path, { data }]) =>
        path.startsWith('params') ? [Array.from(data)] : [],
      )
    expect((await trainer.step()).learningRate).toBe(0.5)
    const before = await params()
    trainer.learningRate = 0
    expect((await trainer.step()).learningRate).toBe(0)
    const still = await params()
    expect(still).toEqual(before)
    trainer.learningRate = 0.5
    await trainer.step()
    const after = await params()
    still.forEach((values, k) => expect(after[k]).not.toEqual(values))
  })

  test('creating and disposing trainers leaves nothing behind that waits for the garbage collector', async () => {
    const device = await setDevice('cpu')
    const bytes: number[] = []
    for (let i = 0; i < 3; i++) {
      const trainer = await createTrainer(options({ device }))
      await trainer.step()
      await trainer.dispose()
      bytes.push(device.memory().bytes)
    }
    expect(bytes[1]).toBe(bytes[0])
    expect(bytes[2]).toBe(bytes[0])
  })

  test('a schedule gives every step its rate', async () => {
    const trainer = await createTrainer(options({ optimizer: optim.sgd({ learningRate: (step) => 0.1 / (step + 1) }) }))
    const rates = []
    for (let i = 0; i < 3; i++) rates.push((await trainer.step()).learningRate)
    expect(rates).toEqual([0.1, 0.05, 0.1 / 3])
  })

  test('pause stops a run until resume, and step works meanwhile', async () => {
    const trainer = await createTrainer(options())
    const reports: number[] = []
    let reached = (): void => {}
    const twoReports = new Promise<void>((resolve) => {
      reached = resolve
    })
    const running = (async () => {
      for await (const report of trainer.run({ epochs: 3, reportEvery: 0 })) {
        reports.push(report.step)
        if (reports.length !== 2) continue
        trainer.pause()
        reached()
      }
    })()
    await twoReports
    await new Promise((resolve) => setTimeout(resolve, 50)) // a run that went on would be at its end by then
    const paused = reports.at(-1)!
    expect(trainer.paused).toBe(true)
    expect(paused).toBeLessThan(18)
    expect((await trainer.step()).step).toBe(paused + 1)
    trainer.resume()
    await running
    expect(reports.at(-1)).toBe(18)
  })

  test('micro-batches give the same step as the whole batch', async () => {
    const whole = await createTrainer(options())
    const parts = await createTrainer(options({ microBatchSize: 4 }))
    for (let i = 0; i < 7; i++) {
      const [a, b] = [await whole.step(), await parts.step()]
      expect(b.loss).toBeCloseTo(a.loss, 5)
      expect(b.metrics.accuracy).toBeCloseTo(a.metrics.accuracy, 6)
    }
    const [a, b] = [await whole.evaluate(), await parts.evaluate()]
    expect(b.loss).toBeCloseTo(a.loss, 5)
  })

  test('a checkpoint continues exactly where it was saved', async () => {
    const trainer = await createTrainer(options())
    for await (const report of trainer.run({ steps: 4 })) void report
    const saved = await trainer.save()
    for await (const report of trainer.run({ steps: 5 })) void report
    const expected = await weightsOf(trainer)
    const other = await createTrainer(options({ seed: 0 }))
    await other.load(saved)
    for await (const report of other.run({ steps: 5 })) void report
    expect(await weightsOf(other)).toEqual(expected)
  })

  test('predict gives the outputs that evaluate judges, for any number of samples', async () => {
    const trainer = await createTrainer(options())
    for await (const report of trainer.run({ epochs: 10 })) void report
    const { inputs, targets } = samples(30)
    const all = await trainer.predict(inputs)
    expect(all.shape).toEqual([30, CLASSES])
    const right = Array.from(targets.data).filter((label, i) => {
      const row = Array.from(all.data.subarray(i * CLASSES, (i + 1) * CLASSES))
      return row.indexOf(Math.max(...row)) === label
    })
    expect(right.length / 30).toBeCloseTo((await trainer.evaluate()).metrics.accuracy, 6)
    const one = await trainer.predict({ ...inputs, shape: [1, SIDE], data: inputs.data.subarray(0, SIDE) })
    expect(Array.from(one.data)).toEqual(Array.from(all.data.subarray(0, CLASSES)))
  })
})

describe('bad input', () => {
  const cases: readonly [string, Partial<TrainerOptions<'accuracy'>>, new (...args: never[]) => Error, RegExp][] = [
    ['a batch size of 0', { batchSize: 0 }, ArgumentError, /batchSize must be an integer of at least 1, got 0/],
    [
      'a batch larger than the data',
      { batchSize: 91 },
      ArgumentError,
      /batchSize 91 is larger than the training set \(90 samples\)/,
    ],
    [
      'micro-batches that do not divide the batch',
      { microBatchSize: 5 },
      ArgumentError,
      /microBatchSize 5 must divide batchSize 16/,
    ],
    ['a fractional seed', { seed: 0.5 }, ArgumentError, /seed/],
    [
      'a label out of range',
      { model: nn.sequential([nn.dense(3)]) },
      DataError,
      /label 3 of sample 3 is out of range: the model has 3 outputs/,
    ],
    [
      'splits that differ in length',
      { data: { train: { ...samples(90), targets: samples(80).targets } } },
      DataError,
      /inputs \[90, 6\] and targets \[80\]/,
    ],
    [
      'a loss that is reduced already',
      { loss: (x, y) => losses.softmaxCrossEntropy(x, y, { reduction: 'mean' }) },
      ShapeError,
      /one value per sample/,
    ],
    [
      'an order of the wrong length',
      { order: () => new Uint32Array(3) },
      ArgumentError,
      /must give 90 positions, got 3/,
    ],
  ]
  for (const [name, more, type, message] of cases) {
    test(`${name} is refused`, async () => {
      const attempt = (async () => {
        const trainer = await createTrainer(options(more))
        await trainer.step()
      })()
      await expect(attempt).rejects.toThrow(message)
      await expect(attempt).rejects.toBeInstanceOf(type)
    })
  }

  test('a bad learning rate is refused, and training goes on with the old one', async () => {
    const trainer = await createTrainer(options())
    expect(() => {
      trainer.learningRate = Number.NaN
    }).toThrow(/learningRate must be a finite number >= 0, got NaN/)
    expect((await trainer.step()).learningRate).toBe(0.5)
  })

  test('a checkpoint of another model changes nothing', async () => {
    const trainer = await createTrainer(options())
    const before = await weightsOf(trainer)
    const other = await createTrainer(options({ model: nn.sequential([nn.dense(8), nn.relu(), nn.dense(CLASSES)]) }))
    await expect(trainer.load(await other.save())).rejects.toThrow(
      /bias is float32\[8\] in the checkpoint, float32\[16\] here/,
    )
    expect(await weightsOf(trainer)).toEqual(before)
  })

  test('predict refuses inputs of another shape', async () => {
    const trainer = await createTrainer(options())
    const wrong: HostArray = { shape: [2, 5], dtype: 'uint8', data: new Uint8Array(10) }
    await expect(trainer.predict(wrong)).rejects.toThrow(/expected inputs \[n, 6\], got \[2, 5\]/)
  })
})
