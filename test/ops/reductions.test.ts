// Reductions: values and derivatives of PyTorch in float64, the rules at the edges (zeros, ties, NaN, infinities, nothing at all), and
// stability far from 0 in float32.

import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import * as ops from '../../src/ops/reductions.ts'
import { tensor } from '../../src/runtime/host.ts'
import { apart, cotangentsOf, float64, int32, type Nested, valuesOf } from './values.ts'

const X = [
  [0.5, -1.5, 2],
  [3, 0.25, -0.75],
]

describe('values and derivatives are those of PyTorch', () => {
  const cases: { name: string; fn: (x: Tensor) => Tensor; values: number[]; slopes: number[] }[] = [
    { name: 'prod', fn: (x) => ops.prod(x, 1), values: [-1.5, -0.5625], slopes: [-3, 1, -0.75, -0.375, -4.5, 1.5] },
    { name: 'variance', fn: (x) => ops.variance(x, 1), values: [2.0555555555555554, 2.513888888888889], slopes: [0.11111111111111112, -1.222222222222222, 1.1111111111111112, 2.8888888888888884, -0.7777777777777778, -2.111111111111111] }, // prettier-ignore
    { name: 'unbiased standardDeviation', fn: (x) => ops.standardDeviation(x, 1, { correction: 1 }), values: [1.755942292142123, 1.9418633662885072], slopes: [0.047457899787624956, -0.5220368976638745, 0.4745789978762496, 1.1157667960994737, -0.3003987527960122, -0.8153680433034617] }, // prettier-ignore
    {
      name: 'norm of order 1',
      fn: (x) => ops.norm(x, { order: 1, axes: 1 }),
      values: [4, 4],
      slopes: [1, -1, 1, 2, 2, -2],
    },
    { name: 'norm', fn: (x) => ops.norm(x, { axes: -1 }), values: [2.5495097567963922, 3.1024184114977142], slopes: [0.19611613513818404, -0.5883484054145521, 0.7844645405527362, 1.9339751136609127, 0.16116459280507606, -0.48349377841522817] }, // prettier-ignore
    { name: 'Frobenius norm', fn: (x) => ops.norm(x, { order: 'fro' }), values: [4.0155946010522525], slopes: [0.12451456127293807, -0.3735436838188142, 0.4980582450917523, 0.7470873676376284, 0.062257280636469035, -0.1867718419094071] }, // prettier-ignore
    { name: 'logSumExp over two axes', fn: (x) => ops.logSumExp(x, [0, 1]), values: [3.437299018318885], slopes: [0.053008711112693396, 0.007173948932444137, 0.23756856122646594, 0.6457783029950624, 0.0412832257241715, 0.015187250009162717] }, // prettier-ignore
    { name: 'softmax over two axes', fn: (x) => ops.softmax(x, [0, 1]), values: [0.053008711112693396, 0.007173948932444139, 0.23756856122646589, 0.6457783029950623, 0.04128322572417149, 0.01518725000916272], slopes: [-0.14104107985496364, -0.01191388555772507, -0.15696514360173686, 0.21910280544099645, 0.05528999946040376, 0.035527304113025404] }, // prettier-ignore
    { name: 'logSoftmax over two axes', fn: (x) => ops.logSoftmax(x, [0, 1]), values: [-2.937299018318885, -4.937299018318885, -1.437299018318885, -0.43729901831888507, -3.187299018318885, -4.187299018318885], slopes: [-0.11318293336656132, 1.8493470724186731, -1.9889397857557847, -9.561344362896309, 4.133052259792398, 5.681067749807583] }, // prettier-ignore
  ]
  test.each(cases)('$name', async ({ fn, values, slopes }) => {
    expect(apart(await valuesOf(fn(float64(X))), values, 1e-14)).toBeNull()
    expect(apart((await cotangentsOf(fn, float64(X)))[0]!, slopes, 1e-13)).toBeNull()
  })
})

describe('a product with zeros among its factors', () => {
  const Z = [
    [2, 0, 3, -1],
    [0, 5, 0, 2],
  ]
  test('has the derivative of PyTorch', async () => {
    const [got] = await cotangentsOf((x) => ops.prod(x, 1), float64(Z))
    expect(got!.map((x) => x + 0)).toEqual([0, -6, 0, 0, 0, 0, 0, 0])
  })
  test('has the second derivative: of a·b·c·d by b and d it is a·c', async () => {
    const hessianRow = (unit: number[]) =>
      valuesOf(
        grad((x: Tensor) => ops.sum(mul(grad((y: Tensor) => ops.prod(y))(x), float64(unit))))(float64([2, 0, 3, 0])),
      )
    expect((await hessianRow([0, 1, 0, 0])).map((x) => x + 0)).toEqual([0, 0, 0, 6])
    expect((await hessianRow([0, 0, 0, 1])).map((x) => x + 0)).toEqual([0, 6, 0, 0])
  })
  test('agrees with central differences', async () => {
    for (const axes of [0, 1, [0, 1]])
      expect(
        (await checkGradients((x) => ops.prod(x, axes), [float64(Z)], { order: 2 })).checked.second,
      ).toBeGreaterThan(0)
  })
})

