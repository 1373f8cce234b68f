// Indexing sugar against NumPy's results for np.arange(24).reshape(2, 3, 4), gradients of two orders, errors.

import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { index, type Selector } from '../../src/ops/indexing.ts'
import { sum } from '../../src/ops/reductions.ts'
import { readArray, tensor } from '../../src/runtime/host.ts'
import { compiled, counted, ramp, valuesOf } from './ramp.ts'

const positions = (
  values: number | readonly number[] | readonly (readonly number[])[],
  dtype: DType = 'int32',
): Tensor => tensor(values, { dtype })

test.each<{ name: string; selectors: readonly Selector[]; expected: unknown }>([
  { name: 'x[1]', selectors: [1], expected: [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]] },
  { name: 'x[:, -1]', selectors: [':', -1], expected: [[8, 9, 10, 11], [20, 21, 22, 23]] },
  { name: 'x[..., 2]', selectors: ['...', 2], expected: [[2, 6, 10], [14, 18, 22]] },
  { name: 'x[1, 2, 3]', selectors: [1, 2, 3], expected: 23 },
  { name: 'x[None, ..., None, 0]', selectors: [null, '...', null, 0], expected: [[[[0], [4], [8]], [[12], [16], [20]]]] },
  { name: 'x[0, ::-1, 1:3]', selectors: [0, '::-1', '1:3'], expected: [[9, 10], [5, 6], [1, 2]] },
  { name: 'x[:, ::-2, -3:]', selectors: [':', { step: -2 }, { start: -3 }], expected: [[[9, 10, 11], [1, 2, 3]], [[21, 22, 23], [13, 14, 15]]] },
  { name: 'x[1:, None, :, 5:0:-3]', selectors: [{ start: 1 }, null, {}, ' 5 : 0 : -3 '], expected: [[[[15], [19], [23]]]] },
  { name: 'x[:, [2, 0, 2]]', selectors: [':', positions([2, 0, 2])], expected: [[[8, 9, 10, 11], [0, 1, 2, 3], [8, 9, 10, 11]], [[20, 21, 22, 23], [12, 13, 14, 15], [20, 21, 22, 23]]] },
  { name: 'x[..., [[3, 0], [1, 1]]]', selectors: ['...', positions([[3, 0], [1, 1]], 'uint32')], expected: [[[[3, 0], [1, 1]], [[7, 4], [5, 5]], [[11, 8], [9, 9]]], [[[15, 12], [13, 13]], [[19, 16], [17, 17]], [[23, 20], [21, 21]]]] },
  { name: 'x[1][:, [3, 0]]', selectors: [1, ':', positions([3, 0], 'uint8')], expected: [[15, 12], [19, 16], [23, 20]] },
  { name: 'x[:, np.array(1)]', selectors: [':', positions(1)], expected: [[4, 5, 6, 7], [16, 17, 18, 19]] },
  { name: 'x[:, [2, 0]][:, :, ::3] with a new axis before', selectors: ['1:', null, positions([2, 0]), { step: 3 }], expected: [[[[20, 23], [12, 15]]]] },
  { name: 'positions out of range are clamped', selectors: [0, positions([-1, 9, 1]), 0], expected: [0, 8, 4] },
  { name: 'x[5:, 0] is empty', selectors: ['5:', 0], expected: [] },
])('$name', async ({ selectors, expected }) => {
  expect(await readArray(index(counted([2, 3, 4]), ...selectors))).toEqual(expected)
}) // prettier-ignore

test('shapes of new, empty and dropped axes', () => {
  const x = counted([2, 3, 4])
  expect(index(x, '5:', 0).shape).toEqual([0, 4])
  expect(index(x, null, null).shape).toEqual([1, 1, 2, 3, 4])
  expect(index(x, '...', null).shape).toEqual([2, 3, 4, 1])
  expect(index(x).shape).toEqual([2, 3, 4])
  expect(index(3, null, '...').shape).toEqual([1])
  expect(index(x, ':', tensor(new Int32Array(0), { shape: [0, 5] })).shape).toEqual([2, 0, 5, 4])
  expect(index(counted([2, 1, 1, 3, 1, 1, 2, 2]), 1, '...', null, '::-1', 0).shape).toEqual([1, 1, 3, 1, 1, 1, 2])
})

test.each<DType>(['bool', 'uint8', 'int32', 'uint32', 'float32', 'float64'])('keeps %s', async (dtype) => {
  const x = tensor([[1, 0], [0, 1], [1, 1]], { dtype }) // prettier-ignore
  const result = index(x, '::-1', positions([1, 1, 0]))
  expect([result.dtype, await valuesOf(result)]).toEqual([dtype, [1, 1, 1, 1, 1, 0, 0, 0, 1]])
})

test('has gradients of two orders', async () => {
  const fn = (x: Tensor): Tensor => {
    const part = index(x, '::-1', null, positions([2, 0, 2]), 1)
    return mul(part, part)
  }
  expect((await checkGradients(fn, [ramp([2, 3, 4])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  // a position that is read twice gets both cotangents
  const gradient = grad((x: Tensor) => sum(index(x, positions([2, 0, 2]))))
  expect(await valuesOf(gradient(ramp([4])))).toEqual([1, 0, 2, 0])
})

test('is read in place', async () => {
  const { program, difference } = await compiled(
    (x) => [mul(index(x, 1, '::-1'), index(x, '...', null, { start: 2, step: 2 }))],
    [3, 3, 3],
  )
  expect(difference).toBeNull()
  expect(program.dispatches.flatMap(({ kernels }) => kernels)).toHaveLength(1)
})

describe('errors', () => {
  const x = counted([2, 3])
  const list: readonly number[] = [0, 1]
  test.each([
    { call: () => index(x, 2), type: ShapeError, text: /position 2 is out of range for axis 0 of \[2, 3\] \(allowed: -2 .. 1\)/ },
    { call: () => index(x, ':', -4), type: ShapeError, text: /position -4 is out of range for axis 1 of \[2, 3\] \(allowed: -3 .. 2\)/ },
    { call: () => index(counted([0]), 0), type: ShapeError, text: /it has no elements/ },
    { call: () => index(x, 0, 0, 0), type: ShapeError, text: /3 selectors for the 2 axes of \[2, 3\]/ },
    { call: () => index(x, '...', '...'), type: ArgumentError, text: /may stand once/ },
    { call: () => index(x, 0.5), type: ArgumentError, text: /integer position, got 0.5/ },
    { call: () => index(x, '1'), type: ArgumentError, text: /'1' is no range/ },
    { call: () => index(x, '::0'), type: ArgumentError, text: /step other than 0/ },
    { call: () => index(x, { start: 0.5 }), type: ArgumentError, text: /integer bounds/ },
    { call: () => index(x, positions(0), positions(1)), type: ArgumentError, text: /gatherNd/ },
    { call: () => index(x, tensor([true, false])), type: DTypeError, text: /use where/ },
    { call: () => index(x, tensor([0.5])), type: DTypeError, text: /cast it to int32/ },
    { call: () => index(counted([0, 2]), positions([0])), type: ShapeError, text: /no elements to take/ },
    { call: () => index(x, list as never), type: ArgumentError, text: /an array: wrap it/ },
  ])('$text', ({ call, type, text }) => {
    expect(call).toThrow(type)
    expect(call).toThrow(text)
  })
}) // prettier-ignore
