// Layers with weights over time or heads, whose parameters a golden gives as inputs after `x`.

import * as nn from '../../../src/nn/index.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import type { Call, Table } from './table.ts'

const MODE = { training: false } as const

const recurrent =
  (layer: typeof nn.lstm): Call =>
  ([x, kernel, recurrentKernel, bias, recurrentBias], { units, returnSequences }) => {
    const biases = recurrentBias === undefined ? { bias: bias! } : { bias: bias!, recurrentBias }
    const params = { kernel: kernel!, recurrentKernel: recurrentKernel!, ...biases }
    return layer(units!, { returnSequences: returnSequences! }).apply({ params, state: {} }, x!, MODE).output
  }

/** Operations of `ops-layers.json`. */
export const LAYERS: Table = {
  simpleRnn: recurrent(nn.simpleRnn),
  lstm: recurrent(nn.lstm),
  gru: recurrent(nn.gru),
  multiHeadAttention: ([x, ...weights], { heads, causal }) => {
    const projection = (i: number): { kernel: Tensor; bias: Tensor } => ({
      kernel: weights[2 * i]!,
      bias: weights[2 * i + 1]!,
    })
    const params = { query: projection(0), key: projection(1), value: projection(2), output: projection(3) }
    return nn.multiHeadAttention(heads!, { causal: causal! }).apply({ params, state: {} }, x!, MODE).output
  },
}
