// Convolution, normalisation, embedding, attention and recurrent layers: PyTorch's values in float64, shapes, first values, errors.

import { describe, expect, test } from 'vitest'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { slice } from '../../src/ops/shaping.ts'
import { ones } from '../../src/ops/creation.ts'
import { sum } from '../../src/ops/reductions.ts'
import { key } from '../../src/random/index.ts'
import { readArray, readData, tensor } from '../../src/runtime/host.ts'
import { numbers, ROUNDING, worstError } from './numbers.ts'

const PREDICT = { training: false }
const TRAIN = { training: true }
const image = () => numbers([1, 4, 5, 2])
const kernel = (shape: number[]) => numbers(shape, { a: 13, b: 5 })
const bias = (count: number) => numbers([count], { a: 7, b: 1 })

/** The output of a layer with given parameters. */
const run = <P extends nn.TensorTree>(layer: nn.Layer<P, nn.Empty>, params: P, x: Tensor): Tensor =>
  layer.apply({ params, state: {} }, x, PREDICT).output

/** The shapes of a layer's parameters, once its output has the shape that it says. */
function shapesOf(layer: nn.Layer, inputShape: number[], x: Tensor): Record<string, unknown> {
  const variables = layer.init(key(0), inputShape)
  expect(layer.apply(variables, x, PREDICT).output.shape).toEqual([x.shape[0], ...layer.outputShape(inputShape)])
  return Object.fromEntries(
    Object.entries(variables.params as Record<string, Tensor>).map(([name, { shape }]) => [name, shape]),
  )
}

