// Optimizers against PyTorch on a small quadratic in float64, with a learning rate that changes; their trees, dtypes and errors.
// pytorch.test.ts follows whole trainings.

import { expect, test } from 'vitest'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { flattenTree } from '../../src/core/tree.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { mul, sub } from '../../src/ops/arithmetic.ts'
import { ones } from '../../src/ops/creation.ts'
import * as optim from '../../src/optim/index.ts'
import { readData, tensor } from '../../src/runtime/host.ts'
import { jit } from '../../src/runtime/jit.ts'

const RATES = [0.1, 0.1, 0.02, 0.05]
const float64 = (values: number[]): Tensor => tensor(values, { dtype: 'float64' })

/** Four steps down 1 (w₀ - 0.25)² + 2 (w₁ - 1)² + 0.5 (w₂ + 3)². */
async function descend(optimizer: optim.Optimizer): Promise<number[]> {
  const [target, slope] = [float64([0.25, 1, -3]), float64([2, 4, 1])]
  const step = jit((params: Tensor, state: optim.OptimizerState, at: { learningRate: number; step: number }) => {
    const gradient = mul(sub(params, target), slope)
    return optimizer.update(gradient, state, params, at)
  })
  let params = float64([1, -2, 0.5])
  let state = optimizer.init(params)
  for (const [k, learningRate] of RATES.entries()) ({ params, state } = step(params, state, { learningRate, step: k }))
  return [...(await readData(params))]
}

test.each([
  {
    name: 'adam with weight decay',
    optimizer: optim.adam({ beta1: 0.8, beta2: 0.95, weightDecay: 0.1 }),
    expected: [0.7330229804460476, -1.730544347794971, 0.23049712977841857],
  },
  {
    name: 'adamw',
    optimizer: optim.adamw({ weightDecay: 0.1 }),
    expected: [0.7083484388906042, -1.6794221850367477, 0.21942440508478517],
  },
  {
    name: 'rmsprop',
    optimizer: optim.rmsprop({ decay: 0.9 }),
    expected: [0.45140941012494873, -1.3529703810041336, -0.15049637259391507],
  },
  {
    name: 'rmsprop with momentum and weight decay',
    optimizer: optim.rmsprop({ decay: 0.9, momentum: 0.5, weightDecay: 0.1 }),
    expected: [0.24930382388557598, -1.074395047605917, -0.42885422161595627],
  },
])('$name moves parameters as PyTorch does', async ({ optimizer, expected }) => {
  const found = await descend(optimizer)
  // a rate that is an argument reaches the device as float32
  expected.forEach((value, i) => expect(Math.abs(found[i]! / value - 1)).toBeLessThan(1e-7))
})

test('the state names what an optimizer remembers, one tree like the parameters each', () => {
  const params = { layer: [{ kernel: ones([2, 3]), bias: ones([3]) }] }
  expect(optim.sgd().init(params)).toEqual({})
  expect(flattenTree(optim.sgd({ momentum: 0.9 }).init(params)).paths).toEqual([
    'velocity.layer[0].bias',
    'velocity.layer[0].kernel',
  ])
  expect(Object.keys(optim.adam().init(params))).toEqual(['mean', 'variance'])
  expect(Object.keys(optim.rmsprop({ momentum: 0.5 }).init(params))).toEqual(['meanSquare', 'velocity'])
})

test('one update keeps structure, shapes and dtypes', async () => {
  const params = { a: tensor([1, 2]), b: [float64([3])] }
  const gradients = { a: tensor([1, 1]), b: [float64([2])] }
  const optimizer = optim.sgd({ momentum: 0.5 })
  const next = optimizer.update(gradients, optimizer.init(params), params, { learningRate: 0.5, step: 0 })
  expect([next.params.a.dtype, next.params.b[0]!.dtype]).toEqual(['float32', 'float64'])
  expect([...(await readData(next.params.a))]).toEqual([0.5, 1.5])
  expect([...(await readData(next.params.b[0]!))]).toEqual([2])
})

test('the bias correction of Adam is exact in float32 at the first step', async () => {
  // the first step moves every parameter by the learning rate, whatever the gradient
  const optimizer = optim.adam()
  const params = tensor([0, 0, 0])
  const gradients = tensor([1e-3, -5, 1e4])
  const next = optimizer.update(gradients, optimizer.init(params), params, { learningRate: 1, step: 0 })
  const moved = await readData(next.params)
  ;[-1, 1, -1].forEach((value, i) => expect(Math.abs(moved[i]! - value)).toBeLessThan(2e-5 * (i === 0 ? 1 : 0.05)))
})

test('a learning rate of 0 leaves the parameters as they are', async () => {
  for (const optimizer of [optim.sgd({ momentum: 0.9 }), optim.adam(), optim.adamw(), optim.rmsprop()]) {
    const params = tensor([1, -2])
    const next = optimizer.update(tensor([3, 4]), optimizer.init(params), params, { learningRate: 0, step: 0 })
    expect([...(await readData(next.params))]).toEqual([1, -2])
  }
})

test('hyperparameters out of range are refused at construction', () => {
  expect(() => optim.sgd({ learningRate: -0.1 })).toThrow('sgd: learningRate must be a finite number >= 0, got -0.1')
  expect(() => optim.adam({ learningRate: Number.NaN })).toThrow(ArgumentError)
  expect(() => optim.sgd({ learningRate: Infinity })).toThrow(ArgumentError)
  expect(() => optim.sgd({ momentum: 1 })).toThrow('sgd: momentum must be a number >= 0 and < 1, got 1')
  expect(() => optim.sgd({ nesterov: true })).toThrow('nesterov needs a momentum')
  expect(() => optim.sgd({ weightDecay: -1 })).toThrow(ArgumentError)
  expect(() => optim.adam({ beta2: 1 })).toThrow(ArgumentError)
  expect(() => optim.adamw({ epsilon: -1e-8 })).toThrow(ArgumentError)
  expect(() => optim.rmsprop({ decay: 1.5 })).toThrow(ArgumentError)
  expect(optim.sgd({ learningRate: optim.schedules.constant(0.1) }).learningRate).toBeTypeOf('function')
})

test('trees that do not fit are refused with the place of the mismatch', () => {
  const optimizer = optim.sgd({ momentum: 0.9 })
  const params = { w: ones([2]), b: ones([1]) }
  const at = { learningRate: 0.1, step: 0 }
  const state = optimizer.init(params)
  expect(() => optimizer.update({ w: ones([3]), b: ones([1]) }, state, params, at)).toThrow(ShapeError)
  expect(() => optimizer.update({ w: ones([3]), b: ones([1]) }, state, params, at)).toThrow(
    'sgd.update: at w the parameter is float32[2]',
  )
  expect(() => optimizer.update(params, {}, params, at)).toThrow('the state has no "velocity"')
  expect(() => optimizer.update(params, state, params, { ...at, learningRate: ones([2]) })).toThrow(ShapeError)
  expect(() => optimizer.init({ w: tensor([1], { dtype: 'int32' }) })).toThrow(DTypeError)
  expect(() => optimizer.init({ w: 3 })).toThrow('sgd.init: expected a tensor at w, got number')
})
