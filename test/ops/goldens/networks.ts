// Convolutions, pools, resizing, normalisation, attention and losses. The goldens' data lies channels first; wgrad's channels are
// last, unless `layout` says otherwise.

import type { Tensor } from '../../../src/ir/tensor.ts'
import * as ops from '../../../src/ops/index.ts'
import * as losses from '../../../src/ops/losses.ts'
import type { OpParams } from '../../goldens/read.ts'
import { type Call, channelsFirst, channelsLast, type Table } from './table.ts'

type Convolution = (x: Tensor, kernel: Tensor, options: ops.ConvolutionOptions) => Tensor

/** In either layout; PyTorch's kernel `[F, C / groups, ...window]` becomes `[...window, C / groups, F]`. */
const convolution =
  (op: Convolution): Call =>
  ([x, kernel], params) => {
    if (params.layout === 'channelsFirst') return op(x!, kernel!, params)
    const window = kernel!.shape.slice(2).map((_, axis) => axis + 2)
    return channelsFirst(op(channelsLast(x!), ops.transpose(kernel!, [...window, 1, 0]), params))
  }

const pool =
  (op: (x: Tensor, window: readonly number[], options: OpParams) => Tensor): Call =>
  ([x], params) =>
    channelsFirst(op(channelsLast(x!), params.window!, params))

const CONVOLUTIONS: Table = {
  conv1d: convolution(ops.conv1d),
  conv2d: convolution(ops.conv2d),
  conv3d: convolution(ops.conv3d),
  conv1dTranspose: convolution(ops.conv1dTranspose),
  conv2dTranspose: convolution(ops.conv2dTranspose),
  depthwiseConv2d: ([x, kernel], { strides, padding, dilation, multiplier }) => {
    // [C · multiplier, 1, kh, kw] to [kh, kw, C, multiplier]
    const [outputs, , height, width] = kernel!.shape
    const split = ops.reshape(kernel!, [outputs! / multiplier!, multiplier!, height!, width!])
    const options = { strides: strides!, padding: padding!, dilation: dilation! }
    return channelsFirst(ops.depthwiseConv2d(channelsLast(x!), ops.transpose(split, [2, 3, 0, 1]), options))
  },
  maxPool1d: pool(ops.maxPool1d),
  maxPool2d: pool(ops.maxPool2d),
  avgPool1d: pool(ops.avgPool1d),
  avgPool2d: pool(ops.avgPool2d),
  globalMaxPool: ([x]) => ops.globalMaxPool(channelsLast(x!)),
  globalAveragePool: ([x]) => ops.globalAveragePool(channelsLast(x!)),
  resize: ([x], { size, method, alignCorners = false }) =>
    channelsFirst(ops.resize(channelsLast(x!), size!, { method: method!, alignCorners })),
}

/** Scale and offset, where a golden has them. */
const affine = (scale: Tensor | undefined, offset: Tensor | undefined) => ({
  ...(scale === undefined ? {} : { scale }),
  ...(offset === undefined ? {} : { offset }),
})

const NORMALIZATION: Table = {
  batchNorm: ([given, ...others], { epsilon, ofBatch }) => {
    const x = channelsLast(given!)
    const [mean, variance] = ofBatch ? [] : others.splice(0, 2)
    const statistics = ofBatch ? ops.batchStatistics(x) : { mean: mean!, variance: variance! }
    return channelsFirst(ops.batchNorm(x, { ...statistics, ...affine(others[0], others[1]), epsilon: epsilon! }))
  },
  batchStatistics: ([x], { statistic }) => ops.batchStatistics(channelsLast(x!))[statistic!],
  layerNorm: ([x, scale, offset], { axes, epsilon }) =>
    ops.layerNorm(x!, { ...affine(scale, offset), axes: axes!, epsilon: epsilon! }),
  rmsNorm: ([x, scale], { epsilon }) => ops.rmsNorm(x!, { ...affine(scale, undefined), epsilon: epsilon! }),
  groupNorm: ([x, scale, offset], { groups, epsilon }) =>
    channelsFirst(ops.groupNorm(channelsLast(x!), groups!, { ...affine(scale, offset), epsilon: epsilon! })),
  instanceNorm: ([x, scale, offset], { epsilon }) =>
    channelsFirst(ops.instanceNorm(channelsLast(x!), { ...affine(scale, offset), epsilon: epsilon! })),
  attention: ([q, k, v, mask], { causal = false, scale }) =>
    ops.attention(q!, k!, v!, { causal, ...(mask === undefined ? {} : { mask }), ...(scale === undefined ? {} : { scale }) }), // prettier-ignore
}

const loss =
  (op: (x: Tensor, y: Tensor, options: OpParams) => Tensor): Call =>
  ([x, y], params) =>
    op(x!, y!, { reduction: 'mean', ...params })

const LOSSES: Table = {
  softmaxCrossEntropy: loss(losses.softmaxCrossEntropy),
  sigmoidBinaryCrossEntropy: loss(losses.sigmoidBinaryCrossEntropy),
  meanSquaredError: loss(losses.meanSquaredError),
  meanAbsoluteError: loss(losses.meanAbsoluteError),
  huber: loss(losses.huber),
  hinge: loss(losses.hinge),
  logCosh: loss(losses.logCosh),
  klDivergence: loss(losses.klDivergence),
  // a loss here: the negative of PyTorch's cosine_similarity
  cosineSimilarity: loss((x, y, options) => ops.neg(losses.cosineSimilarity(x, y, options))),
}

/** Operations of `ops-convolution.json`, `ops-nn.json` and `ops-losses.json`. */
export const NETWORKS: Table = { ...CONVOLUTIONS, ...NORMALIZATION, ...LOSSES }
