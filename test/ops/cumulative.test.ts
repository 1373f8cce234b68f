// Running sums, products and extremes: PyTorch's values and derivatives, zeros and ties among the elements, NaN, and axes that are
// shorter, as long as and longer than a block, against plain loops.

import { describe, expect, test } from 'vitest'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import { ShapeError } from '../../src/core/errors.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { grad } from '../../src/autodiff/vjp.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { cummax, cummin, cumprod, type CumulativeOptions, cumsum } from '../../src/ops/cumulative.ts'
import { sum } from '../../src/ops/reductions.ts'
import { tensor } from '../../src/runtime/host.ts'
import { apart, cotangentsOf, float64, int32, valuesOf } from './values.ts'

const OPS = { cumsum, cumprod, cummax, cummin } as const
const names = ['cumsum', 'cumprod', 'cummax', 'cummin'] as const
type Name = (typeof names)[number]

const START: Record<Name, number> = { cumsum: 0, cumprod: 1, cummax: -Infinity, cummin: Infinity }
const STEP: Record<Name, (a: number, b: number) => number> = {
  cumsum: (a, b) => a + b,
  cumprod: (a, b) => a * b,
  cummax: (a, b) => (Number.isNaN(a) || a > b ? a : b),
  cummin: (a, b) => (Number.isNaN(a) || a < b ? a : b),
}

/** The running values of one row, by a loop. */
function loop(name: Name, row: readonly number[], { reverse = false, exclusive = false }: CumulativeOptions): number[] {
  const ordered = reverse ? row.toReversed() : row
  let value = START[name]
  const running = ordered.map((x) => {
    const before = value
    value = STEP[name](value, x)
    return exclusive ? before : value
  })
  return reverse ? running.toReversed() : running
}

const X = [
  [1, 3, 2, 3, 0],
  [2, 0, -1, 0, 4],
]

describe('values and derivatives are those of PyTorch, with zeros and ties', () => {
  test.each([
    ['cumsum', [1, 4, 6, 9, 9, 2, 2, 1, 1, 5], [15, 14, 12, 9, 5, 40, 34, 27, 19, 10]],
    ['cumprod', [1, 3, 6, 18, 0, 2, 0, -0, -0, -0], [97, 32, 45, 24, 90, 6, -2, 0, 0, 0]],
    ['cummax', [1, 3, 3, 3, 3, 2, 2, 2, 2, 4], [1, 5, 0, 9, 0, 30, 0, 0, 0, 10]],
    ['cummin', [1, 1, 1, 1, 0, 2, 0, -1, -1, -1], [10, 0, 0, 0, 5, 6, 7, 27, 0, 0]],
  ] as const)('%s', async (name, values, gradient) => {
    expect(await valuesOf(OPS[name](float64(X), 1))).toEqual(values)
    const [got] = await cotangentsOf((x) => OPS[name](x!, 1), float64(X))
    expect(got!.map((x) => x + 0)).toEqual(gradient)
  })
})

test.each([
  ['cumsum', [1, NaN, NaN, NaN, NaN], [1, 4, -Infinity, NaN, NaN]],
  ['cumprod', [1, NaN, NaN, NaN, NaN], [1, 3, -Infinity, -Infinity, -Infinity]],
  ['cummax', [1, NaN, NaN, NaN, NaN], [1, 3, 3, Infinity, Infinity]],
  ['cummin', [1, NaN, NaN, NaN, NaN], [1, 1, -Infinity, -Infinity, -Infinity]],
] as const)('%s keeps a NaN once it has occurred', async (name, withNaN, infinite) => {
  for (const dtype of ['float32', 'float64'] as const) {
    expect(await valuesOf(OPS[name](tensor([1, NaN, 3, -Infinity, Infinity], { dtype })))).toEqual(withNaN)
    expect(await valuesOf(OPS[name](tensor([1, 3, -Infinity, Infinity, 2], { dtype })))).toEqual(infinite)
  }
})

describe('agree with loops on axes around the size of a block', () => {
  const options: CumulativeOptions[] = [{}, { reverse: true }]
  const extents = [1, 2, 3, 63, 64, 65, 129, 1000, 5000]
  test.each(names.flatMap((name) => extents.map((extent) => [name, extent] as const)))(
    '%s of %i',
    async (name, extent) => {
      const row = Array.from({ length: extent }, (_, i) => 1 + 0.02 * Math.sin(1.7 * i))
      for (const given of [
        ...options,
        ...(name === 'cumsum' || name === 'cumprod' ? [{ exclusive: true }, { exclusive: true, reverse: true }] : []),
      ]) {
        const got = await valuesOf(OPS[name](float64([row, row.map((x) => -x)]), -1, given))
        const expected = [
          ...loop(name, row, given),
          ...loop(
            name,
            row.map((x) => -x),
            given,
          ),
        ]
        expect(apart(got, expected, 1e-11)).toBeNull()
      }
    },
  )
})

