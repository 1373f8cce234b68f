// What a dataset is to the rest of wgrad: two splits of host arrays, a name, and where they came from.

import { ArgumentError, DataError } from '../core/errors.ts'
import type { HostArray } from '../core/hostArray.ts'

/** Samples with their targets; the first axis of both counts the samples. */
export interface Split {
  /** For MNIST and the digits: uint8 [N, 28, 28], 0 is background and 255 is full ink. */
  readonly inputs: HostArray
  /** Class labels: uint8 [N]. */
  readonly targets: HostArray
}

/** A training split and a test split of the same kind of samples. */
export interface Dataset {
  readonly name: string
  /** Where the samples came from, in words: `folder <path>`, `cache`, `download`, `files` or `generated digits`. */
  readonly source: string
  readonly train: Split
  readonly test: Split
  /** The number of classes; targets are below it. */
  readonly classes: number
}

/** How far a dataset is: bytes of a download, files read, or samples generated. */
export interface DataProgress {
  readonly stage: 'read' | 'download' | 'generate'
  readonly received: number
  readonly total: number
}

/** The number of samples in a split. */
export function sampleCount(split: Split): number {
  return split.targets.shape[0] ?? 0
}

/**
 * The first `count` samples of a split, without a copy; the split itself when no count is given.
 * @throws DataError when the split has fewer samples, ArgumentError when the count is no positive integer.
 */
export function firstSamples(split: Split, count: number | undefined, name: string): Split {
  if (count === undefined) return split
  checkCount(name, count)
  const available = sampleCount(split)
  if (count > available) {
    throw new DataError(`${name} is ${count}, but the data has ${available} samples. Ask for fewer.`)
  }
  return { inputs: firstRows(split.inputs, count), targets: firstRows(split.targets, count) }
}

/** @throws ArgumentError when a count of samples is no positive integer. */
export function checkCount(name: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new ArgumentError(`${name} must be a positive integer, not ${count}.`)
}

function firstRows(array: HostArray, count: number): HostArray {
  const rest = array.shape.slice(1)
  const row = rest.reduce((product, size) => product * size, 1)
  return { shape: [count, ...rest], dtype: array.dtype, data: array.data.subarray(0, count * row) }
}
