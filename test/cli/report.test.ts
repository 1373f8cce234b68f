import { expect, test } from 'vitest'
import { parseCommandLine } from '../../src/cli/options.ts'
import {
  endLine,
  epochLine,
  NO_SAMPLES,
  progressAfter,
  reportObject,
  resultObject,
  startLines,
  withReport,
} from '../../src/cli/report.ts'
import type { Dataset, Device, TrainReport } from '../../src/index.ts'

const report = (values: Partial<TrainReport<'accuracy'>>): TrainReport<'accuracy'> => ({
  kind: 'progress',
  epoch: 1,
  step: 2,
  stepsPerEpoch: 4,
  samples: 256,
  loss: 1,
  metrics: { accuracy: 0.5 },
  losses: [1.5, 0.5],
  learningRate: 0.05,
  samplesPerSecond: 1000,
  seconds: 0.25,
  tuning: 'cpu',
  resumedFrom: null,
  ...values,
})

const labels = (count: number) => ({ shape: [count], dtype: 'uint8', data: new Uint8Array(count) }) as const
const split = (count: number) => ({ inputs: labels(count), targets: labels(count) })
const dataset: Dataset = { name: 'MNIST', source: 'folder a/b', train: split(60_000), test: split(10_000), classes: 10 }

const device: Device = {
  kind: 'cpu',
  name: 'CPU',
  info: { software: false },
  memory: () => ({ buffers: 0, bytes: 0, peakBytes: 0 }),
  idle: async () => {},
  dispose: async () => {},
  selfTest: async () => [],
}

const outcome = {
  steps: 1407,
  samples: 180_000,
  seconds: 12,
  trainLoss: 0.0651,
  trainAccuracy: 0.9805,
  test: { loss: 0.0812, accuracy: 0.9751, count: 10_000 },
}

function settingsOf(line: string) {
  const invocation = parseCommandLine(line.split(' '))
  if (invocation.command !== 'train') throw new Error(`${line} is no training`)
  return invocation.settings
}

test('the mean of an epoch weighs reports by their samples, and begins again with the next epoch', () => {
  const first = withReport(NO_SAMPLES, report({ samples: 300, loss: 2, metrics: { accuracy: 0.2 } }))
  const second = withReport(first, report({ samples: 400, loss: 1, metrics: { accuracy: 0.6 } }))
  expect(second).toEqual({ epoch: 1, samples: 400, seen: 400, loss: 1.75, accuracy: expect.closeTo(0.3) })
  const next = withReport(second, report({ epoch: 2, samples: 500, loss: 0.5, metrics: { accuracy: 0.9 } }))
  expect(next).toEqual({ epoch: 2, samples: 100, seen: 500, loss: 0.5, accuracy: 0.9 })
})

test('a report of --json has its own means, that of an epoch those of the epoch', () => {
  const mean = { epoch: 1, samples: 256, seen: 256, loss: 1.75, accuracy: 0.3 }
  expect(reportObject(report({}), mean)).toEqual({
    kind: 'progress',
    epoch: 1,
    step: 2,
    stepsPerEpoch: 4,
    samples: 256,
    loss: 1,
    accuracy: 0.5,
    learningRate: 0.05,
    samplesPerSecond: 1000,
    seconds: 0.25,
  })
  expect(reportObject(report({ kind: 'epoch' }), mean)).toMatchObject({ kind: 'epoch', loss: 1.75, accuracy: 0.3 })
})

test('the last object of --json says what was trained, where, and how well', () => {
  expect(resultObject(settingsOf('train mnist --seed 5'), device, dataset, outcome)).toEqual({
    kind: 'result',
    device: 'cpu',
    deviceName: 'CPU',
    dataset: 'MNIST',
    source: 'folder a/b',
    model: 'mlp',
    optimizer: 'momentum',
    learningRate: 0.05,
    batchSize: 128,
    seed: 5,
    epochs: 3,
    steps: 1407,
    trainLoss: 0.0651,
    trainAccuracy: 0.9805,
    testLoss: 0.0812,
    testAccuracy: 0.9751,
    seconds: 12,
    samplesPerSecond: 15_000,
  })
})

test('the lines say device, data and model before, and the accuracy after', () => {
  expect(startLines(settingsOf('train mnist --epochs 1'), device, dataset)).toEqual([
    'device  cpu, CPU (chosen: there is no hardware GPU here)',
    'data    MNIST (folder a/b): 60,000 training and 10,000 test samples',
    'model   mlp 784-128-10, momentum with learning rate 0.05, batch size 128, 1 epoch, seed 0',
  ])
  const generated = { ...dataset, name: 'digits', source: 'generated digits' }
  expect(startLines(settingsOf('train mnist'), device, generated)[1]).toMatch(/^data {4}generated digits: 60,000 /)
  expect(startLines(settingsOf('train mnist --device cpu'), device, dataset)[0]).toBe('device  cpu, CPU')
  expect(
    epochLine(report({ seconds: 4.04 }), { epoch: 1, samples: 256, seen: 256, loss: 0.25, accuracy: 0.9 }, 3),
  ).toBe('epoch 1/3  loss 0.2500  accuracy 90.00%  1,000 samples/s  4.0 s')
  expect(endLine(outcome)).toBe(
    'test accuracy 97.51%, loss 0.0812 on 10,000 samples; trained 1,407 steps in 12.0 s, 15,000 samples/s',
  )
})

test('the progress line shows the mean of the epoch, not of the last steps', () => {
  const mean = { epoch: 1, samples: 256, seen: 256, loss: 1.75, accuracy: 0.3 }
  expect(progressAfter(report({}), mean, 3)).toMatchObject({ epoch: 1, epochs: 3, step: 2, loss: 1.75, accuracy: 0.3 })
})
