// The models as jax-js writes them. Its convolutions are channels first, so images, kernels and the rows of the CNN's dense
// layer are put in that order on the host, once.

import { lax, nn, numpy as np } from '@jax-js/jax'
import { blockNames, weight } from '../engines/engine.ts'
import type { CnnModel, Dataset, HostTensor, MlpModel, Model, Params, TransformerModel } from '../engines/engine.ts'

// A type alias, not an interface: jax-js's tree types ask for that.
export type Weights = { [name: string]: np.Array }

/** All samples on the device: images as float32 in [0, 1], tokens as int32. */
export function jaxInputs(model: Model, { count, sampleShape, inputs }: Dataset): np.Array {
  if (model.kind === 'transformer') {
    return np.array(Int32Array.from(inputs), { dtype: np.int32, shape: [count, ...sampleShape] })
  }
  // one channel: channels first and channels last are the same numbers
  const shape = model.kind === 'cnn' ? [count, 1, model.side, model.side] : [count, ...sampleShape]
  return np.array(
    Float32Array.from(inputs, (pixel) => pixel / 255),
    { shape },
  )
}

/** The weights on the device. */
export function jaxParams(model: Model, params: Params): Weights {
  return Object.fromEntries(
    Object.entries(params).map(([name, host]) => {
      const { shape, data } = model.kind === 'cnn' ? channelsFirst(model, name, host) : host
      return [name, np.array(data, { shape: [...shape] })]
    }),
  )
}

/** The logits of a batch; consumes `weights` and `x`. */
export function jaxLogits(model: Model, weights: Weights, x: np.Array): np.Array {
  if (model.kind === 'mlp') return mlp(model, weights, x)
  if (model.kind === 'cnn') return cnn(weights, x)
  return transformer(model, weights, x)
}

function mlp({ hidden }: MlpModel, weights: Weights, x: np.Array): np.Array {
  let activation = x
  for (let layer = 0; layer <= hidden.length; layer++) {
    if (layer > 0) activation = nn.relu(activation)
    activation = np.dot(activation, weight(weights, `kernel${layer}`)).add(weight(weights, `bias${layer}`))
  }
  return activation
}

function cnn(weights: Weights, x: np.Array): np.Array {
  let maps = x
  for (const layer of [0, 1]) {
    const bias = weight(weights, `convBias${layer}`)
    const convolved = lax.conv(maps, weight(weights, `conv${layer}`), [1, 1], 'SAME')
    maps = lax.reduceWindow(nn.relu(convolved.add(bias.reshape([-1, 1, 1]))), np.max, [2, 2], [2, 2])
  }
  const [batch = 0] = maps.shape
  return np.dot(maps.reshape([batch, -1]), weight(weights, 'kernel')).add(weight(weights, 'bias'))
}

function transformer(model: TransformerModel, weights: Weights, tokens: np.Array): np.Array {
  const { features, heads } = model
  const [batch = 0, length = 0] = tokens.shape
  const dense = (input: np.Array, names: { kernel: string; bias: string }): np.Array =>
    np.dot(input, weight(weights, names.kernel)).add(weight(weights, names.bias))
  const norm = (input: np.Array, names: { scale: string; offset: string }): np.Array =>
    nn.standardize(input).mul(weight(weights, names.scale)).add(weight(weights, names.offset))
  const split = (input: np.Array): np.Array => input.reshape([batch, length, heads, features / heads])
  let x = weight(weights, 'tokens').slice(tokens).add(weight(weights, 'positions'))
  for (let block = 0; block < model.blocks; block++) {
    const names = blockNames(block)
    const normed = norm(x.ref, names.attentionNorm)
    const attended = nn.dotProductAttention(
      split(dense(normed.ref, names.query)),
      split(dense(normed.ref, names.key)),
      split(dense(normed, names.value)),
      { isCausal: true },
    )
    x = x.add(dense(attended.reshape([batch, length, features]), names.output))
    const hidden = nn.gelu(dense(norm(x.ref, names.mlpNorm), names.up), { approximate: true })
    x = x.add(dense(hidden, names.down))
  }
  const normed = norm(x, { scale: 'normScale', offset: 'normOffset' })
  return dense(normed, { kernel: 'kernel', bias: 'bias' })
}

/** A weight of the CNN in channels-first order. */
function channelsFirst({ side, channels }: CnnModel, name: string, host: HostTensor): HostTensor {
  if (name === 'conv0' || name === 'conv1') return transposed(host, [3, 2, 0, 1])
  if (name !== 'kernel') return host
  const [, classes = 0] = host.shape
  const maps = transposed({ data: host.data, shape: [side / 4, side / 4, channels[1], classes] }, [2, 0, 1, 3])
  return { data: maps.data, shape: host.shape }
}

/** A row-major tensor of four axes with the axes in another order. */
function transposed({ shape, data }: HostTensor, axes: readonly number[]): HostTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1))
  const extents = axes.map((axis) => shape[axis] ?? 0)
  const steps = axes.map((axis) => strides[axis] ?? 0)
  const result = new Float32Array(data.length)
  for (let at = 0; at < result.length; at++) {
    let rest = at
    let from = 0
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      const extent = extents[axis] ?? 1
      from += (rest % extent) * (steps[axis] ?? 0)
      rest = Math.floor(rest / extent)
    }
    result[at] = data[from] ?? NaN
  }
  return { shape: extents, data: result }
}
