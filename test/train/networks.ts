// Follows cnn.json and transformer.json with createTrainer: PyTorch's initial weights, batches and losses.

import { add, createTrainer, type Device, losses, mean, nn, optim, slice, type Tensor } from 'wgrad'
import { CNN, cnnImages, cnnLabels, cnnParams, networkGolden, tokenPairs, TRAINING, TRANSFORMER, transformerParams } from '../goldens/networks.ts' // prettier-ignore

/** conv-relu-pool twice, then a dense layer. */
export const cnnModel = () =>
  nn.sequential([
    nn.conv2d(8, 3, { padding: 'same' }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(16, 3),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.dense(CNN.classes),
  ])

/** `x + inner(x)`. */
function residual<P extends nn.TensorTree, S extends nn.TensorTree>(inner: nn.Layer<P, S>): nn.Layer<P, S> {
  return {
    ...inner,
    apply: (variables, x, mode) => {
      const { output, state } = inner.apply(variables, x, mode)
      return { output: add(x, output), state }
    },
    outputShape: (inputShape) => inputShape,
  }
}

/** Adds a trained row per position. */
const positions = (length: number, features: number): nn.Layer<{ readonly table: Tensor }, nn.Empty> => ({
  ...nn.embedding(length, features),
  apply: ({ params }, x) => ({ output: add(x, slice(params.table, [0, 0], [x.shape[1]!, features])), state: {} }),
  outputShape: (inputShape) => inputShape,
})

/** Two blocks of pre-layer-norm causal attention and MLP between embeddings and logits. */
export function transformerModel() {
  const { vocabulary, length, features, heads, hidden } = TRANSFORMER
  const attend = () => residual(nn.sequential([nn.layerNorm(), nn.multiHeadAttention(heads, { causal: true })]))
  const think = () =>
    residual(nn.sequential([nn.layerNorm(), nn.dense(hidden), nn.gelu({ approximate: true }), nn.dense(features)]))
  return nn.sequential([
    nn.embedding(vocabulary, features),
    positions(length, features),
    attend(),
    think(),
    attend(),
    think(),
    nn.layerNorm(),
    nn.dense(vocabulary),
  ])
}

const optimizer = () => optim.sgd({ learningRate: TRAINING.learningRate, momentum: TRAINING.momentum })
const inOrder = (samples: number) => (): Uint32Array => Uint32Array.from({ length: samples }, (_, i) => i)

/** A trainer that starts where the golden's run starts. */
export function networkTrainer(name: 'cnn' | 'transformer', device: Device) {
  if (name === 'cnn') {
    return createTrainer({
      model: cnnModel(),
      loss: losses.softmaxCrossEntropy,
      optimizer: optimizer(),
      data: { train: { inputs: cnnImages(), targets: cnnLabels() } },
      batchSize: CNN.batchSize,
      order: inOrder(CNN.samples),
      initialParams: cnnParams(),
      device,
    })
  }
  return createTrainer({
    model: transformerModel(),
    loss: (logits, tokens) => mean(losses.softmaxCrossEntropy(logits, tokens), -1),
    optimizer: optimizer(),
    data: { train: tokenPairs() },
    batchSize: TRANSFORMER.batchSize,
    order: inOrder(TRANSFORMER.samples),
    initialParams: transformerParams(),
    device,
  })
}

/** The largest relative difference of any step's loss from PyTorch's float64 run, and the number of steps. */
export async function followNetwork(
  name: 'cnn' | 'transformer',
  device: Device,
): Promise<{ losses: number; steps: number }> {
  const trainer = await networkTrainer(name, device)
  const seen: number[] = []
  for await (const report of trainer.run({ steps: TRAINING.steps })) seen.push(...report.losses)
  await trainer.dispose()
  const differences = networkGolden(name).float64.map((expected, i) => Math.abs(seen[i]! - expected) / expected)
  return { losses: Math.max(...differences), steps: seen.length }
}
