// The data, weights and models of cnn.json and transformer.json: the generators of cnn.py and transformer.py in TypeScript. Streams and
// formulas of both languages must stay equal; networks.test.ts compares their checksums.

import { readFileSync } from 'node:fs'
import type { HostArray } from '../../src/core/hostArray.ts'

/** A run of SGD 0.05 with momentum 0.9: each step's batch-mean loss before its update, in both precisions. */
export interface NetworkGolden {
  readonly generator: Readonly<Record<string, number>>
  readonly float32: readonly number[]
  readonly float64: readonly number[]
}

/** What the two networks are trained with. */
export const TRAINING = { steps: 50, learningRate: 0.05, momentum: 0.9 } as const

/** The sizes of cnn.py. */
export const CNN = { side: 14, classes: 10, batchSize: 16, samples: 800 } as const

/** The sizes of transformer.py. */
export const TRANSFORMER = { vocabulary: 17, length: 16, features: 32, heads: 2, hidden: 128, blocks: 2, batchSize: 8, samples: 400 } as const // prettier-ignore

/** Reads cnn.json or transformer.json. */
export function networkGolden(name: 'cnn' | 'transformer'): NetworkGolden {
  const golden: NetworkGolden = JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8'))
  return golden
}

/** Murmur3's 32-bit finaliser: an unsigned integer to an unsigned integer. */
function mix(value: number): number {
  let h = value ^ (value >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function hashes(stream: number): (index: number) => number {
  const base = mix(stream)
  return (index) => mix((base + index) >>> 0)
}

/** Uniform in ±32768 / scale, exact in float32. */
function drawn(stream: number, shape: readonly number[], scale: number): HostArray {
  const hash = hashes(stream)
  const length = shape.reduce((product, extent) => product * extent, 1)
  return { shape, dtype: 'float32', data: Float32Array.from({ length }, (_, i) => ((hash(i) >>> 16) - 32768) / scale) }
}

const filled = (length: number, value: number): HostArray => ({
  shape: [length],
  dtype: 'float32',
  data: new Float32Array(length).fill(value),
})

/** The labels of the CNN: uint8 [800]. */
export function cnnLabels(): HostArray {
  const hash = hashes(304)
  const { samples, classes } = CNN
  return { shape: [samples], dtype: 'uint8', data: Uint8Array.from({ length: samples }, (_, n) => hash(n) % classes) }
}

/** The images of the CNN: uint8 [800, 14, 14, 1]; the model takes them divided by 255. */
export function cnnImages(): HostArray {
  const { samples, side } = CNN
  const [ink, gain, noise] = [hashes(301), hashes(302), hashes(303)]
  const label = cnnLabels().data
  const data = new Uint8Array(samples * side * side)
  for (let i = 0; i < data.length; i++) {
    const n = Math.floor(i / (side * side))
    const [row, column] = [Math.floor((i % (side * side)) / side), i % side]
    const h = ink(label[n]! * 49 + (row >> 1) * 7 + (column >> 1))
    const pattern = h % 256 < 90 ? 128 + ((h >>> 8) % 128) : 0
    data[i] = Math.min(255, Math.max(0, ((pattern * (32 + (gain(n) % 96))) >> 7) + (noise(i) % 160) - 96))
  }
  return { shape: [samples, side, side, 1], dtype: 'uint8', data }
}

/** The factors that make integers of the CNN's weights. */
export const CNN_SCALES = { conv1: 2 ** 16, conv2: 2 ** 17, dense: 2 ** 17 } as const

/** The initial kernels of the CNN. */
export function cnnKernels(): Record<keyof typeof CNN_SCALES, HostArray> {
  return {
    conv1: drawn(311, [3, 3, 1, 8], CNN_SCALES.conv1),
    conv2: drawn(312, [3, 3, 8, 16], CNN_SCALES.conv2),
    dense: drawn(313, [64, 10], CNN_SCALES.dense),
  }
}

/** Initial parameters in the structure of `cnnModel()`'s. */
export function cnnParams(): readonly unknown[] {
  const { conv1, conv2, dense } = cnnKernels()
  const first = { kernel: conv1, bias: filled(8, 0) }
  return [first, {}, {}, { kernel: conv2, bias: filled(16, 0) }, {}, {}, {}, { kernel: dense, bias: filled(10, 0) }]
}

/** The sequences of the transformer, int32 [400, 17]: a token is 3 times the one before plus 0 or 1, modulo 17. */
export function sequences(): HostArray {
  const { samples, length, vocabulary } = TRANSFORMER
  const [first, choice] = [hashes(401), hashes(402)]
  const data = new Int32Array(samples * (length + 1))
  for (let n = 0; n < samples; n++) {
    let token = first(n) % vocabulary
    data[n * (length + 1)] = token
    for (let i = 0; i < length; i++) {
      token = (token * 3 + Math.floor((choice(n * length + i) % 4) / 3)) % vocabulary
      data[n * (length + 1) + i + 1] = token
    }
  }
  return { shape: [samples, length + 1], dtype: 'int32', data }
}

/** Inputs (all tokens but the last) and targets (all but the first) of the transformer, each int32 [400, 16]. */
export function tokenPairs(): { readonly inputs: HostArray; readonly targets: HostArray } {
  const { samples, length } = TRANSFORMER
  const { data } = sequences()
  const from = (offset: number): HostArray => ({
    shape: [samples, length],
    dtype: 'int32',
    data: Int32Array.from(
      { length: samples * length },
      (_, i) => data[Math.floor(i / length) * (length + 1) + (i % length) + offset]!,
    ),
  })
  return { inputs: from(0), targets: from(1) }
}

/** Stream within the block, shape, scale. */
const BLOCK_WEIGHTS: Readonly<Record<string, readonly [number, readonly [number, number], number]>> = {
  query: [0, [32, 32], 2 ** 17],
  key: [1, [32, 32], 2 ** 17],
  value: [2, [32, 32], 2 ** 17],
  output: [3, [32, 32], 2 ** 17],
  up: [4, [32, 128], 2 ** 18],
  down: [5, [128, 32], 2 ** 18],
}

const drawnOf = (name: string, block: number): HostArray => {
  const [stream, shape, scale] = BLOCK_WEIGHTS[name]!
  return drawn(420 + 10 * block + stream, shape, scale)
}

/** The embeddings and the head of the transformer. */
const outer = () => ({
  token: drawn(411, [17, 32], 2 ** 16),
  position: drawn(412, [16, 32], 2 ** 16),
  head: drawn(413, [32, 17], 2 ** 17),
})

/** All drawn weights by the names of transformer.py, as integers. */
export function transformerIntegers(): Record<string, number[]> {
  const whole = (array: HostArray, scale: number): number[] => Array.from(array.data, (value) => value * scale)
  const { token, position, head } = outer()
  const blocks = [0, 1].flatMap((block) =>
    Object.entries(BLOCK_WEIGHTS).map(([name, [, , scale]]) => [`${name}${block}`, whole(drawnOf(name, block), scale)]),
  )
  return {
    token: whole(token, 2 ** 16),
    position: whole(position, 2 ** 16),
    head: whole(head, 2 ** 17),
    ...Object.fromEntries(blocks),
  }
}

/** Initial parameters in the structure of `transformerModel()`'s. */
export function transformerParams(): readonly unknown[] {
  const norm = { scale: filled(32, 1), offset: filled(32, 0) }
  const linear = (kernel: HostArray) => ({ kernel, bias: filled(kernel.shape[1]!, 0) })
  const { token, position, head } = outer()
  const blocks = [0, 1].flatMap((block) => {
    const of = (name: string) => linear(drawnOf(name, block))
    const projections = { query: of('query'), key: of('key'), value: of('value'), output: of('output') }
    return [
      [norm, projections],
      [norm, of('up'), {}, of('down')],
    ]
  })
  return [{ table: token }, { table: position }, ...blocks, norm, linear(head)]
}