describe('convolution layers', () => {
  test('have the values of PyTorch', async () => {
    const two = run(nn.conv2d(3, 3, { strides: 2, padding: 1 }), { kernel: kernel([3, 3, 2, 3]), bias: bias(3) }, image()) // prettier-ignore
    expect(two.shape).toEqual([1, 2, 3, 3])
    expect(await worstError(two, [-2.921875, 10.4375, -1.453125, -8.8359375, -10.25, -2.1640625, 7.140625, 0.1875, -5.515625, -2.1015625, -7.953125, -6.5546875, 13.62109375, 8.2109375, -10.19921875, -10.7578125, -3.078125, 15.3515625])).toBeLessThan(ROUNDING) // prettier-ignore
    const rows = numbers([4, 5, 2])
    expect(await worstError(run(nn.conv1d(3, 3), { kernel: kernel([3, 2, 3]), bias: bias(3) }, rows), [6.84765625, -0.1796875, -4.70703125, -0.62890625, 5.640625, -1.58984375, -4.60546875, -1.0390625, 5.02734375, -4.53515625, -5.828125, -4.62109375, 7.23828125, -0.0078125, -4.75390625, -0.23828125, 5.8125, -1.63671875, -6.41796875, -5.2265625, -1.53515625, -4.14453125, -5.65625, -4.66796875, 1.62890625, -2.5859375, -4.30078125, -4.80078125, -1.125, 5.05078125, -5.77734375, -1.5546875, 5.16796875, -7.00390625, -5.484375, -1.46484375])).toBeLessThan(ROUNDING) // prettier-ignore
    const grown = run(nn.conv2dTranspose(3, 2, { strides: 2 }), { kernel: kernel([2, 2, 3, 2]), bias: bias(3) }, image()) // prettier-ignore
    expect(grown.shape).toEqual([1, 8, 10, 3])
    expect(await worstError(sum(grown, [1, 2]), [-157.9375, -119.8125, -83.6875])).toBeLessThan(ROUNDING)
    expect(await worstError(slice(grown, [0, 0, 0, 0], [1, 2, 2, 3]), [-0.59765625, -0.66796875, -4.73828125, -0.87109375, -0.94140625, 0.23828125, -1.14453125, -5.21484375, -0.03515625, -1.41796875, -0.23828125, -0.30859375])).toBeLessThan(ROUNDING) // prettier-ignore
    const deep = run(nn.depthwiseConv2d(2, { multiplier: 2 }), { kernel: kernel([2, 2, 2, 2]), bias: bias(4) }, image())
    expect(deep.shape).toEqual([1, 3, 4, 4])
    expect(await worstError(sum(deep, [1, 2]), [-21.75, -7.375, -7.3125, -8.25])).toBeLessThan(ROUNDING)
    expect(
      await worstError(slice(deep, [0, 0, 0, 0], [1, 1, 1, 4]), [0.578125, 2.34375, -1.375, -1.09375]),
    ).toBeLessThan(ROUNDING)
  })

  test('have the shapes that they say', () => {
    const x = ones([2, 7, 6, 4])
    const same = { padding: 'same', strides: 2 } as const
    expect(shapesOf(nn.conv2d(8, [3, 2], same), [7, 6, 4], x)).toEqual({ kernel: [3, 2, 4, 8], bias: [8] })
    expect(shapesOf(nn.conv2d(8, 3, { groups: 2, bias: false }), [7, 6, 4], x)).toEqual({ kernel: [3, 3, 2, 8] })
    expect(shapesOf(nn.conv2dTranspose(6, 3, same), [7, 6, 4], x)).toEqual({ kernel: [3, 3, 6, 4], bias: [6] })
    expect(shapesOf(nn.conv2dTranspose(6, 3, { groups: 2 }), [7, 6, 4], x)).toEqual({ kernel: [3, 3, 3, 4], bias: [6] })
    expect(shapesOf(nn.depthwiseConv2d(3, { multiplier: 2 }), [7, 6, 4], x)).toEqual({
      kernel: [3, 3, 4, 2],
      bias: [8],
    })
    expect(shapesOf(nn.conv1d(5, 3, { dilation: 2 }), [7, 4], ones([2, 7, 4]))).toEqual({
      kernel: [3, 4, 5],
      bias: [5],
    })
    expect(nn.conv2dTranspose(6, 3, same).outputShape([7, 6, 4])).toEqual([14, 12, 6])
  })

  test('start Glorot uniform over the fans of a window position, biases at zero', async () => {
    const { params } = nn.conv2d(32, 3).init(key(0), [8, 8, 16])
    const limit = Math.sqrt(6 / (9 * 16 + 9 * 32))
    const values = [...(await readData(params.kernel))].map(Math.abs)
    expect(Math.max(...values)).toBeLessThanOrEqual(limit)
    expect(Math.max(...values)).toBeGreaterThan(0.98 * limit)
    expect(new Set(await readData(params.bias!))).toEqual(new Set([0]))
    // in two groups an output reads half of the channels
    const halves = nn.conv2d(32, 3, { groups: 2, kernelInitializer: (_k, shape, { fanIn, fanOut }) => ones([...shape.slice(0, 3), fanIn, fanOut].slice(0, 4)) }) // prettier-ignore
    expect(() => halves.init(key(0), [8, 8, 16])).toThrow('[3, 3, 8, 72]')
  })

  test('have derivatives', async () => {
    const layer = nn.conv2d(2, 2, { strides: 2, padding: 'same' })
    const apply = (params: nn.ConvParams, x: Tensor): Tensor => run(layer, params, x)
    const params = { kernel: kernel([2, 2, 2, 2]), bias: bias(2) }
    expect((await checkGradients(apply, [params, numbers([1, 3, 2, 2])], { order: 2 })).worst).toBeLessThan(1)
  })

  test('refuse what does not fit', () => {
    expect(() => nn.conv2d(0, 3)).toThrow(ArgumentError)
    expect(() => nn.conv2d(4, [3, 3, 3])).toThrow(ArgumentError)
    expect(() => nn.conv2d(4, 3, { groups: 3 })).toThrow('groups must be a positive integer that divides the 4 filters')
    expect(() => nn.conv2d(4, 3, { groups: 2 }).init(key(0), [5, 5, 3])).toThrow('divides the 3 input channels')
    expect(() => nn.conv2d(4, 3).init(key(0), [28, 28])).toThrow(
      'conv2d(4, 3): expected samples of 2 spatial axes and channels, got [28, 28]',
    )
    expect(() => nn.conv2d(4, 5).init(key(0), [4, 4, 1])).toThrow(ShapeError)
  })
})

