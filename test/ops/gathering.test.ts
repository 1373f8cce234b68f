// Reading and writing at positions that are data: values and derivatives of PyTorch, clamped positions, errors for positions that the
// host knows.

import { describe, expect, test } from 'vitest'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { full } from '../../src/ops/creation.ts'
import { dynamicSlice, embedding, gather, gatherNd, scatterAdd, takeAlongAxis } from '../../src/ops/gathering.ts'
import { tensor } from '../../src/runtime/host.ts'
import { cotangentsOf, float64, int32, valuesOf } from './values.ts'

const X = float64([
  [1, 2, 3],
  [4, 5, 6],
])
const CUBE = float64([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]) // prettier-ignore

describe('gather', () => {
  test('takes slices along any axis, which becomes the axes of the positions', async () => {
    expect(await valuesOf(gather(X, int32([1, 0, 1])))).toEqual([4, 5, 6, 1, 2, 3, 4, 5, 6])
    expect(await valuesOf(gather(X, int32([2, 0]), 1))).toEqual([3, 1, 6, 4])
    const middle = gather(CUBE, int32([[2, 0], [1, 1]]), 1) // prettier-ignore
    expect(middle.shape).toEqual([2, 2, 2, 2])
    expect(await valuesOf(middle)).toEqual([5, 6, 1, 2, 3, 4, 3, 4, 11, 12, 7, 8, 9, 10, 9, 10])
    expect(await valuesOf(gather(CUBE, int32([1]), -1))).toEqual([2, 4, 6, 8, 10, 12])
  })
  test('removes the axis for a number', async () => {
    const column = gather(X, 2, 1)
    expect([column.shape, await valuesOf(column)]).toEqual([[2], [3, 6]])
  })
  test('clamps positions in tensors', async () => {
    expect(await valuesOf(gather(X, int32([-5, 9, 2147483647]), 1))).toEqual([1, 3, 3, 4, 6, 6])
    expect(await valuesOf(gather(X, tensor([4294967295, 1], { dtype: 'uint32' })))).toEqual([4, 5, 6, 4, 5, 6])
    expect(await valuesOf(gather(int32([7, 8, 9]), tensor([2, 200], { dtype: 'uint8' })))).toEqual([9, 9])
  })
  test('refuses positions that the host knows to be out of range, and what is no integer', () => {
    expect(() => gather(X, 2)).toThrow(ArgumentError)
    expect(() => gather(X, 2)).toThrow(
      'gather: index 2 is out of range for an axis of 2: expected an integer of 0 to 1',
    )
    expect(() => gather(X, -1)).toThrow(ArgumentError)
    expect(() => gather(X, full([3], 3, 'int32'), 1)).toThrow('index 3 is out of range for an axis of 3')
    expect(() => gather(X, float64([1]))).toThrow(DTypeError)
    expect(() => gather(X, int32([1]), 2)).toThrow(ShapeError)
  })
  test('adds up the cotangents of what is taken twice', async () => {
    expect(await cotangentsOf((x) => gather(x, int32([2, 0, 2]), 1), X)).toEqual([[2, 0, 4, 5, 0, 10]])
    expect(
      (await checkGradients((x) => mul(gather(x, int32([1, 1]), 1), gather(x, int32([0, 2]), 1)), [CUBE], { order: 2 }))
        .checked.second,
    ).toBeGreaterThan(0)
  })
})

describe('gatherNd', () => {
  test('takes elements or slices at points', async () => {
    expect(await valuesOf(gatherNd(X, int32([[0, 2], [1, 0]])))).toEqual([3, 4]) // prettier-ignore
    expect(await valuesOf(gatherNd(CUBE, int32([[1, 2], [0, 0]])))).toEqual([11, 12, 1, 2]) // prettier-ignore
    expect(await valuesOf(gatherNd(CUBE, int32([1])))).toEqual([7, 8, 9, 10, 11, 12])
    const whole = gatherNd(X, tensor([[], []], { dtype: 'int32' }))
    expect([whole.shape, await valuesOf(whole)]).toEqual([[2, 2, 3], [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]]) // prettier-ignore
  })
  test('clamps every coordinate to its axis', async () => {
    expect(await valuesOf(gatherNd(X, int32([[0, 9], [-3, 1], [7, -7]])))).toEqual([3, 2, 4]) // prettier-ignore
    expect(await valuesOf(gatherNd(X, tensor([[4294967295, 4294967295]], { dtype: 'uint32' })))).toEqual([6])
  })
  test('refuses points of more coordinates than axes', () => {
    expect(() => gatherNd(X, int32([[0, 0, 0]]))).toThrow(ShapeError)
    expect(() => gatherNd(X, int32([[0, 0, 0]]))).toThrow('must hold 0 to 2 coordinates for [2, 3], got [1, 3]')
  })
  test('has the derivatives of PyTorch', async () => {
    expect(await cotangentsOf((x) => gatherNd(x, int32([[0, 1], [1, 2], [0, 1]])), X)).toEqual([[0, 4, 0, 0, 0, 2]]) // prettier-ignore
  })
})

