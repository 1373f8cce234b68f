// Sorting against JavaScript's stable sort and PyTorch's values: every dtype, NaN, infinities and signed zeros, ties, and rows that are
// shorter, as long as and longer than a block and than several merges.

import { describe, expect, test } from 'vitest'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { argsort, sort, topK } from '../../src/ops/sorting.ts'
import { readData, tensor } from '../../src/runtime/host.ts'
import { cotangentsOf, float64, int32, valuesOf } from './values.ts'

/** The positions that sort `row`, NaN last in either direction. */
function positions(row: readonly number[], descending: boolean): number[] {
  const compare = (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    return descending ? b - a : a - b
  }
  const order = row.map((_, i) => i)
  return order.sort((i, j) => (row[i] === row[j] ? i - j : compare(row[i]!, row[j]!) || i - j))
}

const S = [
  [3, -1, 3, 0.5],
  [0, -0, -2, 0],
]

describe('values, orders and derivatives are those of PyTorch, ties in their order', () => {
  test('ascending', async () => {
    expect(await valuesOf(sort(float64(S)))).toEqual([-1, 0.5, 3, 3, -2, 0, -0, 0])
    expect(await valuesOf(argsort(float64(S)))).toEqual([1, 3, 0, 2, 2, 0, 1, 3])
    expect(await cotangentsOf((x) => sort(x), float64(S))).toEqual([[3, 1, 4, 2, 6, 7, 5, 8]])
  })
  test('descending', async () => {
    expect(await valuesOf(sort(float64(S), 1, { descending: true }))).toEqual([3, 3, 0.5, -1, 0, -0, 0, -2])
    expect(await valuesOf(argsort(float64(S), 1, { descending: true }))).toEqual([0, 2, 3, 1, 0, 1, 3, 2])
    expect(await cotangentsOf((x) => sort(x, 1, { descending: true }), float64(S))).toEqual([[1, 4, 2, 3, 5, 6, 8, 7]])
  })
  test('the greatest two', async () => {
    const rows = float64([
      [3, -1, 2.5, 0.5],
      [0, 4, -2, 1],
    ])
    const { values, indices } = topK(rows, 2)
    expect([await valuesOf(values), await valuesOf(indices)]).toEqual([[3, 2.5, 4, 1], [0, 2, 1, 3]]) // prettier-ignore
    expect(await cotangentsOf((x) => topK(x, 2, 1).values, rows)).toEqual([[1, 0, 2, 0, 0, 3, 0, 4]])
  })
})

describe('rows of every length, with many ties', () => {
  const lengths = [0, 1, 2, 63, 127, 128, 129, 255, 257, 1000, 1025, 5000]
  test.each(
    lengths.flatMap(
      (length) =>
        [
          [length, false],
          [length, true],
        ] as const,
    ),
  )('%i elements, descending: %s', async (length, descending) => {
    const rows = [3, 5].map((seed) =>
      Array.from({ length }, (_, i) => Math.round(0.03 * length * Math.sin(seed * i * i))),
    )
    const x = tensor(rows, { dtype: 'float32' })
    expect(await valuesOf(argsort(x, 1, { descending }))).toEqual(rows.flatMap((row) => positions(row, descending)))
    expect(await valuesOf(sort(x, 1, { descending }))).toEqual(
      rows.flatMap((row) => positions(row, descending).map((i) => row[i]!)),
    )
  })
})

describe('every dtype at its ends', () => {
  const values: Partial<Record<DType, number[]>> = {
    float32: [
      1,
      -Infinity,
      3.4028234663852886e38,
      NaN,
      -0,
      0,
      Infinity,
      2 ** -149,
      -(2 ** -149),
      NaN,
      -2,
      -3.4028234663852886e38,
    ],
    float64: [1, -Infinity, 1e300, NaN, -0, 0, Infinity, 5e-324, -5e-324, NaN, -2, -1e300],
    int32: [0, -1, 2147483647, -2147483648, 5, -5, 2147483646],
    uint32: [0, 4294967295, 2147483648, 2147483647, 1],
    uint8: [255, 0, 128, 127],
    bool: [1, 0, 1, 0, 0],
  }
  test.each(Object.entries(values))('%s', async (dtype, row) => {
    for (const descending of [false, true]) {
      const x = dtype === 'bool' ? tensor(row.map(Boolean)) : tensor(row, { dtype: dtype as DType })
      const expected = positions(row, descending)
      const order = argsort(x, -1, { descending })
      expect([order.dtype, await valuesOf(order)]).toEqual(['int32', expected])
      const sorted = sort(x, -1, { descending })
      expect([sorted.dtype, await valuesOf(sorted)]).toEqual([dtype, expected.map((i) => row[i])])
    }
  })
})