describe('pooling layers', () => {
  test('pool windows and say their shapes', async () => {
    const x = tensor([
      [
        [[1], [2], [5]],
        [[3], [4], [6]],
        [[7], [8], [9]],
      ],
    ])
    const plain = (layer: nn.Layer<nn.Empty, nn.Empty>) => run(layer, {}, x)
    expect(await readArray(plain(nn.maxPool2d(2)))).toEqual([[[[4]]]])
    expect(await readArray(plain(nn.avgPool2d(2, { strides: 1 })))).toEqual([
      [
        [[2.5], [4.25]],
        [[5.5], [6.75]],
      ],
    ])
    expect(await readArray(plain(nn.globalAveragePool()))).toEqual([[5]])
    expect(nn.maxPool2d([2, 3], { padding: 'same' }).outputShape([5, 7, 2])).toEqual([3, 3, 2])
    expect(nn.globalAveragePool().outputShape([5, 7, 2])).toEqual([2])
    expect(() => nn.maxPool2d(4).init(key(0), [3, 3, 1])).toThrow(ShapeError)
  })
})

describe('normalisation layers', () => {
  test('batchNorm trains by the batch, keeps running statistics, and predicts by them', async () => {
    const layer = nn.batchNorm({ momentum: 0.75, epsilon: 0 })
    const start = layer.init(key(0), [2])
    const x = tensor([[1, 10], [3, 14]]) // prettier-ignore
    const trained = layer.apply(start, x, TRAIN)
    expect(await readArray(trained.output)).toEqual([[-1, -1], [1, 1]]) // prettier-ignore
    expect(await readArray(trained.state.mean)).toEqual([0.5, 3])
    expect(await readArray(trained.state.variance)).toEqual([1, 1.75])
    const predicted = layer.apply({ params: start.params, state: trained.state }, x, PREDICT)
    expect(predicted.state).toBe(trained.state)
    const expected = [0.5, (10 - 3) / Math.sqrt(1.75), 2.5, (14 - 3) / Math.sqrt(1.75)]
    expect(await worstError(predicted.output, expected)).toBeLessThan(1e-6)
  })

  test('scale and offset start as ones and zeros, or are left out', async () => {
    const { params } = nn.groupNorm(2).init(key(0), [5, 5, 4])
    expect([await readArray(params.scale!), await readArray(params.offset!)]).toEqual([[1, 1, 1, 1], [0, 0, 0, 0]]) // prettier-ignore
    expect(nn.layerNorm({ scale: false, offset: false }).init(key(0), [4]).params).toEqual({})
    expect(Object.keys(nn.rmsNorm().init(key(0), [4]).params)).toEqual(['scale'])
  })

  test('parameters have the extents of what is normalised', () => {
    const x = ones([2, 3, 4])
    expect(shapesOf(nn.layerNorm(), [3, 4], x)).toEqual({ scale: [4], offset: [4] })
    expect(shapesOf(nn.layerNorm({ axes: [1, 2] }), [3, 4], x)).toEqual({ scale: [3, 4], offset: [3, 4] })
    expect(shapesOf(nn.rmsNorm({ axes: 1 }), [3, 4], x)).toEqual({ scale: [3] })
    expect(shapesOf(nn.groupNorm(2), [3, 4], x)).toEqual({ scale: [4], offset: [4] })
    expect(shapesOf(nn.instanceNorm(), [3, 4], x)).toEqual({ scale: [4], offset: [4] })
    expect(shapesOf(nn.batchNorm(), [3, 4], x)).toEqual({ scale: [4], offset: [4] })
  })

  test('parameters and options reach the operation', async () => {
    const x = tensor([[1, 3]], { dtype: 'float64' })
    const params = { scale: tensor([2, 4]), offset: tensor([10, 20]) }
    expect(await worstError(run(nn.layerNorm({ epsilon: 3 }), params, x), [9, 22])).toBeLessThan(ROUNDING)
    expect(await worstError(run(nn.rmsNorm({ epsilon: 4 }), { scale: tensor([3, 6]) }, x), [1, 6])).toBeLessThan(
      ROUNDING,
    )
    expect(await worstError(run(nn.groupNorm(1, { epsilon: 3 }), params, x), [9, 22])).toBeLessThan(ROUNDING)
    const column = tensor([[[1], [3]]], { dtype: 'float64' })
    expect(
      await worstError(run(nn.instanceNorm({ epsilon: 3 }), { scale: tensor([2]) }, column), [-1, 1]),
    ).toBeLessThan(ROUNDING)
  })

  test('refuse what does not fit', () => {
    expect(() => nn.layerNorm({ axes: [0, 1] }).init(key(0), [4])).toThrow('axis 0 counts the batch')
    expect(() => nn.groupNorm(3).init(key(0), [5, 4])).toThrow('do not divide the 4 channels')
    expect(() => nn.groupNorm(0)).toThrow(ArgumentError)
    expect(() => nn.batchNorm({ momentum: 1.5 })).toThrow(ArgumentError)
    expect(() => nn.batchNorm().init(key(0), [])).toThrow(ShapeError)
  })
})

