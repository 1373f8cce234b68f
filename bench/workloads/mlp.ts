// The workloads `mlp` (784-128-10) and `mlp-large` (784-1024-1024-10): ReLU, softmax cross-entropy with integer labels,
// plain SGD. Everything is generated from one seed, so that every engine, page and machine trains on the same numbers.

import type { Dataset, MlpModel, Params, Workload } from '../engines/engine.ts'
import { drawn, glorot, permutation, uniform } from './random.ts'

const features = 784
const classes = 10
// A multiple of every batch size up to 8192, twice the largest; 51 MB as float32, below every default binding limit.
const defaultCount = 16384

/**
 * Images `[count, ...sampleShape]`, each its class's prototype (a quarter of the pixels lit, about MNIST's density) with a
 * fifth of the pixels redrawn: learnable, but not at once, so that the loss moves at every step of the check.
 */
export function generatedImages(count: number, sampleShape: readonly number[]): Dataset {
  const random = uniform(1)
  const pixel = () => (random() < 0.25 ? 128 + Math.floor(random() * 128) : 0)
  const prototypes = Uint8Array.from({ length: classes * features }, pixel)
  const inputs = new Uint8Array(count * features)
  const targets = new Uint8Array(count)
  for (let sample = 0; sample < count; sample++) {
    const label = Math.floor(random() * classes)
    targets[sample] = label
    for (let feature = 0; feature < features; feature++) {
      const redrawn = random() < 0.2 ? pixel() : (prototypes[label * features + feature] ?? 0)
      inputs[sample * features + feature] = redrawn
    }
  }
  return { count, sampleShape, classes, inputs, targets }
}

/** Glorot-uniform weights; the biases are small but not zero, so that an engine which drops one is caught. */
export function mlpParams({ hidden }: MlpModel): Params {
  const random = uniform(2)
  const widths = [features, ...hidden, classes]
  return Object.fromEntries(
    hidden.concat(classes).flatMap((width, layer) => {
      const inputs = widths[layer] ?? 0
      return [
        [`kernel${layer}`, drawn(random, [inputs, width], glorot(inputs, width))],
        [`bias${layer}`, drawn(random, [width], 0.05)],
      ]
    }),
  )
}

/** The workload with these hidden layers; `count` samples. */
export function mlpWorkload(hidden: readonly number[], learningRate: number, count = defaultCount): Workload {
  const model: MlpModel = { kind: 'mlp', features, hidden, classes }
  return {
    model,
    dataset: generatedImages(count, [features]),
    optimizer: { kind: 'sgd', learningRate },
    params: mlpParams(model),
    order: permutation(count, 3),
  }
}
