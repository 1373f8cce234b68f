// The training workloads by name, and what one step of each costs.

import type { Model, Workload } from '../engines/engine.ts'
import { cnnWorkload } from './cnn.ts'
import { mlpWorkload } from './mlp.ts'
import { transformerWorkload } from './transformer.ts'

const makers: Readonly<Record<string, () => Workload>> = {
  mlp: () => mlpWorkload([128], 0.05),
  'mlp-large': () => mlpWorkload([1024, 1024], 0.05),
  cnn: cnnWorkload,
  transformer: transformerWorkload,
  // few samples: making them is no part of a cold start
  cold: () => mlpWorkload([128], 0.05, 128),
}

/** The workload of that name. */
export function makeWorkload(name: string): Workload {
  const make = makers[name]
  if (make === undefined) throw new Error(`no workload ${name}`)
  return make()
}

/**
 * Floating-point operations of one training step, a multiply-add counted as two, of matrix products and convolutions
 * only: forward, the same again for the weight gradients, and again for the data gradients, which the first layer of an
 * MLP or CNN does not need. Attention counts whole score matrices, since engines differ in what they skip of the masked half.
 */
export function flopsPerStep(model: Model, batchSize: number): number {
  if (model.kind === 'mlp') {
    const widths = [model.features, ...model.hidden, model.classes]
    const layers = widths.slice(1).map((width, layer) => width * (widths[layer] ?? 0))
    const all = layers.reduce((sum, products) => sum + products, 0)
    return 2 * batchSize * (3 * all - (layers[0] ?? 0))
  }
  if (model.kind === 'cnn') {
    const [first, second] = model.channels
    const pixels = model.side ** 2
    const conv0 = pixels * 9 * first
    const rest = (pixels / 4) * 9 * first * second + (pixels / 16) * second * model.classes
    return 2 * batchSize * (2 * conv0 + 3 * rest)
  }
  const { length, features, hidden, blocks, vocabulary } = model
  const block = 4 * features ** 2 + 2 * features * hidden + 2 * length * features
  return 2 * batchSize * length * 3 * (blocks * block + features * vocabulary)
}
