// What a trainer is made of, and the checks of it that need no device.

import type { HostArray } from '../core/hostArray.ts'
import { ArgumentError, DataError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { type Dataset, sampleCount, type Split } from '../data/dataset.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Layer } from '../nn/layer.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { Device, Tune } from '../runtime/device.ts'

/** A loss or metric: predictions and targets of a batch to one value per sample. */
export type PerSample = (predictions: Tensor, targets: Tensor) => Tensor

/** Options of `createTrainer`. `Names` are the names of the metrics. */
export interface TrainerOptions<Names extends string = string> {
  readonly model: Layer
  /** Per-sample loss `[B]`; the trainer minimises its mean over the batch. */
  readonly loss: PerSample
  readonly optimizer: Optimizer
  /** Training and, for `evaluate()`, test samples. They are copied to the device once. */
  readonly data: Pick<Dataset, 'train'> & { readonly test?: Split }
  readonly batchSize: number
  /** Seed of the initial weights, of shuffling and of dropout. Default 0. */
  readonly seed?: number
  readonly metrics?: Readonly<Record<Names, PerSample>>
  /** What a batch of inputs becomes before the model sees it. Default: uint8 is scaled to float32 in [0, 1], the rest is kept. */
  readonly preprocess?: (inputs: Tensor) => Tensor
  /**
   * The largest batch computed at once; larger batches are accumulated from parts of this size. Default: the batch, or its largest
   * divisor whose step the device can hold (`trainer.microBatches` says how many parts that makes, and the console does once).
   */
  readonly microBatchSize?: number
  /** The most bytes that a step may hold on the device: dataset, state and temporaries. Larger batches are split. Default: no limit. */
  readonly memoryBudget?: number
  /** The order of samples in an epoch (counted from 0): a permutation. Default: seeded shuffling. */
  readonly order?: (epoch: number) => Uint32Array
  /** Parameters to start from instead of the layers' initializers: host arrays in the structure of the model's parameters. */
  readonly initialParams?: unknown
  /** Milliseconds of device time per submit, at most 1000. Default: 6 while a page may be looked at (`trainer.visible`), else 50. */
  readonly submitBudget?: number
  readonly device?: Device
  /** How the variants of its contractions are chosen; see `setDevice`. Default: as the device was opened. */
  readonly tune?: Tune
}

/** Milliseconds after which browsers begin to take a device for hung. */
const LONGEST_SUBMIT = 1000

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ArgumentError(`createTrainer: ${name} must be an integer of at least 1, got ${value}`)
}

/** @throws ArgumentError or DataError that names the option. */
export function checkOptions(options: TrainerOptions): void {
  checkCount('batchSize', options.batchSize)
  if (options.microBatchSize !== undefined) {
    checkCount('microBatchSize', options.microBatchSize)
    if (options.batchSize % Math.min(options.microBatchSize, options.batchSize) !== 0) {
      throw new ArgumentError(
        `createTrainer: microBatchSize ${options.microBatchSize} must divide batchSize ${options.batchSize}`,
      )
    }
  }
  const bytes = options.memoryBudget
  if (bytes !== undefined && !(bytes > 0))
    throw new ArgumentError(`createTrainer: memoryBudget must be more than 0 bytes, got ${bytes}`)
  const budget = options.submitBudget
  if (budget !== undefined && !(budget > 0 && budget <= LONGEST_SUBMIT)) {
    throw new ArgumentError(
      `createTrainer: submitBudget must be more than 0 and at most ${LONGEST_SUBMIT} milliseconds, got ${budget}`,
    )
  }
  const seed = options.seed ?? 0
  if (!Number.isInteger(seed) || seed < 0)
    throw new ArgumentError(`createTrainer: seed must be an integer >= 0, got ${seed}`)
  checkLearningRate(options.optimizer.learningRate)
  checkSplit('data.train', options.data.train)
  if (options.data.test !== undefined) checkSplit('data.test', options.data.test)
  const count = sampleCount(options.data.train)
  if (options.batchSize > count) {
    throw new ArgumentError(
      `createTrainer: batchSize ${options.batchSize} is larger than the training set (${count} samples)`,
    )
  }
}

/** @throws ArgumentError unless `rate` is a finite number >= 0. */
export function checkLearningRate(rate: unknown): void {
  if (typeof rate === 'function') return
  if (typeof rate !== 'number' || !Number.isFinite(rate) || rate < 0) {
    throw new ArgumentError(`learningRate must be a finite number >= 0, got ${String(rate)}`)
  }
}

function checkSplit(name: string, split: Split): void {
  const [inputs, targets] = [split.inputs, split.targets]
  if (inputs.shape.length === 0 || targets.shape.length === 0 || inputs.shape[0] !== targets.shape[0]) {
    throw new DataError(
      `${name}: inputs ${formatShape(inputs.shape)} and targets ${formatShape(targets.shape)} must have the same number of samples along axis 0`,
    )
  }
  if (inputs.shape[0] === 0) throw new DataError(`${name}: there are no samples`)
}

/** @throws DataError when integer class labels lie outside `0 .. classes - 1`. */
export function checkLabels(name: string, targets: HostArray, classes: number): void {
  if (targets.dtype === 'float32' || targets.shape.length !== 1) return
  const at = targets.data.findIndex((label: number) => label < 0 || label >= classes)
  if (at >= 0) {
    throw new DataError(
      `${name}: label ${targets.data[at]} of sample ${at} is out of range: the model has ${classes} outputs, so labels are 0 .. ${classes - 1}`,
    )
  }
}

/** A seeded permutation of `0 .. count - 1`, another one for every epoch. */
export function shuffledOrder(count: number, seed: number, epoch: number): Uint32Array {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(epoch + 1, 0x85ebca77)) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((next() / 2 ** 32) * (i + 1))
    const swapped = order[i]!
    order[i] = order[j]!
    order[j] = swapped
  }
  return order
}
