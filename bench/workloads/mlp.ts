// The workload `mlp`: 784-128-10, ReLU, softmax cross-entropy with integer labels, plain SGD. Everything is generated
// from one seed, so that every engine, page and machine trains on the same numbers; nothing is downloaded.

import type { Dataset, MlpParams, Task } from '../engines/engine.ts'

const features = 784
const hidden = 128
const classes = 10
// A multiple of every batch size up to 8192, twice the largest; 51 MB as float32, below every default binding limit.
const count = 16384
const learningRate = 0.05

/** Mulberry32: a small seeded generator of uniform numbers in [0, 1), the same in every JavaScript engine. */
function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * 16,384 images, each its class's prototype (a quarter of the pixels lit, about MNIST's density) with a fifth of the
 * pixels redrawn: learnable, but not at once, so that the loss moves at every step of the check.
 */
export function mlpDataset(): Dataset {
  const random = uniform(1)
  const pixel = () => (random() < 0.25 ? 128 + Math.floor(random() * 128) : 0)
  const prototypes = Uint8Array.from({ length: classes * features }, pixel)
  const images = new Uint8Array(count * features)
  const labels = new Uint8Array(count)
  for (let sample = 0; sample < count; sample++) {
    const label = Math.floor(random() * classes)
    labels[sample] = label
    for (let feature = 0; feature < features; feature++) {
      const drawn = random() < 0.2 ? pixel() : (prototypes[label * features + feature] ?? 0)
      images[sample * features + feature] = drawn
    }
  }
  return { count, features, classes, images, labels }
}

/** Glorot-uniform weights; the biases are small but not zero, so that an engine which drops one is caught. */
function mlpParams(): MlpParams {
  const random = uniform(2)
  const draw = (length: number, bound: number) => Float32Array.from({ length }, () => (2 * random() - 1) * bound)
  return {
    w1: draw(features * hidden, Math.sqrt(6 / (features + hidden))),
    b1: draw(hidden, 0.05),
    w2: draw(hidden * classes, Math.sqrt(6 / (hidden + classes))),
    b2: draw(classes, 0.05),
  }
}

/** A Fisher-Yates permutation of the samples. */
function batchOrder(): Uint32Array {
  const random = uniform(3)
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = kept
  }
  return order
}

/** The task at one batch size, which must divide 16,384, so that no engine meets a partial batch. */
export function mlpTask(batchSize: number): Task {
  if (!Number.isInteger(batchSize) || batchSize < 1 || count % batchSize !== 0) {
    throw new Error(`batch size ${batchSize}: expected a divisor of ${count} (1, 2, 4, ... ${count})`)
  }
  return { batchSize, learningRate, hidden, params: mlpParams(), order: batchOrder() }
}

/**
 * Floating-point operations of one training step, a multiply-add counted as two: the two matrix products forward
 * `2 B (784*128 + 128*10)`, the same again for the weight gradients, and `2 B 128*10` for the one data gradient that
 * exists (the first layer needs none). Gather, bias, ReLU, softmax and the update are left out: below 1 % from batch 128 on.
 */
export function mlpFlopsPerStep(batchSize: number): number {
  const layers = features * hidden + hidden * classes
  return 2 * batchSize * (2 * layers + hidden * classes)
}
