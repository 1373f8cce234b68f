// Layers: values, shapes, keys and errors.

import { expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { softmax, sum } from '../../src/ops/reductions.ts'
import { ones } from '../../src/ops/creation.ts'
import { key } from '../../src/random/index.ts'
import { readArray, readData, tensor } from '../../src/runtime/host.ts'
import { jit } from '../../src/runtime/jit.ts'

const PREDICT = { training: false }
const NOTHING = { params: {}, state: {} }

/** The output of a layer without variables. */
const run = (layer: nn.Layer<nn.Empty, nn.Empty>, x: Tensor, mode: nn.Mode = PREDICT): Tensor =>
  layer.apply(NOTHING, x, mode).output

test('dense multiplies by its kernel along the last axis and adds its bias', async () => {
  const layer = nn.dense(2)
  const params = {
    kernel: tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    bias: tensor([10, 20]),
  }
  const { output, state } = layer.apply(
    { params, state: {} },
    tensor([
      [1, 0, 1],
      [0, 1, 0],
    ]),
    PREDICT,
  )
  expect(await readArray(output)).toEqual([
    [16, 28],
    [13, 24],
  ])
  expect(state).toEqual({})
  const sequence = layer.apply({ params, state: {} }, tensor([[[1, 0, 1]], [[0, 1, 0]]]), PREDICT).output
  expect(await readArray(sequence)).toEqual([[[16, 28]], [[13, 24]]])
  expect(layer.outputShape([7, 3])).toEqual([7, 2])
})

test('dense starts with a Glorot uniform kernel and a bias of zeros, as in Keras', async () => {
  const { params } = nn.dense(50).init(key(0), [30])
  expect([params.kernel.shape, params.bias?.shape]).toEqual([[30, 50], [50]])
  const limit = Math.sqrt(6 / 80)
  const kernel = [...(await readData(params.kernel))]
  expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(limit)
  expect(Math.max(...kernel)).toBeGreaterThan(0.98 * limit)
  expect(Math.min(...kernel)).toBeLessThan(-0.98 * limit)
  expect([...(await readData(params.bias!))]).toEqual(Array.from({ length: 50 }, () => 0))
})

test('dense without a bias has none', () => {
  expect(Object.keys(nn.dense(3, { bias: false }).init(key(0), [4]).params)).toEqual(['kernel'])
})

test('the PyTorch initializer bounds kernel and bias by 1 / sqrt(fanIn), from different draws', async () => {
  const { pytorchDefault } = nn.initializers
  const layer = nn.dense(400, { kernelInitializer: pytorchDefault, biasInitializer: pytorchDefault })
  const { params } = layer.init(key(0), [16])
  const bias = [...(await readData(params.bias!))]
  expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(0.25)
  expect(Math.max(...bias)).toBeGreaterThan(0.24)
  expect(bias).not.toEqual([...(await readData(params.kernel))].slice(0, 400))
})

test('dense names both shapes when the features do not fit, and says when flatten is missing', () => {
  const layer = nn.dense(10)
  const variables = layer.init(key(0), [784])
  expect(() => layer.apply(variables, ones([2, 28, 28]), PREDICT)).toThrow(
    'dense(10): expected a batch [B, ..., 784] for its kernel [784, 10], got [2, 28, 28]: put nn.flatten() before it',
  )
  expect(() => layer.apply(variables, ones([2, 100]), PREDICT)).toThrow(ShapeError)
  expect(() => layer.apply(variables, ones([784]), PREDICT)).toThrow(ShapeError)
  expect(() => layer.init(key(0), [])).toThrow(ShapeError)
  expect(() => nn.dense(0)).toThrow(ArgumentError)
  expect(() => nn.dense(2.5)).toThrow(ArgumentError)
})

test('activation layers apply their function', async () => {
  const x = tensor([[-1, 0, 2]])
  expect(await readArray(run(nn.relu(), x))).toEqual([[0, 0, 2]])
  expect(await readArray(run(nn.leakyRelu(0.5), x))).toEqual([[-0.5, 0, 2]])
  const near = async (layer: nn.Layer<nn.Empty, nn.Empty>, fn: (value: number) => number) =>
    [...(await readData(run(layer, x)))].forEach((value, i) => expect(value).toBeCloseTo(fn([-1, 0, 2][i]!), 6))
  await near(nn.tanh(), Math.tanh)
  await near(nn.sigmoid(), (value) => 1 / (1 + Math.exp(-value)))
  await near(nn.gelu({ approximate: true }), (value) => [-0.1588080094, 0, 1.9545976941][[-1, 0, 2].indexOf(value)]!)
})

test('an activation layer has the shape rule of its function', () => {
  expect(nn.activation((x) => softmax(x)).outputShape([3, 4])).toEqual([3, 4])
  expect(nn.activation((x) => sum(x, -1)).outputShape([3, 4])).toEqual([3])
})

test('flatten joins all axes but the batch', () => {
  expect(nn.flatten().outputShape([28, 28])).toEqual([784])
  expect(run(nn.flatten(), ones([5, 2, 3])).shape).toEqual([5, 6])
  expect(run(nn.flatten(), ones([5])).shape).toEqual([5, 1])
  expect(run(nn.flatten(), ones([0, 2, 3])).shape).toEqual([0, 6])
})

test('rescale maps bytes to float32', async () => {
  const output = run(nn.rescale(1 / 255), tensor([[0, 51, 255]], { dtype: 'uint8' }))
  expect(output.dtype).toBe('float32')
  const values = await readData(output)
  ;[0, 0.2, 1].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 7))
})

