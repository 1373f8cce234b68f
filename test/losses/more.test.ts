// Hinge, log cosh, Kullback-Leibler divergence, cosine similarity, and the digits of the binary cross-entropy: PyTorch's values in float64,
// kinks, extremes in float32, derivatives of both orders.

import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as losses from '../../src/ops/losses.ts'
import { logSoftmax, sum } from '../../src/ops/reductions.ts'
import { readArray, readData, readItem, tensor } from '../../src/runtime/host.ts'
import { ROUNDING, worstError } from '../nn/numbers.ts'

const double = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' })
const predictions = () => double([[0.5, -2, 3], [0, 1, -1]]) // prettier-ignore
const targets = () => double([[0, 1, 0.5], [0.25, 1, 1]]) // prettier-ignore
const signs = () => double([[1, -1, 1], [-1, 1, 1]]) // prettier-ignore
const mixture = () => double([[0.2, 0.8, 0], [0.5, 0.25, 0.25]]) // prettier-ignore

const cases = [
  {
    name: 'logCosh',
    loss: (x: Tensor) => losses.logCosh(x, targets()),
    values: [1.41433705982, 0.451977516993],
    gradient: [0.15403905242, -0.331684917896, 0.328871432717, -0.0816395541346, 0, -0.321342526692], // prettier-ignore
  },
  {
    name: 'hinge',
    loss: (x: Tensor) => losses.hinge(x, signs()),
    values: [0.166666666667, 1],
    gradient: [-0.333333333333, 0, 0, 0.333333333333, 0, -0.333333333333], // prettier-ignore
  },
  {
    name: 'klDivergence',
    loss: (x: Tensor) => losses.klDivergence(logSoftmax(x), mixture()),
    values: [4.08469482283, 0.367885193604],
    gradient: [-0.124611252037, -0.793811714727, 0.918422966764, -0.255271528945, 0.415240955775, -0.15996942683], // prettier-ignore
  },
  {
    name: 'klDivergence of logarithms',
    loss: (x: Tensor) => losses.klDivergence(logSoftmax(x), logSoftmax(targets()), { logTargets: true }),
    values: [2.06311717298, 0.359136306981],
    gradient: [-0.110934975263, -0.500292105783, 0.611227081046, 0.0536700083777, 0.260770187113, -0.314440195491], // prettier-ignore
  },
  {
    name: 'cosineSimilarity',
    loss: (x: Tensor) => losses.cosineSimilarity(x, targets()),
    values: [0.122859023367, 0],
    gradient: [-0.00463618956101, -0.22717328849, -0.150676160733, -0.123091490979, -0.492365963917, -0.492365963917], // prettier-ignore
  },
]

test.each(cases)('$name has the values and gradients of PyTorch', async ({ loss, values, gradient }) => {
  expect(await worstError(loss(predictions()), values)).toBeLessThan(ROUNDING)
  expect(await worstError(grad((x: Tensor) => sum(loss(x)))(predictions()), gradient)).toBeLessThan(ROUNDING)
})

test.each(cases.filter(({ name }) => name !== 'hinge'))('$name has derivatives of both orders', async ({ loss }) => {
  expect((await checkGradients(loss, [predictions()], { order: 2 })).worst).toBeLessThan(1)
})

test('targets have derivatives of both orders', async () => {
  expect((await checkGradients(losses.logCosh, [predictions(), targets()], { order: 2 })).worst).toBeLessThan(1)
  expect((await checkGradients(losses.cosineSimilarity, [predictions(), targets()], { order: 2 })).worst).toBeLessThan(
    1,
  )
  expect((await checkGradients((t: Tensor) => losses.klDivergence(logSoftmax(predictions()), t), [double([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]])], { order: 2 })).worst).toBeLessThan(1) // prettier-ignore
})

test('reduction gives the mean or the sum of the rows', async () => {
  const [a, b] = await readData(losses.klDivergence(logSoftmax(predictions()), mixture()))
  const of = (reduction: 'mean' | 'sum') =>
    readItem(losses.klDivergence(logSoftmax(predictions()), mixture(), { reduction }))
  expect(await of('mean')).toBeCloseTo((a! + b!) / 2, 12)
  expect(await of('sum')).toBeCloseTo(a! + b!, 12)
})