describe('derivatives at kinks', () => {
  test.each<[string, (x: Tensor) => Tensor, Nested, number[]]>([
    ['max shares ties evenly', (x) => ops.max(x, 1), [[1, 3, 3], [2, 2, 2]], [0, 0.5, 0.5, 2 / 3, 2 / 3, 2 / 3]], // prettier-ignore
    ['norm 2 of zeros', (x) => ops.norm(x, { axes: 1 }), [[0, 0], [0, 3]], [0, 0, 0, 2]], // prettier-ignore
    ['norm 1 of zeros', (x) => ops.norm(x, { order: 1, axes: 1 }), [[0, 0], [0, -3]], [0, 0, 0, -2]], // prettier-ignore
    ['norm inf shares ties', (x) => ops.norm(x, { order: 'inf', axes: 1 }), [[3, -3, 1], [0, 0, 0]], [0.5, -0.5, 0, 0, 0, 0]], // prettier-ignore
    ['standardDeviation of equal numbers', (x) => ops.standardDeviation(x, 1), [[7.3, 7.3, 7.3], [1, 1, 4]], [0, 0, 0, -2 * Math.SQRT2 / 6, -2 * Math.SQRT2 / 6, 4 * Math.SQRT2 / 6]], // prettier-ignore
    ['logSumExp of a masked row', (x) => ops.logSumExp(x), [[-Infinity, -Infinity], [0, -Infinity]], [0, 0, 2, 0]], // prettier-ignore
    ['softmax of a masked row', (x) => ops.softmax(x), [[-Infinity, -Infinity], [0, -Infinity]], [0, 0, 0, 0]], // prettier-ignore
  ])('%s', async (_, fn, values, expected) => {
    const [got] = await cotangentsOf(fn, float64(values))
    got!.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12))
  })
})

test('NaN, infinities and masks', async () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const odd = tensor([[NaN, 1], [Infinity, 1], [-Infinity, 2], [-Infinity, -Infinity]], { dtype }) // prettier-ignore
    const rounded = (x: number): number => (dtype === 'float32' ? Math.fround(x) : x)
    expect(await valuesOf(ops.max(odd, 1))).toEqual([NaN, Infinity, 2, -Infinity])
    expect(await valuesOf(ops.min(odd, 1))).toEqual([NaN, 1, -Infinity, -Infinity])
    expect(await valuesOf(ops.sum(odd, 1))).toEqual([NaN, Infinity, -Infinity, -Infinity])
    expect(await valuesOf(ops.prod(odd, 1))).toEqual([NaN, Infinity, -Infinity, Infinity])
    expect(await valuesOf(ops.logSumExp(odd))).toEqual([NaN, Infinity, 2, -Infinity])
    expect(await valuesOf(ops.softmax(odd))).toEqual([NaN, NaN, NaN, NaN, 0, 1, 0, 0])
    expect(await valuesOf(ops.logSoftmax(odd))).toEqual([NaN, NaN, NaN, NaN, -Infinity, 0, -Infinity, -Infinity])
    expect(await valuesOf(ops.argMax(odd))).toEqual([0, 0, 1, 0])
    expect(await valuesOf(ops.norm(tensor([NaN, 1], { dtype })))).toEqual([NaN])
    expect(await valuesOf(ops.standardDeviation(tensor([NaN, 1], { dtype })))).toEqual([NaN])
    expect(
      apart(await valuesOf(ops.logSumExp(tensor([1000, 1000], { dtype }))), [rounded(1000 + Math.LN2)], 1e-7),
    ).toBeNull()
    expect(apart(await valuesOf(ops.logSumExp(tensor([-3e38, -3e38], { dtype }))), [rounded(-3e38)], 1e-7)).toBeNull()
  }
})

test('variance keeps its digits far from 0 and is exactly 0 of equal numbers', async () => {
  const far = tensor([[100000.5, 100001, 99999.75, 100000]], { dtype: 'float32' })
  expect(await valuesOf(ops.variance(far, 1))).toEqual([0.23046875])
  expect(await valuesOf(ops.variance(tensor([0.1, 0.1, 0.1], { dtype: 'float32' })))).toEqual([0])
  expect(await valuesOf(ops.variance(int32([1, 2, 3, 4])))).toEqual([1.25])
  expect(await valuesOf(ops.variance(float64([3]), 0, { correction: 1 }))).toEqual([NaN])
  expect(ops.variance(float64(X), 0, { keepDims: true }).shape).toEqual([1, 3])
})

