// The workload `cnn`: 28x28x1, conv3x3x16 relu maxpool2, conv3x3x32 relu maxpool2, dense10; Adam 1e-3.

import type { CnnModel, Workload } from '../engines/engine.ts'
import { generatedImages } from './mlp.ts'
import { drawn, glorot, permutation, uniform } from './random.ts'

const model: CnnModel = { kind: 'cnn', side: 28, channels: [16, 32], classes: 10 }
const count = 4096

export function cnnWorkload(): Workload {
  const random = uniform(12)
  const [first, second] = model.channels
  const flat = (model.side / 4) ** 2 * second
  return {
    model,
    dataset: generatedImages(count, [model.side, model.side, 1]),
    optimizer: { kind: 'adam', learningRate: 1e-3 },
    params: {
      conv0: drawn(random, [3, 3, 1, first], glorot(9, 9 * first)),
      convBias0: drawn(random, [first], 0.05),
      conv1: drawn(random, [3, 3, first, second], glorot(9 * first, 9 * second)),
      convBias1: drawn(random, [second], 0.05),
      kernel: drawn(random, [flat, model.classes], glorot(flat, model.classes)),
      bias: drawn(random, [model.classes], 0.05),
    },
    order: permutation(count, 13),
  }
}
