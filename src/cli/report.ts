// The trainer's reports in; out: means over the epoch, the lines for people and the objects of `--json`.

import type { Dataset, Device, TrainReport } from '../index.ts'
import { MODELS } from './defaults.ts'
import { formatCount, formatLoss, formatPercent, formatSpeed } from './format.ts'
import type { TrainSettings } from './options.ts'
import type { Progress } from './progress.ts'

/** Reports of a trainer whose metric is the accuracy. */
type AccuracyReport = TrainReport<'accuracy'>

/** What training and evaluation came to. */
export interface Outcome {
  /** Steps and samples in all, and seconds of training. */
  readonly steps: number
  readonly samples: number
  readonly seconds: number
  /** Means over the last epoch. */
  readonly trainLoss: number
  readonly trainAccuracy: number
  readonly test: { readonly loss: number; readonly accuracy: number; readonly count: number }
}

/** Loss and accuracy over the samples of one epoch so far. */
export interface EpochMean {
  readonly epoch: number
  /** Samples in the mean, and samples seen in all. */
  readonly samples: number
  readonly seen: number
  readonly loss: number
  readonly accuracy: number
}

/** The mean before any report. */
export const NO_SAMPLES: EpochMean = { epoch: 0, samples: 0, seen: 0, loss: 0, accuracy: 0 }

/** The epoch's mean after one more report, whose values are means over the samples since the last one. */
export function withReport(mean: EpochMean, { epoch, samples: seen, loss, metrics }: AccuracyReport): EpochMean {
  const before = mean.epoch === epoch ? mean.samples : 0
  const added = seen - mean.seen
  const samples = before + added
  const mix = (old: number, fresh: number): number => (before === 0 ? fresh : (old * before + fresh * added) / samples)
  return { epoch, samples, seen, loss: mix(mean.loss, loss), accuracy: mix(mean.accuracy, metrics.accuracy) }
}

/** What the progress line shows after a report. */
export function progressAfter(report: AccuracyReport, mean: EpochMean, epochs: number): Progress {
  const { epoch, step, stepsPerEpoch, samplesPerSecond, seconds } = report
  return { epoch, epochs, step, stepsPerEpoch, samplesPerSecond, seconds, loss: mean.loss, accuracy: mean.accuracy }
}

/** The object of `--json` for a report: of an epoch, its means; else those over the steps since the report before. */
export function reportObject(report: AccuracyReport, mean: EpochMean): object {
  const { kind, epoch, step, stepsPerEpoch, samples, learningRate, samplesPerSecond, seconds } = report
  const { loss, accuracy } = kind === 'epoch' ? mean : { loss: report.loss, accuracy: report.metrics.accuracy }
  return { kind, epoch, step, stepsPerEpoch, samples, loss, accuracy, learningRate, samplesPerSecond, seconds }
}

/** The last object of `--json`. */
export function resultObject(settings: TrainSettings, device: Device, dataset: Dataset, outcome: Outcome): object {
  return {
    kind: 'result',
    device: device.kind,
    deviceName: device.name,
    dataset: dataset.name,
    source: dataset.source,
    model: settings.model,
    optimizer: settings.optimizer,
    learningRate: settings.learningRate,
    batchSize: settings.batchSize,
    seed: settings.seed,
    epochs: settings.epochs,
    steps: outcome.steps,
    trainLoss: outcome.trainLoss,
    trainAccuracy: outcome.trainAccuracy,
    testLoss: outcome.test.loss,
    testAccuracy: outcome.test.accuracy,
    seconds: outcome.seconds,
    samplesPerSecond: speedOf(outcome),
  }
}

/** The lines before training: what is trained how, on which data, on which device and why. */
export function startLines(settings: TrainSettings, device: Device, dataset: Dataset): string[] {
  const { model, optimizer, learningRate, batchSize, epochs, seed } = settings
  const [train, test] = [dataset.train, dataset.test].map(({ targets }) => formatCount(targets.shape[0] ?? 0))
  const why =
    settings.device === 'auto' ? ` (chosen: ${device.kind === 'cpu' ? 'there is no hardware GPU here' : 'a GPU'})` : ''
  return [
    `device  ${device.kind}, ${device.name}${why}`,
    `data    ${sourceOf(dataset)}: ${train} training and ${test} test samples`,
    `model   ${model} ${MODELS[model]}, ${optimizer} with learning rate ${learningRate}, batch size ${batchSize}, ` +
      `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}, seed ${seed}`,
  ]
}

/** The line after an epoch. */
export function epochLine(report: AccuracyReport, mean: EpochMean, epochs: number): string {
  return (
    `epoch ${report.epoch}/${epochs}  loss ${formatLoss(mean.loss)}  accuracy ${formatPercent(mean.accuracy)}  ` +
    `${formatSpeed(report.samplesPerSecond)}  ${report.seconds.toFixed(1)} s`
  )
}

/** The line after everything. */
export function endLine(outcome: Outcome): string {
  const { test, steps, seconds } = outcome
  return (
    `test accuracy ${formatPercent(test.accuracy)}, loss ${formatLoss(test.loss)} on ${formatCount(test.count)} samples; ` +
    `trained ${formatCount(steps)} ${steps === 1 ? 'step' : 'steps'} in ${seconds.toFixed(1)} s, ${formatSpeed(speedOf(outcome))}`
  )
}

function sourceOf({ name, source }: Dataset): string {
  return source.endsWith(` ${name}`) ? source : `${name} (${source})`
}

function speedOf({ samples, seconds }: Outcome): number {
  return seconds > 0 ? samples / seconds : 0
}
