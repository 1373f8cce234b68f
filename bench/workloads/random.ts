// Numbers from seeds, the same in every JavaScript engine: what all generated datasets, weights and orders are made of.

import type { HostTensor } from '../engines/engine.ts'

/** Mulberry32: a small seeded generator of uniform numbers in [0, 1). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A weight drawn uniformly from `center - bound` to `center + bound`. */
export function drawn(random: () => number, shape: readonly number[], bound: number, center = 0): HostTensor {
  const length = shape.reduce((product, extent) => product * extent, 1)
  return { shape, data: Float32Array.from({ length }, () => center + (2 * random() - 1) * bound) }
}

/** The bound of Glorot's uniform initialization. */
export function glorot(fanIn: number, fanOut: number): number {
  return Math.sqrt(6 / (fanIn + fanOut))
}

/** A Fisher-Yates permutation of `0 .. count - 1`. */
export function permutation(count: number, seed: number): Uint32Array {
  const random = uniform(seed)
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = kept
  }
  return order
}
