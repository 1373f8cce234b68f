// The data of the Keras golden (keras-mlp.json), without PyTorch and without a file: images, labels, initial weights and
// batch order from one 32-bit hash in integer arithmetic. mlp.py is the same generator in Python: streams and formulas of
// the two must stay equal, and kerasMlp.test.ts compares their checksums.

import type { HostArray } from '../../src/core/hostArray.ts'

/** The shape of the golden's training: 32 whole batches make an epoch. */
export const KERAS_MLP = { samples: 4096, side: 28, pixels: 784, hidden: 128, classes: 10, batchSize: 128 } as const

/** Initial parameters: `w1` [784, 128], `b1` [128], `w2` [128, 10], `b2` [10]; float32, used as `x @ w1 + b1`. */
export interface MlpWeights {
  readonly w1: HostArray
  readonly b1: HostArray
  readonly w2: HostArray
  readonly b2: HostArray
}

const { samples, side, pixels, hidden, classes } = KERAS_MLP
const STREAM = { prototype: 1, gain: 2, other: 3, noise: 4, label: 5, w1: 50, w2: 7, order: 8 } as const

/** Murmur3's 32-bit finaliser: an unsigned integer to an unsigned integer. */
function mix(value: number): number {
  let h = value ^ (value >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hashes(stream: keyof typeof STREAM): (index: number) => number {
  const base = mix(STREAM[stream])
  return (index) => mix((base + index) >>> 0)
}

/** The 4096 labels: uint8 [4096], 0 to 9. */
export function labels(): HostArray {
  const hash = hashes('label')
  return { shape: [samples], dtype: 'uint8', data: Uint8Array.from({ length: samples }, (_, n) => hash(n) % classes) }
}

/** The 4096 images: uint8 [4096, 28, 28]. The model takes them divided by 255. */
export function images(): HostArray {
  const own = labels().data
  const [ink, gain, other, noise] = [hashes('prototype'), hashes('gain'), hashes('other'), hashes('noise')]
  // a class pattern: 7x7 cells of 4x4 pixels, each empty or inked
  const pattern = (label: number, pixel: number): number => {
    const cell = Math.floor(pixel / side / 4) * 7 + Math.floor((pixel % side) / 4)
    const h = ink(label * 49 + cell)
    return h % 256 < 80 ? 128 + ((h >>> 8) % 128) : 0
  }
  const patterns = Int32Array.from({ length: classes * pixels }, (_, i) => pattern(Math.floor(i / pixels), i % pixels))
  const data = new Uint8Array(samples * pixels)
  for (let n = 0; n < samples; n++) {
    const strong = 32 + (gain(n) % 96)
    const faint = (other(n) >>> 8) % 80
    const ownAt = (own[n] ?? 0) * pixels
    const otherAt = (other(n) % classes) * pixels
    for (let p = 0; p < pixels; p++) {
      const light = ((patterns[ownAt + p] ?? 0) * strong + (patterns[otherAt + p] ?? 0) * faint) >> 7
      const at = n * pixels + p
      data[at] = Math.min(255, Math.max(0, light + (noise(at) % 128) - 96))
    }
  }
  return { shape: [samples, side, side], dtype: 'uint8', data }
}

/** The initial weights: `w1` in [-1/16, 1/16), `w2` in [-1/4, 1/4) (near Glorot's limits), biases 0; exact in float32. */
export function weights(): MlpWeights {
  const draw = (stream: 'w1' | 'w2', shape: readonly [number, number], scale: number): HostArray => {
    const hash = hashes(stream)
    const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => ((hash(i) >>> 16) - 32768) / scale)
    return { shape, dtype: 'float32', data }
  }
  const zeros = (length: number): HostArray => ({ shape: [length], dtype: 'float32', data: new Float32Array(length) })
  return {
    w1: draw('w1', [pixels, hidden], 2 ** 19),
    b1: zeros(hidden),
    w2: draw('w2', [hidden, classes], 2 ** 17),
    b2: zeros(classes),
  }
}

/** The sample order of an epoch, counted from 0: a permutation of 0..4095 (Fisher-Yates); batch k is its k-th run of 128. */
export function order(epoch: number): Uint32Array {
  const hash = hashes('order')
  const result = Uint32Array.from({ length: samples }, (_, i) => i)
  for (let i = samples - 1; i > 0; i--) {
    const j = hash(epoch * samples + i) % (i + 1)
    const swapped = result[i] ?? 0
    result[i] = result[j] ?? 0
    result[j] = swapped
  }
  return result
}

/** The sum of `mix(i + 1) * values[i]` modulo 2^32, over integers: it changes when two entries swap. */
export function checksum(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum = (sum + Math.imul(mix(i + 1), values[i] ?? 0)) | 0
  return sum >>> 0
}
