// The generated digits: a seed and counts enter, a dataset in MNIST's form leaves. They stand in for MNIST where it
// cannot be had. Every sample is drawn from its own random stream, keyed by (seed, split, index), so that a sample does
// not depend on how many others are asked for.

import { ArgumentError } from '../../core/errors.ts'
import { checkCount, type DataProgress, type Dataset, type Split } from '../dataset.ts'
import { MARGIN, writeDigit } from './handwriting.ts'
import { randomStream } from './random.ts'
import { centreByMass, rasterise, SIDE } from './rasterise.ts'

/** Options of `digits`. */
export interface DigitsOptions {
  /** Training samples; default 60,000. */
  readonly trainCount?: number
  /** Test samples; default 10,000. */
  readonly testCount?: number
  /** A 32-bit integer; default 0. */
  readonly seed?: number
  readonly onProgress?: (progress: DataProgress) => void
  readonly signal?: AbortSignal
}

const CLASSES = 10
const TRAIN = 1
const TEST = 2
// Long enough that waiting costs little, short enough that a page stays alive: about 30 ms of work.
const SAMPLES_PER_TURN = 1000

/**
 * Handwritten-looking digits, uint8 [N, 28, 28], prepared as MNIST is: fitted into 20x20 pixels, centred by mass.
 * The classes are shuffled and balanced: every ten samples hold every digit once. The same seed gives the same bytes on
 * every machine. It yields to the event loop now and then.
 * @throws ArgumentError for a count or a seed out of range; the signal's reason when it aborts
 */
export async function digits(options: DigitsOptions = {}): Promise<Dataset> {
  const { trainCount = 60_000, testCount = 10_000, seed = 0 } = options
  checkCount('trainCount', trainCount)
  checkCount('testCount', testCount)
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed >= 2 ** 32) {
    throw new ArgumentError(`seed must be a 32-bit integer, not ${seed}.`)
  }
  const total = trainCount + testCount
  const turn = async (generated: number): Promise<void> => {
    options.onProgress?.({ stage: 'generate', received: generated, total })
    await new Promise((resolve) => setTimeout(resolve))
    options.signal?.throwIfAborted()
  }
  return {
    name: 'digits',
    source: 'generated digits',
    train: await generateSplit(seed, TRAIN, trainCount, turn),
    test: await generateSplit(seed, TEST, testCount, (done) => turn(trainCount + done)),
    classes: CLASSES,
  }
}

async function generateSplit(
  seed: number,
  stream: number,
  count: number,
  turn: (generated: number) => Promise<void>,
): Promise<Split> {
  const images = new Uint8Array(count * SIDE * SIDE)
  const labels = new Uint8Array(count)
  const image = new Uint8Array(SIDE * SIDE)
  const scratch = new Float64Array(SIDE * SIDE)
  let order: number[] = []
  for (let index = 0; index < count; index++) {
    if (index % CLASSES === 0) order = classOrder(seed, stream, index / CLASSES)
    const label = order[index % CLASSES]!
    const random = randomStream(seed, stream, index)
    const strokes = writeDigit(label, random)
    rasterise(strokes, random, scratch, image)
    centreByMass(image, images, index * SIDE * SIDE, MARGIN)
    labels[index] = label
    if ((index + 1) % SAMPLES_PER_TURN === 0 || index + 1 === count) await turn(index + 1)
  }
  return {
    inputs: { shape: [count, SIDE, SIDE], dtype: 'uint8', data: images },
    targets: { shape: [count], dtype: 'uint8', data: labels },
  }
}

/** The classes of the samples of a block of ten: a permutation of its own. */
function classOrder(seed: number, stream: number, block: number): number[] {
  const random = randomStream(seed, stream + 2, block)
  const order = Array.from({ length: CLASSES }, (_, label) => label)
  for (let last = CLASSES - 1; last > 0; last--) {
    const other = random.below(last + 1)
    ;[order[last], order[other]] = [order[other]!, order[last]!]
  }
  return order
}
