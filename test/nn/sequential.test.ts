// sequential: the composition of layers, their keys and state, and errors that name the layer.

import { expect, test } from 'vitest'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { flattenTree } from '../../src/core/tree.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { add, mul } from '../../src/ops/arithmetic.ts'
import { relu } from '../../src/ops/activations.ts'
import { reshape } from '../../src/ops/shaping.ts'
import { ones, zeros } from '../../src/ops/creation.ts'
import { key } from '../../src/random/index.ts'
import { readArray, readData, tensor } from '../../src/runtime/host.ts'
import { jit } from '../../src/runtime/jit.ts'
import { realize } from '../../src/runtime/realize.ts'

const mlp = () => nn.sequential([nn.flatten(), nn.dense(6), nn.relu(), nn.dense(3)])

/** Adds up how often it was applied in training. */
const counter: nn.Layer<nn.Empty, { readonly count: Tensor }> = {
  name: 'counter',
  init: () => ({ params: {}, state: { count: zeros([]) } }),
  apply: ({ state }, x, { training }) => ({
    output: mul(x, 2),
    state: training ? { count: add(state.count, 1) } : state,
  }),
  outputShape: (inputShape) => inputShape,
}

test('params and state have one entry per layer, {} where a layer has none', () => {
  const { params, state } = mlp().init(key(0), [4, 4])
  expect(flattenTree(params).paths).toEqual(['[1].bias', '[1].kernel', '[3].bias', '[3].kernel'])
  expect([params[1].kernel.shape, params[3].kernel.shape]).toEqual([
    [16, 6],
    [6, 3],
  ])
  expect([params[0], params[2]]).toEqual([{}, {}])
  expect(state).toEqual([{}, {}, {}, {}])
})

test('layers are applied in order', async () => {
  const model = mlp()
  const variables = model.init(key(0), [2, 2])
  const x = tensor([
    [
      [1, 2],
      [3, 4],
    ],
  ])
  const dense = (units: number, params: nn.DenseParams, input: Tensor): Tensor =>
    nn.dense(units).apply({ params, state: {} }, input, { training: false }).output
  const expected = dense(3, variables.params[3], relu(dense(6, variables.params[1], reshape(x, [1, 4]))))
  expect(await readArray(model.apply(variables, x, { training: false }).output)).toEqual(await readArray(expected))
  expect(model.outputShape([2, 2])).toEqual([3])
})

test('equal keys give equal parameters, and no two layers share draws', async () => {
  const model = nn.sequential([nn.dense(5), nn.dense(5)])
  const kernels = async (seed: number) => {
    const { params } = await realize(model.init(key(seed), [5]))
    return [[...(await readData(params[0].kernel))], [...(await readData(params[1].kernel))]]
  }
  const first = await kernels(1)
  expect(await kernels(1)).toEqual(first)
  expect(await kernels(2)).not.toEqual(first)
  expect(first[0]).not.toEqual(first[1])
})

test('initializing inside a compiled function gives the same parameters', async () => {
  const model = nn.sequential([nn.dense(8), nn.dense(4)])
  const compiled = jit((k: Tensor) => model.init(k, [6]).params)(key(5))
  const eager = model.init(key(5), [6]).params
  for (const [i, params] of eager.entries()) {
    expect(await readData(compiled[i]!.kernel)).toEqual(await readData(params.kernel))
  }
})

test('state is threaded through in training and kept outside it', async () => {
  const model = nn.sequential([counter, nn.relu(), counter])
  const variables = model.init(key(0), [2])
  const { params } = variables
  let { state } = variables
  for (let i = 0; i < 3; i++) ({ state } = model.apply({ params, state }, ones([1, 2]), { training: true }))
  const { output, state: last } = model.apply({ params, state }, ones([1, 2]), { training: false })
  expect(await readArray(output)).toEqual([[4, 4]])
  expect([await readArray(last[0].count), await readArray(last[2].count)]).toEqual([3, 3])
})

test('every dropout of a model draws from a key of its own', async () => {
  const model = nn.sequential([nn.dropout(0.5), nn.dropout(0.5)])
  const variables = model.init(key(0), [1000])
  const output = await readData(model.apply(variables, ones([1, 1000]), { training: true, key: key(1) }).output)
  const kept = output.filter((value) => value === 4).length // with one key both would keep the same half
  expect(Math.abs(kept - 250)).toBeLessThan(5 * Math.sqrt(1000 * 0.25 * 0.75))
})

test('a sequential is a layer of another one', async () => {
  const model = nn.sequential([nn.flatten(), nn.sequential([nn.dense(4), nn.relu()]), nn.dense(2)])
  const variables = model.init(key(0), [2, 3])
  expect(model.apply(variables, ones([5, 2, 3]), { training: false }).output.shape).toEqual([5, 2])
})

test('errors name the layer by its place and kind, at init and when applied', () => {
  const model = nn.sequential([nn.flatten(), nn.dense(10)])
  const variables = model.init(key(0), [28, 28])
  expect(() => model.apply(variables, ones([2, 100]), { training: false })).toThrow(
    'sequential: layer 1, dense(10): dense(10): expected a batch [B, ..., 784]',
  )
  expect(() => nn.sequential([nn.relu(), nn.dense(3)]).init(key(0), [])).toThrow(ShapeError)
  expect(() => nn.sequential([nn.relu(), nn.dense(3)]).init(key(0), [])).toThrow('sequential: layer 1, dense(3)')
  const dropping = nn.sequential([nn.dense(3), nn.dropout(0.5)])
  expect(() => dropping.apply(dropping.init(key(0), [2]), ones([1, 2]), { training: true })).toThrow(
    'sequential: layer 1, dropout(0.5): ',
  )
})

test('what is no list of layers, and params of another model, are refused', () => {
  // @ts-expect-error: a function, not a layer
  expect(() => nn.sequential([nn.dense(3), nn.relu])).toThrow('entry 1 is no layer but a function: call it')
  expect(() => nn.sequential([])).toThrow(ArgumentError)
  const model: nn.Layer = mlp()
  expect(() => model.apply({ params: [{}, {}], state: [] }, ones([1, 4]), { training: false })).toThrow(
    'expected params as a list of 4, one entry per layer, got a list of 2',
  )
  expect(() => mlp().init(key(0), [-1])).toThrow(ShapeError)
})