test('NaN stays last in long rows too', async () => {
  const row = Array.from({ length: 700 }, (_, i) => (i % 7 === 3 ? NaN : i % 11 === 0 ? -Infinity : Math.cos(i)))
  for (const dtype of ['float32', 'float64'] as const)
    for (const descending of [false, true])
      expect(await valuesOf(argsort(tensor(row, { dtype }), 0, { descending }))).toEqual(positions(row, descending))
})

describe('derivatives to second order agree with central differences', () => {
  const distinct = (count: number) => float64(Array.from({ length: count }, (_, i) => ((i * 57) % 101) / 20 + i / 1000))
  test.each([3, 60, 140])('%i elements', async (count) => {
    const order = count > 100 ? 1 : 2
    for (const descending of [false, true]) {
      const squares = await checkGradients((x) => mul(sort(x, 0, { descending }), sort(x)), [distinct(count)], {
        order,
      })
      expect(squares.checked.first).toBeGreaterThan(0)
    }
    const top = await checkGradients(
      (x) => mul(topK(x, 3).values, topK(x, 3, 0, { largest: false }).values),
      [distinct(count)],
      { order },
    )
    expect(top.checked.first).toBeGreaterThan(0)
  })
})

test('other axes, scalars, empty tensors and rank 8', async () => {
  expect(await valuesOf(sort(float64(S), 0))).toEqual([0, -1, -2, 0, 3, -0, 3, 0.5])
  expect(
    await valuesOf(
      argsort(
        float64([
          [[2], [1]],
          [[0], [5]],
        ]),
        1,
      ),
    ),
  ).toEqual([1, 0, 0, 1])
  expect(await valuesOf(sort(3))).toEqual([3])
  expect(argsort(3).shape).toEqual([])
  expect(sort(float64([[], []]), 0).shape).toEqual([2, 0])
  const eight = tensor([[[[[[[[2, 1]], [[0, 3]]]]]]]], { dtype: 'float32' })
  expect(await valuesOf(sort(eight, 5))).toEqual([0, 1, 2, 3])
  const columns = topK(float64([[1, 5], [3, 4], [2, 6]]), 2, 0) // prettier-ignore
  expect([columns.values.shape, await valuesOf(columns.values), await valuesOf(columns.indices)]).toEqual([[2, 2], [3, 6, 2, 5], [1, 2, 2, 0]]) // prettier-ignore
  expect((await readData(topK(int32([3, 1, 2]), 0).values)).length).toBe(0)
})

test('the first k: ties, NaN and wrong k', async () => {
  const { values, indices } = topK(tensor([1, NaN, 2, 2, NaN, 1], { dtype: 'float32' }), 5)
  expect([await valuesOf(values), await valuesOf(indices)]).toEqual([[2, 2, 1, 1, NaN], [2, 3, 0, 5, 1]]) // prettier-ignore
  expect(await valuesOf(topK(int32([4, 1, 1, 3]), 2, -1, { largest: false }).indices)).toEqual([1, 2])
  expect(() => topK(int32([4, 1]), 3)).toThrow(ArgumentError)
  expect(() => topK(int32([4, 1]), 3)).toThrow('topK: expected k of 0 to 2 for axis 0 of [2], got 3')
  expect(() => topK(int32([4, 1]), 1.5)).toThrow(ArgumentError)
  expect(() => sort(int32([4, 1]), 1)).toThrow(ShapeError)
})