describe('at kinks and extremes', () => {
  test('hinge has the derivative 0 at the margin', async () => {
    const gradient = grad((x: Tensor) => sum(losses.hinge(x, double([1, -1, 1, 1]))))(double([1, -1, 0.5, 2]))
    expect([...(await readData(gradient))].map((value) => value + 0)).toEqual([0, 0, -1, 0])
  })

  test('huber has both forms and the same derivative at delta', async () => {
    const x = double([1.5, -1.5, 1.5 + 1e-9, 0])
    const loss = (y: Tensor) => losses.huber(y, double([0, 0, 0, 0]), { delta: 1.5 })
    expect(await worstError(loss(x), [1.125, 1.125, 1.125 + 1.5e-9, 0])).toBeLessThan(ROUNDING)
    expect(await worstError(grad((y: Tensor) => sum(loss(y)))(x), [1.5, -1.5, 1.5, 0])).toBeLessThan(ROUNDING)
  })

  test('logCosh keeps the digits of small float32 errors and does not overflow at large ones', async () => {
    const x = tensor([1e-4, -1e-3, 0, 3e38, -100, 1, -1])
    const loss = (y: Tensor) => losses.logCosh(y, tensor([0, 0, 0, 0, 0, 0, 0]))
    const values = await readData(loss(x))
    const expected = [0.5e-8, 0.5e-6, 0, 3e38, 100 - Math.LN2, Math.log(Math.cosh(1)), Math.log(Math.cosh(1))]
    expected.forEach((value, i) => expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(2e-6 * value))
    const gradient = await readData(grad((y: Tensor) => sum(loss(y)))(x))
    ;[1e-4, -1e-3, 0, 1, -1, Math.tanh(1), -Math.tanh(1)].forEach((value, i) =>
      expect(Math.abs(gradient[i]! - value)).toBeLessThanOrEqual(2e-6 * Math.abs(value)),
    )
  })

  test('the binary cross-entropy keeps its digits where it is tiny', async () => {
    const loss = losses.sigmoidBinaryCrossEntropy(tensor([10, 20, -30]), tensor([1, 1, 0]))
    const values = await readData(loss)
    const expected = [10, 20, 30].map((x) => Math.log1p(Math.exp(-x)))
    expected.forEach((value, i) => expect(values[i]! / value).toBeCloseTo(1, 5))
    expect(await readData(losses.sigmoidBinaryCrossEntropy(tensor([3e38, -3e38]), tensor([1, 0])))).toEqual(
      new Float32Array([0, 0]),
    )
  })

  test('klDivergence takes impossible targets and predictions of probability 0', async () => {
    const p = double([[-Infinity, Math.log(0.5), Math.log(0.5)]])
    const t = double([[0, 0.5, 0.5]])
    expect(await worstError(losses.klDivergence(p, t), [0])).toBeLessThan(ROUNDING)
    expect(await worstError(grad((x: Tensor) => sum(losses.klDivergence(x, t)))(p), [0, -0.5, -0.5])).toBeLessThan(
      ROUNDING,
    )
  })

  test('cosineSimilarity takes rows of any scale, and rows of zeros', async () => {
    const x = double([[3e200, 4e200], [3e-200, 4e-200], [0, 0]]) // prettier-ignore
    const y = double([[4e200, 3e200], [4, 3], [1, 2]]) // prettier-ignore
    const values = await readData(losses.cosineSimilarity(x, y))
    ;[-0.96, -0.96, 0].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6))
    const gradient = await readArray(grad((z: Tensor) => sum(losses.cosineSimilarity(z, y)))(x))
    expect((gradient as number[][])[2]!.map((value) => value + 0)).toEqual([0, 0])
  })
})

test('operands that do not fit are refused with both shapes', () => {
  expect(() => losses.klDivergence(tensor([1, 2]), tensor([[1], [2]]))).toThrow(
    'klDivergence: predictions float32[2] and targets float32[2, 1] differ in shape: reshape one of them',
  )
  expect(() => losses.cosineSimilarity(1, 2)).toThrow(ShapeError)
  expect(() => losses.hinge(tensor([1]), tensor([1, 2]))).toThrow(ShapeError)
})