describe('embedding', () => {
  test('takes the rows of its table, starting within ±0.05', async () => {
    const layer = nn.embedding(3, 2)
    const x = tensor([[0, 2, 9]], { dtype: 'int32' })
    const table = tensor([[1, 2], [3, 4], [5, 6]]) // prettier-ignore
    expect(await readArray(run(layer, { table }, x))).toEqual([[[1, 2], [5, 6], [5, 6]]]) // prettier-ignore
    expect(layer.outputShape([7])).toEqual([7, 2])
    const values = [...(await readData(nn.embedding(100, 8).init(key(0), [7]).params.table))].map(Math.abs)
    expect(Math.max(...values)).toBeLessThanOrEqual(0.05)
    expect(Math.max(...values)).toBeGreaterThan(0.049)
  })

  test('has derivatives by its table, and refuses floats', async () => {
    const layer = nn.embedding(3, 2)
    expect((await checkGradients((table: Tensor) => run(layer, { table }, tensor([2, 0, 2], { dtype: 'int32' })), [numbers([3, 2])])).worst).toBeLessThan(1) // prettier-ignore
    expect(() => run(layer, { table: ones([3, 2]) }, ones([2, 2]))).toThrow(DTypeError)
    expect(() => nn.embedding(0, 2)).toThrow(ArgumentError)
  })
})

describe('multiHeadAttention', () => {
  const projection = (a: number, b: number, c: number, d: number) => ({
    kernel: numbers([4, 4], { a, b, scale: 32 }),
    bias: numbers([4], { a: c, b: d, scale: 64 }),
  })
  const params = () => ({
    query: projection(13, 5, 5, 1),
    key: projection(19, 3, 7, 2),
    value: projection(29, 7, 9, 3),
    output: projection(23, 9, 11, 4),
  })

  test('has the values of PyTorch, causal or not', async () => {
    const x = numbers([1, 3, 4])
    expect(await worstError(run(nn.multiHeadAttention(2), params(), x), [-1.51960572778, -6.43844268902e-05, -0.669565295006, -0.711009783573, 0.775146373888, -1.6681992779, 0.0563497951515, 0.722245145237, 0.273302018106, -1.57745688327, 0.171985375018, 0.349223996067])).toBeLessThan(ROUNDING) // prettier-ignore
    expect(await worstError(run(nn.multiHeadAttention(2, { causal: true }), params(), x), [-3.13940429688, -1.3671875, 1.26440429688, -2.27587890625, -0.447078861931, -1.32381120412, 0.642900297289, -0.159411979797, 0.273302018106, -1.57745688327, 0.171985375018, 0.349223996067])).toBeLessThan(ROUNDING) // prettier-ignore
  })

  test('has derivatives', async () => {
    const layer = nn.multiHeadAttention(2, { causal: true })
    expect(
      (
        await checkGradients(
          (p: nn.MultiHeadAttentionParams, x: Tensor) => run(layer, p, x),
          [params(), numbers([1, 3, 4])],
        )
      ).worst,
    ).toBeLessThan(1)
  })

  test('shares key and value heads, and takes other features per head', () => {
    const layer = nn.multiHeadAttention(4, { keyValueHeads: 2, headFeatures: 3, bias: false })
    const variables = layer.init(key(0), [5, 8])
    const { query, key: keys, value, output } = variables.params
    expect([query, keys, value, output].map(({ kernel: each }) => each.shape)).toEqual([[8, 12], [8, 6], [8, 6], [12, 8]]) // prettier-ignore
    expect(layer.apply(variables, ones([2, 5, 8]), PREDICT).output.shape).toEqual([2, 5, 8])
    expect(layer.outputShape([5, 8])).toEqual([5, 8])
  })

  test('refuses heads that do not fit', () => {
    expect(() => nn.multiHeadAttention(3).init(key(0), [5, 8])).toThrow('8 features do not divide into 3 heads')
    expect(() => nn.multiHeadAttention(4, { keyValueHeads: 3 })).toThrow('keyValueHeads 3 must divide the 4 heads')
    expect(() => nn.multiHeadAttention(2).init(key(0), [8])).toThrow(ShapeError)
  })
})