test('any and all of bool and of numbers', async () => {
  const bools = tensor([[true, false], [true, true], [false, false]]) // prettier-ignore
  expect([ops.any(bools).dtype, await valuesOf(ops.any(bools, 1))]).toEqual(['bool', [1, 1, 0]])
  expect(await valuesOf(ops.all(bools, 1))).toEqual([0, 1, 0])
  expect(await valuesOf(ops.any(bools, 0))).toEqual([1, 1])
  expect(await valuesOf(ops.all(bools))).toEqual([0])
  expect(await valuesOf(ops.any(float64([0, -0, 0.5])))).toEqual([1])
  expect(await valuesOf(ops.all(float64([1, NaN, 1e-300])))).toEqual([1])
  expect(ops.all(bools, 1, true).shape).toEqual([3, 1])
})

test('integers wrap, bool and uint8 count as int32', async () => {
  expect(await valuesOf(ops.prod(int32([65536, 65537])))).toEqual([65536])
  expect(await valuesOf(ops.prod(tensor([true, true, false])))).toEqual([0])
  expect(await valuesOf(ops.prod(tensor([200, 200], { dtype: 'uint8' })))).toEqual([40000])
  expect(await valuesOf(ops.mean(int32([1, 2])))).toEqual([1.5])
  expect(ops.norm(int32([3, 4])).dtype).toBe('float32')
  expect(await valuesOf(ops.norm(int32([3, 4])))).toEqual([5])
})

test('nothing at all, scalars and rank 8', async () => {
  const nothing = float64([[], []])
  expect(await valuesOf(ops.prod(nothing, 1))).toEqual([1, 1])
  expect(await valuesOf(ops.mean(nothing, 1))).toEqual([NaN, NaN])
  expect(await valuesOf(ops.variance(nothing, 1))).toEqual([NaN, NaN])
  expect(await valuesOf(ops.any(tensor([], { dtype: 'float32' })))).toEqual([0])
  expect(await valuesOf(ops.all(tensor([], { dtype: 'float32' })))).toEqual([1])
  expect(await valuesOf(ops.logSumExp(nothing))).toEqual([-Infinity, -Infinity])
  expect(await valuesOf(ops.norm(nothing, { axes: 1 }))).toEqual([0, 0])
  expect(ops.softmax(nothing).shape).toEqual([2, 0])
  expect(ops.logSoftmax(nothing, 0).shape).toEqual([2, 0])
  expect(() => ops.max(nothing, 1)).toThrow(ShapeError)
  expect(() => ops.argMax(nothing)).toThrow('there is no extreme over an empty axis')
  expect(ops.max(nothing, 0).shape).toEqual([0])

  for (const fn of [ops.sum, ops.prod, ops.max, ops.logSumExp])
    expect(await valuesOf(fn(tensor(5, { dtype: 'float64' }), -1))).toEqual([5])
  expect(await valuesOf(ops.softmax(tensor(5, { dtype: 'float64' })))).toEqual([1])
  expect(await valuesOf(ops.argMax(5))).toEqual([0])
  expect(await valuesOf(ops.norm(-5))).toEqual([5])
  expect(() => ops.sum(5, 1)).toThrow(ShapeError)

  const eight = tensor([[[[[[[[1, 2]], [[3, 4]]]]]]]], { dtype: 'float64' })
  expect(await valuesOf(ops.prod(eight, [5, 7]))).toEqual([24])
  expect(ops.variance(eight, [5, 7], { keepDims: true }).shape).toEqual([1, 1, 1, 1, 1, 1, 1, 1])
  expect(apart(await valuesOf(ops.softmax(eight, [5, 7])), [0.03205860328008499, 0.08714431874203257, 0.23688281808991016, 0.6439142598879724], 1e-14)).toBeNull() // prettier-ignore
})

describe('derivatives to second order agree with central differences', () => {
  const fns: Record<string, (x: Tensor) => Tensor> = {
    'prod over all': (x) => ops.prod(x),
    'prod over the first axis': (x) => ops.prod(x, 0, true),
    'mean, variance and standardDeviation': (x) =>
      mul(ops.mean(x, 1), mul(ops.variance(x, 1), ops.standardDeviation(x, 1, { correction: 1 }))),
    norms: (x) =>
      mul(ops.norm(x, { axes: 1 }), mul(ops.norm(x, { order: 'inf', axes: 1 }), ops.norm(x, { order: 1, axes: 1 }))),
    'the softmaxes': (x) => mul(ops.softmax(x, 0), mul(ops.logSoftmax(x, [0, 1]), ops.logSumExp(x, 1, true))),
  }
  test.each(Object.entries(fns))('%s', async (_, fn) => {
    expect((await checkGradients(fn, [float64(X)], { order: 2 })).checked.second).toBeGreaterThan(0)
  })
})

test('wrong options are errors that name the operation', () => {
  expect(() => ops.norm(float64(X), { order: 3 as never })).toThrow(ArgumentError)
  expect(() => ops.norm(float64(X), { order: 3 as never })).toThrow("norm: expected order 1, 2, 'inf' or 'fro', got 3")
  expect(() => ops.prod(float64(X), 2)).toThrow('prod: axis 2 is out of range')
  expect(() => ops.variance(float64(X), [0, 0])).toThrow('an axis is named twice')
})
