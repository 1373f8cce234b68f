// The models as TF.js writes them, channels last. Dense layers and convolutions are the fused ones that its own layers use.

import * as tf from '@tensorflow/tfjs'
import { blockNames, weight } from '../engines/engine.ts'
import type { MlpModel, Model, TransformerModel } from '../engines/engine.ts'

type Weights = Readonly<Record<string, tf.Tensor>>

/** The logits of a batch. */
export function tfjsLogits(model: Model, weights: Weights, x: tf.Tensor): tf.Tensor {
  if (model.kind === 'mlp') return mlp(model, weights, x)
  if (model.kind === 'cnn') return cnn(weights, x)
  return transformer(model, weights, x)
}

/** A dense layer along the last axis. */
function dense(weights: Weights, x: tf.Tensor, kernel: string, bias: string, activation: 'linear' | 'relu' = 'linear') {
  const [features = 0, units = 0] = weight(weights, kernel).shape
  const rows: tf.Tensor2D = x.reshape([-1, features])
  const b: tf.Tensor2D = weight(weights, kernel).as2D(features, units)
  const product = tf.fused.matMul({ a: rows, b, bias: weight(weights, bias), activation })
  return product.reshape([...x.shape.slice(0, -1), units])
}

function mlp({ hidden }: MlpModel, weights: Weights, x: tf.Tensor): tf.Tensor {
  return [...hidden, 0].reduce<tf.Tensor>(
    (input, _, layer) =>
      dense(weights, input, `kernel${layer}`, `bias${layer}`, layer < hidden.length ? 'relu' : 'linear'),
    x,
  )
}

function cnn(weights: Weights, x: tf.Tensor): tf.Tensor {
  let maps: tf.Tensor4D = x.as4D(x.shape[0] ?? 0, x.shape[1] ?? 0, x.shape[2] ?? 0, x.shape[3] ?? 0)
  for (const layer of [0, 1]) {
    const [height = 0, width = 0, inputs = 0, outputs = 0] = weight(weights, `conv${layer}`).shape
    const filter = weight(weights, `conv${layer}`).as4D(height, width, inputs, outputs)
    const bias = weight(weights, `convBias${layer}`)
    const convolved = tf.fused.conv2d({ x: maps, filter, strides: 1, pad: 'same', bias, activation: 'relu' })
    maps = tf.maxPool(convolved, 2, 2, 'valid')
  }
  return dense(weights, maps.reshape([maps.shape[0], -1]), 'kernel', 'bias')
}

function transformer(model: TransformerModel, weights: Weights, tokens: tf.Tensor): tf.Tensor {
  const { features, heads, length } = model
  const batch = tokens.shape[0] ?? 0
  const scale = 1 / Math.sqrt(features / heads)
  // large, but finite: what is masked vanishes in the softmax
  const mask = tf.linalg
    .bandPart(tf.ones([length, length]), -1, 0)
    .sub(1)
    .mul(1e9)
  const norm = (x: tf.Tensor, names: { scale: string; offset: string }): tf.Tensor => {
    const { mean, variance } = tf.moments(x, -1, true)
    const standardized = x.sub(mean).mul(variance.add(1e-5).rsqrt())
    return standardized.mul(weight(weights, names.scale)).add(weight(weights, names.offset))
  }
  const named = (x: tf.Tensor, names: { kernel: string; bias: string }): tf.Tensor =>
    dense(weights, x, names.kernel, names.bias)
  const split = (x: tf.Tensor): tf.Tensor => x.reshape([batch, length, heads, -1]).transpose([0, 2, 1, 3])
  let x: tf.Tensor = tf.gather(weight(weights, 'tokens'), tokens.asType('int32')).add(weight(weights, 'positions'))
  for (let block = 0; block < model.blocks; block++) {
    const names = blockNames(block)
    const normed = norm(x, names.attentionNorm)
    const [q, k, v] = [names.query, names.key, names.value].map((projection) => split(named(normed, projection)))
    if (q === undefined || k === undefined || v === undefined) throw new Error('three projections')
    const scores = tf.matMul(q, k, false, true).mul(scale).add(mask)
    const attended = tf.matMul(tf.softmax(scores), v).transpose([0, 2, 1, 3]).reshape([batch, length, features])
    x = x.add(named(attended, names.output))
    x = x.add(named(gelu(named(norm(x, names.mlpNorm), names.up)), names.down))
  }
  return named(norm(x, { scale: 'normScale', offset: 'normOffset' }), { kernel: 'kernel', bias: 'bias' })
}

/** GELU in its tanh form; TF.js has it in neither core nor layers. */
function gelu(x: tf.Tensor): tf.Tensor {
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI))
  return x.mul(0.5).mul(inner.tanh().add(1))
}