describe('takeAlongAxis', () => {
  test('takes elements at positions of the same rank, as PyTorch, the other axes broadcast', async () => {
    const positions = int32([[2, 2, 0, 1]])
    expect(await valuesOf(takeAlongAxis(X, positions, 1))).toEqual([3, 3, 1, 2, 6, 6, 4, 5])
    expect(await cotangentsOf((x) => takeAlongAxis(x, positions, 1), X)).toEqual([[3, 4, 3, 7, 8, 11]])
    expect(await valuesOf(takeAlongAxis(float64([[1, 2, 3]]), int32([[1], [2]]), -1))).toEqual([2, 3])
    expect(await valuesOf(takeAlongAxis(X, int32([[1, 0, 9]]), 0))).toEqual([4, 2, 6])
  })
  test('has derivatives to second order', async () => {
    const positions = int32([[2, 0], [1, 1]]) // prettier-ignore
    expect(
      (
        await checkGradients((x) => mul(takeAlongAxis(x, positions), takeAlongAxis(x, int32([[0, 2]]), 1)), [X], {
          order: 2,
        })
      ).checked.second,
    ).toBeGreaterThan(0)
  })
  test('refuses other ranks, extents and dtypes', () => {
    expect(() => takeAlongAxis(X, int32([1]), 1)).toThrow('takeAlongAxis: indices [1] need the rank of [2, 3]')
    expect(() => takeAlongAxis(X, int32([[1], [0], [1]]), 1)).toThrow(ShapeError)
    expect(() => takeAlongAxis(X, X, 1)).toThrow(DTypeError)
  })
})

describe('embedding', () => {
  const table = float64([[0.5, -0.5], [1, 2], [3, -3]]) // prettier-ignore
  const ids = int32([[2, 0], [2, 1]]) // prettier-ignore
  test('takes rows of a table, with the derivative of PyTorch', async () => {
    const rows = embedding(table, ids)
    expect([rows.shape, await valuesOf(rows)]).toEqual([[2, 2, 2], [3, -3, 0.5, -0.5, 3, -3, 1, 2]]) // prettier-ignore
    expect(await cotangentsOf((x) => embedding(x, ids), table)).toEqual([[3, 4, 7, 8, 6, 8]])
  })
  test('refuses swapped operands and ids that are no integers', () => {
    expect(() => embedding(ids, table)).toThrow('embedding(table, ids) takes the table first')
    expect(() => embedding(table, table)).toThrow(DTypeError)
    expect(() => embedding(table, 3)).toThrow(ArgumentError)
  })
})

describe('scatterAdd and dynamicSlice', () => {
  test('rows that meet are added up; positions are clamped', async () => {
    expect(await valuesOf(scatterAdd(int32([1, 1, 9]), float64([[1, 2], [3, 4], [5, 6]]), 3))).toEqual([0, 0, 4, 6, 5, 6]) // prettier-ignore
    expect(await valuesOf(scatterAdd(int32([0, 2]), tensor([true, true]), 3))).toEqual([1, 0, 1])
    expect(await cotangentsOf((u) => scatterAdd(int32([1, 0, 1]), u, 2), float64([5, 6, 7]))).toEqual([[2, 1, 2]])
    expect(() => scatterAdd(3, float64([1, 2]), 3)).toThrow(ArgumentError)
    expect(() => scatterAdd(int32([0]), float64([1]), -1)).toThrow(ArgumentError)
  })
  test('a start in a tensor is clamped, a number is checked', async () => {
    const rows = float64([1, 2, 3, 4])
    expect(await valuesOf(dynamicSlice(rows, tensor(9, { dtype: 'int32' }), 2))).toEqual([3, 4])
    expect(await valuesOf(dynamicSlice(rows, 2, 2))).toEqual([3, 4])
    expect(() => dynamicSlice(rows, 3, 2)).toThrow('dynamicSlice: index 3 is out of range for an axis of 3')
    expect(() => dynamicSlice(rows, -1, 2)).toThrow(ArgumentError)
  })
})

test('nothing to take, and no table to take it from', async () => {
  expect(gather(X, tensor([], { dtype: 'int32' })).shape).toEqual([0, 3])
  expect(await valuesOf(gather(tensor([[], []]), int32([1])))).toEqual([])
  expect(takeAlongAxis(X, tensor([[], []], { dtype: 'int32' }), 1).shape).toEqual([2, 0])
  expect(() => gather(tensor([]), int32([0]))).toThrow(ShapeError)
})