describe('derivatives to second order agree with central differences', () => {
  const distinct = (count: number): Tensor =>
    float64(Array.from({ length: count }, (_, i) => 1 + 0.3 * Math.sin(2.3 * i) + 1e-3 * i))
  test.each(
    names.flatMap(
      (name) =>
        [
          [name, 5],
          [name, 66],
          [name, 137],
        ] as const,
    ),
  )('%s of %i', async (name, count) => {
    const order = count > 100 ? 1 : 2
    for (const reverse of [false, true]) {
      const report = await checkGradients(
        (x) => mul(OPS[name](x, 0, { reverse }), OPS[name](x, 0)),
        [distinct(count)],
        { order },
      )
      expect(report.checked.first).toBeGreaterThan(0)
    }
  })
  test('cumprod with zeros among the factors', async () => {
    for (const exclusive of [false, true]) {
      const x = float64([2, 0, 3, 0, -1.5])
      expect(
        (await checkGradients((factors) => cumprod(factors, 0, { exclusive }), [x], { order: 2 })).checked.second,
      ).toBeGreaterThan(0)
    }
  })
})

test('the Hessian of a running product with two zeros is that of PyTorch', async () => {
  const weights = float64([1, 2, 3, 4])
  const rows = await Promise.all(
    [0, 1, 2, 3].map((i) => {
      const unit = float64([0, 1, 2, 3].map((j) => Number(i === j)))
      const gradient = grad((x: Tensor) => sum(mul(cumprod(x), weights)))
      return valuesOf(grad((x: Tensor) => sum(mul(gradient(x), unit)))(float64([2, 0, 3, 0])))
    }),
  )
  expect(rows).toEqual([
    [0, 11, 0, 0],
    [11, 0, 6, 24],
    [0, 6, 0, 0],
    [0, 24, 0, 0],
  ])
})

test('integers wrap, bool and uint8 count as int32', async () => {
  expect(await valuesOf(cumsum(int32([2147483647, 1, 1])))).toEqual([2147483647, -2147483648, -2147483647])
  expect(await valuesOf(cumprod(int32([65536, 65536, 3])))).toEqual([65536, 0, 0])
  expect(await valuesOf(cummax(tensor([3, 4294967295, 7], { dtype: 'uint32' })))).toEqual([3, 4294967295, 4294967295])
  expect(await valuesOf(cummin(tensor([3, 4294967295, 2], { dtype: 'uint32' })))).toEqual([3, 3, 2])
  expect(await valuesOf(cummin(int32([-2147483648, 5])))).toEqual([-2147483648, -2147483648])
  const bools = cumsum(tensor([true, false, true]))
  expect([bools.dtype, await valuesOf(bools)]).toEqual(['int32', [1, 1, 2]])
  expect(cummax(tensor([1, 2], { dtype: 'uint8' })).dtype).toBe('int32')
})

test('scalars, empty tensors, other axes and rank 8', async () => {
  expect(await valuesOf(cumsum(7))).toEqual([7])
  expect(cumprod(7).shape).toEqual([])
  for (const name of names) {
    expect(OPS[name](float64([[], []]), 1).shape).toEqual([2, 0])
    expect(await valuesOf(OPS[name](float64([]), 0))).toEqual([])
  }
  expect(await valuesOf(cumsum(float64(X), 0))).toEqual([1, 3, 2, 3, 0, 3, 3, 1, 3, 4])
  expect(await valuesOf(cumsum(float64(X), -2, { reverse: true, exclusive: true }))).toEqual([
    2, 0, -1, 0, 4, 0, 0, 0, 0, 0,
  ])
  const eight = float64([[[[[[[[1, 2]], [[3, 4]]]]]]]])
  expect(eight.rank).toBe(8)
  expect(await valuesOf(cumprod(eight, 6))).toEqual(await valuesOf(cumprod(eight, -2)))
  expect(await valuesOf(cumsum(eight, 5))).toEqual([1, 2, 4, 6])
})

test('an axis out of range is an error that names the operation', () => {
  expect(() => cumsum(float64(X), 2)).toThrow(ShapeError)
  expect(() => cumsum(float64(X), 2)).toThrow('cumsum: axis 2 is out of range for rank 2')
  expect(() => cummax(3, 1)).toThrow('cummax: axis 1 is out of range')
})
