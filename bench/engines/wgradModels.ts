// The models as wgrad writes them: layers of `nn`, the loss per sample, and the given weights in the structure of the
// layers' parameters.

import { add, type HostArray, losses, mean, nn, slice, type Tensor } from 'wgrad'
import { blockNames, type Model, type Params, type TransformerModel, weight } from './engine.ts'

/** What `createTrainer` takes for a model: the model, its loss, and the weights to start from. */
export interface WgradModel {
  readonly model: nn.Layer
  readonly loss: (predictions: Tensor, targets: Tensor) => Tensor
  readonly initialParams: readonly unknown[]
}

/** `model` with the weights `params`. */
export function wgradModel(model: Model, params: Params): WgradModel {
  const host = (name: string): HostArray => ({ dtype: 'float32', ...weight(params, name) })
  const affine = (kernel: string, bias: string) => ({ kernel: host(kernel), bias: host(bias) })
  const loss = losses.softmaxCrossEntropy
  if (model.kind === 'mlp') {
    const widths = [...model.hidden, model.classes]
    const layers = widths.flatMap((width, layer) => [...(layer === 0 ? [] : [nn.relu()]), nn.dense(width)])
    const initialParams = widths.flatMap((_, layer) => [
      ...(layer === 0 ? [] : [{}]),
      affine(`kernel${layer}`, `bias${layer}`),
    ])
    return { model: nn.sequential(layers), loss, initialParams }
  }
  if (model.kind === 'cnn') {
    const conv = (filters: number) => [nn.conv2d(filters, 3, { padding: 'same' }), nn.relu(), nn.maxPool2d(2)]
    const [first, second] = model.channels
    return {
      model: nn.sequential([...conv(first), ...conv(second), nn.flatten(), nn.dense(model.classes)]),
      loss,
      initialParams: [
        affine('conv0', 'convBias0'),
        {},
        {},
        affine('conv1', 'convBias1'),
        {},
        {},
        {},
        affine('kernel', 'bias'),
      ],
    }
  }
  return transformer(model, host, affine)
}

function transformer(
  { vocabulary, length, features, heads, hidden, blocks }: TransformerModel,
  host: (name: string) => HostArray,
  affine: (kernel: string, bias: string) => unknown,
): WgradModel {
  const attend = () => residual(nn.sequential([nn.layerNorm(), nn.multiHeadAttention(heads, { causal: true })]))
  const think = () =>
    residual(nn.sequential([nn.layerNorm(), nn.dense(hidden), nn.gelu({ approximate: true }), nn.dense(features)]))
  const each = Array.from({ length: blocks }, (_, block) => block)
  const norm = (names: { scale: string; offset: string }) => ({ scale: host(names.scale), offset: host(names.offset) })
  return {
    model: nn.sequential([
      nn.embedding(vocabulary, features),
      positions(length, features),
      ...each.flatMap(() => [attend(), think()]),
      nn.layerNorm(),
      nn.dense(vocabulary),
    ]),
    loss: (logits, tokens) => mean(losses.softmaxCrossEntropy(logits, tokens), -1),
    initialParams: [
      { table: host('tokens') },
      { table: host('positions') },
      ...each.flatMap((block) => {
        const names = blockNames(block)
        const dense = ({ kernel, bias }: { kernel: string; bias: string }) => affine(kernel, bias)
        const { query, key, value, output } = names
        return [
          [
            norm(names.attentionNorm),
            { query: dense(query), key: dense(key), value: dense(value), output: dense(output) },
          ],
          [norm(names.mlpNorm), dense(names.up), {}, dense(names.down)],
        ]
      }),
      norm({ scale: 'normScale', offset: 'normOffset' }),
      affine('kernel', 'bias'),
    ],
  }
}

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
function positions(length: number, features: number): nn.Layer<{ readonly table: Tensor }, nn.Empty> {
  return {
    ...nn.embedding(length, features),
    apply: ({ params }, x) => ({ output: add(x, slice(params.table, [0, 0], [length, features])), state: {} }),
    outputShape: (inputShape) => inputShape,
  }
}
