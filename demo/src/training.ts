// Settings enter, the dataset and the trainer that they ask for leave: the part of the demo that says in wgrad's words
// what is trained, and on what.

import { createTrainer, data, losses, metrics, nn, optim } from 'wgrad'
import type { Dataset, Trainer } from 'wgrad'
import type { NamedBytes } from './protocol.ts'
import type { Settings } from './settings.ts'

/** The datasets of this page: kept between resets, since to generate or read one takes seconds. */
export interface Datasets {
  /** The dataset of these settings, generated when it is another than the last; `onProgress` gets 0 to 1 meanwhile. */
  load(settings: Settings, onProgress: (fraction: number) => void): Promise<Dataset>
  /** Reads the four MNIST files. When one is faulty it throws, and files read before stay. */
  read(files: NamedBytes[]): Promise<void>
}

/** No dataset yet. */
export function createDatasets(): Datasets {
  let files: Dataset | undefined
  let generated: { readonly key: string; readonly dataset: Dataset } | undefined
  return {
    async load({ dataset, trainCount, testCount, seed }, onProgress) {
      if (dataset === 'files') {
        if (files) return files
        throw new Error('No MNIST files were opened yet: open the four files, or train on the generated digits.')
      }
      const key = [trainCount, testCount, seed].join()
      if (generated?.key === key) return generated.dataset
      const digits = await data.digits({
        trainCount,
        testCount,
        seed,
        onProgress: ({ received, total }) => onProgress(received / total),
      })
      generated = { key, dataset: digits }
      return digits
    },
    async read(opened) {
      files = await data.mnistFromFiles(opened)
    },
  }
}

/** A trainer of 784-128-10 on this dataset, at step 0. */
export function createNetworkTrainer(settings: Settings, dataset: Dataset): Promise<Trainer<'accuracy'>> {
  return createTrainer({
    model: nn.sequential([nn.flatten(), nn.dense(128), nn.relu(), nn.dense(10)]),
    loss: losses.softmaxCrossEntropy,
    optimizer: optimizerOf(settings),
    data: dataset,
    batchSize: settings.batchSize,
    seed: settings.seed,
    metrics: { accuracy: metrics.accuracy },
  })
}

function optimizerOf({ optimizer, learningRate }: Settings): ReturnType<typeof optim.sgd> {
  if (optimizer === 'adam') return optim.adam({ learningRate })
  return optim.sgd(optimizer === 'momentum' ? { learningRate, momentum: 0.9 } : { learningRate })
}

/** The class with the largest logit of each row of `logits` [n, 10]. */
export function largestOf(logits: ArrayLike<number>): Uint8Array {
  const digits = new Uint8Array(logits.length / 10)
  for (const i of digits.keys()) {
    const row = Array.from({ length: 10 }, (_, digit) => logits[i * 10 + digit] ?? 0)
    digits[i] = row.indexOf(Math.max(...row))
  }
  return digits
}

/** The softmax of one row of logits. */
export function softmax(logits: ArrayLike<number>): number[] {
  const scores = Array.from(logits)
  const largest = Math.max(...scores) // exp of a difference cannot overflow
  const powers = scores.map((score) => Math.exp(score - largest))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power) => power / total)
}
