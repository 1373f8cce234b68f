// `wgrad train`: settings in; training with reports on the display, and the accuracy on the test set at the end.

import { createTrainer, type Dataset, data, type Device, losses, metrics, nn, optim } from '../index.ts'
import { ArgumentError } from '../core/errors.ts'
import type { MnistOptions } from '../data/index.ts'
import { MOMENTUM } from './defaults.ts'
import { openDevice } from './device.ts'
import type { Display } from './display.ts'
import { formatCount, formatLoss } from './format.ts'
import { interruptedAt } from './interruption.ts'
import type { TrainSettings } from './options.ts'
import { dataLine, progressLine } from './progress.ts'
import {
  endLine,
  epochLine,
  NO_SAMPLES,
  progressAfter,
  reportObject,
  resultObject,
  startLines,
  withReport,
} from './report.ts'

// Often enough for a live line, and for Ctrl-C to take effect at once; a reader of JSON wants fewer.
const REPORT_MILLISECONDS = { live: 100, plain: 200, json: 500 }

/**
 * Trains as the settings say, and reports.
 * @throws InterruptedError when the signal aborts, which says where; ArgumentError when training diverges; DataError and
 * DeviceError as the data and the device give them
 */
export async function train(settings: TrainSettings, display: Display, signal: AbortSignal): Promise<void> {
  const device = await openDevice(settings.device)
  try {
    const dataset = await loadData(settings, display, signal)
    checkBatchSize(settings.batchSize, dataset)
    for (const line of startLines(settings, device, dataset)) display.line(line)
    await trainOn(device, dataset, settings, display, signal)
  } finally {
    display.clear()
    await device.dispose()
  }
}

async function loadData(settings: TrainSettings, display: Display, signal: AbortSignal): Promise<Dataset> {
  const { dataDir, trainCount, testCount, seed } = settings
  const options: MnistOptions = {
    seed,
    signal,
    onProgress: (progress) => display.draw((width, color) => dataLine(progress, width, color)),
    onNotice: (text) => display.notice(`note: ${text}`),
    ...(dataDir === undefined ? {} : { source: dataDir }),
    ...(trainCount === undefined ? {} : { trainCount }),
    ...(testCount === undefined ? {} : { testCount }),
  }
  try {
    return await data.mnist(options)
  } catch (error) {
    throw signal.aborted ? interruptedAt(signal, 'before training began') : error
  }
}

function checkBatchSize(batchSize: number, { train: { targets } }: Dataset): void {
  const count = targets.shape[0] ?? 0
  if (batchSize <= count) return
  throw new ArgumentError(
    `--batch-size ${batchSize} is more than there is: ${count} training samples. Choose a smaller one.`,
  )
}

async function trainOn(
  device: Device,
  dataset: Dataset,
  settings: TrainSettings,
  display: Display,
  signal: AbortSignal,
): Promise<void> {
  const { epochs, batchSize, seed, learningRate } = settings
  const trainer = await createTrainer({
    model: modelOf(settings),
    loss: losses.softmaxCrossEntropy,
    optimizer: optimizerOf(settings),
    data: dataset,
    batchSize,
    seed,
    metrics: { accuracy: metrics.accuracy },
  })
  const reportEvery = REPORT_MILLISECONDS[settings.json ? 'json' : display.live ? 'live' : 'plain']
  let mean = NO_SAMPLES
  let done = { step: 0, samples: 0, seconds: 0 }
  try {
    for await (const report of trainer.run({ epochs, reportEvery })) {
      mean = withReport(mean, report)
      done = report
      if (Number.isNaN(mean.loss) || mean.loss === Infinity) {
        throw new ArgumentError(
          `training diverged: the loss is ${formatLoss(mean.loss)} at step ${formatCount(report.step)}. ` +
            `Choose a --learning-rate below ${learningRate}.`,
        )
      }
      display.report(reportObject(report, mean))
      if (report.kind === 'epoch') display.line(epochLine(report, mean, epochs))
      else display.draw((width, color) => progressLine(progressAfter(report, mean, epochs), width, color))
      if (signal.aborted) {
        const steps = `step ${formatCount(report.step)} of ${formatCount(epochs * report.stepsPerEpoch)}`
        throw interruptedAt(
          signal,
          `after ${steps} (epoch ${report.epoch} of ${epochs}), loss ${formatLoss(mean.loss)}`,
        )
      }
    }
    const test = await trainer.evaluate()
    const outcome = {
      steps: done.step,
      samples: done.samples,
      seconds: done.seconds,
      trainLoss: mean.loss,
      trainAccuracy: mean.accuracy,
      test: { loss: test.loss, accuracy: test.metrics.accuracy, count: test.count },
    }
    display.line(endLine(outcome))
    display.report(resultObject(settings, device, dataset, outcome))
  } finally {
    await trainer.dispose()
  }
}

function modelOf({ model }: TrainSettings) {
  switch (model) {
    case 'mlp':
      return nn.sequential([nn.flatten(), nn.dense(128), nn.relu(), nn.dense(10)])
  }
}

function optimizerOf({ optimizer, learningRate }: TrainSettings) {
  switch (optimizer) {
    case 'sgd':
      return optim.sgd({ learningRate })
    case 'momentum':
      return optim.sgd({ learningRate, momentum: MOMENTUM })
    case 'adam':
      return optim.adam({ learningRate })
  }
}
