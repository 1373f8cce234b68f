// Layers in a trainer: running statistics and recurrent cells inside the compiled step, whole batches and micro-batches.

import { createTrainer, type Device, losses, nn, optim, setDevice } from 'wgrad'
import { beforeAll, expect, test } from 'vitest'
import type { HostArray } from '../../src/core/hostArray.ts'

let device: Device

beforeAll(async () => {
  device = await setDevice('cpu')
})

const float = (shape: number[], value: (i: number) => number): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
})

const inOrder = (): Uint32Array => Uint32Array.of(0, 1, 2, 3)

/** Four samples of one feature, 1 3 5 7, through batchNorm and dense. */
const batchNormTrainer = (microBatchSize: number) =>
  createTrainer({
    model: nn.sequential([nn.batchNorm({ momentum: 0.5 }), nn.dense(1)]),
    loss: losses.meanSquaredError,
    optimizer: optim.sgd({ learningRate: 0.1 }),
    data: { train: { inputs: float([4, 1], (i) => 2 * i + 1), targets: float([4, 1], (i) => i) } },
    batchSize: 4,
    microBatchSize,
    order: inOrder,
    device,
  })

test('the compiled step carries running statistics, and prediction uses them', async () => {
  const trainer = await batchNormTrainer(4)
  const before = await trainer.predict(float([1, 1], () => 4))
  for await (const report of trainer.run({ steps: 3 })) void report
  const { state } = await trainer.save()
  const statistic = (name: string): number =>
    Object.entries(state).find(([path]) => path.endsWith(`.${name}`) && path.includes('model'))![1].data[0]!
  expect(statistic('mean')).toBeCloseTo(4 * (1 - 0.5 ** 3), 5)
  expect(statistic('variance')).toBeCloseTo(5 + (1 - 5) * 0.5 ** 3, 5)
  expect((await trainer.predict(float([1, 1], () => 4))).data[0]).not.toBeCloseTo(before.data[0]!, 2)
  await trainer.dispose()
})

test('micro-batches have statistics of their own, each of which moves the running ones', async () => {
  const trainer = await batchNormTrainer(2)
  await trainer.step()
  const { state } = await trainer.save()
  const mean = Object.entries(state).find(([path]) => path.endsWith('.mean') && path.includes('model'))![1].data[0]!
  expect(mean).toBeCloseTo((0 + 2) / 2 / 2 + 6 / 2, 5) // means 2, then 6
  await trainer.dispose()
})

const CELLS = { simpleRnn: nn.simpleRnn, lstm: nn.lstm, gru: nn.gru }

test.each(['simpleRnn', 'lstm', 'gru'] as const)('%s learns to tell which of two sequences rises', async (name) => {
  const trainer = await createTrainer({
    model: nn.sequential([CELLS[name](4), nn.dense(2)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optim.adam({ learningRate: 0.05 }),
    data: {
      train: {
        inputs: float([4, 5, 1], (i) => ((i % 5) - 2) * (i < 10 ? 1 : -1) * (i % 10 < 5 ? 0.5 : 0.25)),
        targets: { shape: [4], dtype: 'uint8', data: Uint8Array.of(0, 0, 1, 1) },
      },
    },
    batchSize: 4,
    device,
  })
  const seen: number[] = []
  for await (const report of trainer.run({ steps: 40 })) seen.push(...report.losses)
  expect(seen.at(-1)).toBeLessThan(0.3 * seen[0]!)
  await trainer.dispose()
})