test('dropout zeroes its share of the elements and scales the rest, so that the mean stays', async () => {
  const x = ones([100, 100])
  const output = [...(await readData(run(nn.dropout(0.2), x, { training: true, key: key(1) })))]
  const kept = output.filter((value) => value !== 0)
  expect(new Set(kept)).toEqual(new Set([1.25]))
  expect(Math.abs(kept.length / 1e4 - 0.8)).toBeLessThan(5 * Math.sqrt(0.16 / 1e4))
})

test('the gradient of dropout passes where elements were kept', async () => {
  const drop = (x: Tensor): Tensor => run(nn.dropout(0.5), x, { training: true, key: key(3) })
  const output = await readData(drop(ones([50])))
  expect(await readData(grad((x: Tensor) => sum(drop(x)))(ones([50])))).toEqual(output)
})

test('dropout repeats with its key, changes with another, and is the identity outside training', async () => {
  const x = ones([64])
  const drop = async (seed: number) => [
    ...(await readData(run(nn.dropout(0.5), x, { training: true, key: key(seed) }))),
  ]
  expect(await drop(1)).toEqual(await drop(1))
  expect(await drop(1)).not.toEqual(await drop(2))
  expect(run(nn.dropout(0.5), x)).toBe(x)
  expect(run(nn.dropout(0), x, { training: true })).toBe(x)
})

test('dropout compiled once draws anew for every key that it is given', async () => {
  const step = jit((x: Tensor, k: Tensor) => run(nn.dropout(0.5), x, { training: true, key: k }))
  const eager = async (seed: number) => [
    ...(await readData(run(nn.dropout(0.5), ones([32]), { training: true, key: key(seed) }))),
  ]
  for (const seed of [1, 2, 3]) expect([...(await readData(step(ones([32]), key(seed))))]).toEqual(await eager(seed))
})

test('dropout in training without a key is refused, and so is a rate of 1', () => {
  expect(() => run(nn.dropout(0.5), ones([2, 2]), { training: true })).toThrow('dropout(0.5): training needs a key')
  expect(() => nn.dropout(1)).toThrow(ArgumentError)
  expect(() => nn.dropout(-0.1)).toThrow(ArgumentError)
})

test('layers refuse options of the wrong kind', () => {
  expect(() => nn.rescale(Number.NaN)).toThrow(ArgumentError)
  // @ts-expect-error: no function
  expect(() => nn.activation('relu')).toThrow(ArgumentError)
  // @ts-expect-error: no function
  expect(() => nn.dense(3, { kernelInitializer: 'glorotUniform' })).toThrow(ArgumentError)
  expect(() => nn.dense(3, { kernelInitializer: () => ones([2, 2]) }).init(key(0), [4])).toThrow(ShapeError)
})
