// The workload `transformer`: 4 pre-norm blocks, d = 128, sequence 128, 4 heads, causal, MLP of 4d with the tanh form of
// GELU, vocabulary 64; Adam 1e-3. The sequences follow a rule with some noise, so that there is something to learn.

import { blockNames, type Dataset, type HostTensor, type TransformerModel, type Workload } from '../engines/engine.ts'
import { drawn, glorot, permutation, uniform } from './random.ts'

const model: TransformerModel = {
  kind: 'transformer',
  vocabulary: 64,
  length: 128,
  features: 128,
  heads: 4,
  hidden: 512,
  blocks: 4,
}
const count = 512

/** A token is 3 times the one before plus 0 or (one time in four) 1, modulo the vocabulary; targets are the next tokens. */
function sequences(): Dataset {
  const random = uniform(21)
  const { length, vocabulary } = model
  const inputs = new Int32Array(count * length)
  const targets = new Int32Array(count * length)
  for (let sample = 0; sample < count; sample++) {
    let token = Math.floor(random() * vocabulary)
    for (let position = 0; position < length; position++) {
      inputs[sample * length + position] = token
      token = (token * 3 + (random() < 0.25 ? 1 : 0)) % vocabulary
      targets[sample * length + position] = token
    }
  }
  return { count, sampleShape: [length], classes: vocabulary, inputs, targets }
}

export function transformerWorkload(): Workload {
  const random = uniform(22)
  const { vocabulary, length, features, hidden } = model
  const dense = (names: { kernel: string; bias: string }, inputs: number, outputs: number): [string, HostTensor][] => [
    [names.kernel, drawn(random, [inputs, outputs], glorot(inputs, outputs))],
    [names.bias, drawn(random, [outputs], 0.02)],
  ]
  const norm = (names: { scale: string; offset: string }): [string, HostTensor][] => [
    [names.scale, drawn(random, [features], 0.1, 1)],
    [names.offset, drawn(random, [features], 0.02)],
  ]
  const blocks = Array.from({ length: model.blocks }, (_, block) => {
    const names = blockNames(block)
    const projections = [names.query, names.key, names.value, names.output]
    return [
      ...norm(names.attentionNorm),
      ...projections.flatMap((projection) => dense(projection, features, features)),
      ...norm(names.mlpNorm),
      ...dense(names.up, features, hidden),
      ...dense(names.down, hidden, features),
    ]
  })
  return {
    model,
    dataset: sequences(),
    optimizer: { kind: 'adam', learningRate: 1e-3 },
    params: Object.fromEntries([
      ['tokens', drawn(random, [vocabulary, features], 0.05)],
      ['positions', drawn(random, [length, features], 0.05)],
      ...blocks.flat(),
      ...norm({ scale: 'normScale', offset: 'normOffset' }),
      ...dense({ kernel: 'kernel', bias: 'bias' }, features, vocabulary),
    ]),
    order: permutation(count, 23),
  }
}
