// Joining, splitting, repeating and rolling: exact in every dtype, NaN stays where it was, many parts within the bindings of a WebGPU
// device, values of NumPy and PyTorch, gradients of two orders, errors.

import { describe, expect, test } from 'vitest'
import { grad, pullback } from '../../src/autodiff/vjp.ts'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { abs, add, mul } from '../../src/ops/arithmetic.ts'
import { sum } from '../../src/ops/reductions.ts'
import { concat, repeat, roll, split, stack, tile, transpose, unstack } from '../../src/ops/shaping.ts'
import { fullLike } from '../../src/primitives/literal.ts'
import { readArray, tensor } from '../../src/runtime/host.ts'
import { compiled, counted, mostBindings, ramp, valuesOf } from './ramp.ts'

const EXTREMES: readonly { readonly dtype: DType; readonly values: readonly number[] }[] = [
  { dtype: 'bool', values: [1, 0, 1] },
  { dtype: 'uint8', values: [0, 255, 7] },
  { dtype: 'int32', values: [-2147483648, 2147483647, 16777217] },
  { dtype: 'uint32', values: [0, 4294967295, 16777217] },
  { dtype: 'float32', values: [Number.NaN, -Infinity, 2 ** -126] },
  { dtype: 'float64', values: [Number.NaN, Infinity, 1e-300] },
]
const columns = (...values: (readonly number[])[]): number[] => values[0]!.flatMap((_, i) => values.map((list) => list[i]!)) // prettier-ignore

describe('concat and stack', () => {
  test.each(EXTREMES)('keep every value of $dtype', async ({ dtype, values }) => {
    const a = tensor(Float64Array.from(values), { dtype })
    const b = tensor(Float64Array.from(values.toReversed()), { dtype })
    const [joined, rows, pairs] = [concat([a, b, a]), stack([a, b]), stack([a, b], -1)]
    expect([joined.dtype, rows.dtype, pairs.shape]).toEqual([dtype, dtype, [3, 2]])
    expect(await valuesOf(joined)).toEqual([...values, ...values.toReversed(), ...values])
    expect(await valuesOf(rows)).toEqual([...values, ...values.toReversed()])
    expect(await valuesOf(pairs)).toEqual(columns(values, values.toReversed()))
    expect(await valuesOf(concat(split(joined, 3).toReversed()))).toEqual([
      ...values,
      ...values.toReversed(),
      ...values,
    ])
  })

  test('promote different dtypes, and numbers take the dtype of the tensors they are stacked with', async () => {
    expect(concat([counted([2]), ramp([1])]).dtype).toBe('float64')
    expect(concat([tensor([true]), tensor([3], { dtype: 'uint8' })]).dtype).toBe('int32')
    const mixed = stack([tensor(7, { dtype: 'int32' }), 2, 3])
    expect([mixed.dtype, await valuesOf(mixed)]).toEqual(['int32', [7, 2, 3]])
  })

  test('take empty parts, one part, and parts along any axis', async () => {
    expect(await readArray(concat([ramp([2, 0]), counted([2, 1]), ramp([2, 0])], 1))).toEqual([[0], [1]])
    expect(concat([ramp([0, 3]), ramp([0, 3])]).shape).toEqual([0, 3])
    expect(await valuesOf(concat([ramp([3])]))).toEqual([-2, 5, 1])
    expect(await readArray(concat([counted([1, 2]), counted([1, 1])], -1))).toEqual([[0, 1, 0]])
    expect(stack([ramp([2, 0])], 1).shape).toEqual([2, 1, 0])
    expect(concat([ramp([1, 2, 1, 1, 2, 1, 1, 1]), ramp([1, 2, 1, 1, 3, 1, 1, 1])], 4).shape).toEqual([1, 2, 1, 1, 5, 1, 1, 1]) // prettier-ignore
  })

  test.each([2, 7, 8, 9, 20])('%i parts and their gradients keep to the bindings of a WebGPU device', async (count) => {
    const shapes = Array.from({ length: count }, (_, i) => [1 + (i % 3), 4])
    const { program, difference } = await compiled(
      (...parts) => {
        const joined = concat(parts.map((part, i) => (i % 2 === 0 ? part : abs(mul(part, i)))))
        const squares = mul(joined, joined)
        return [joined, sum(squares, 0), ...pullback([squares], [fullLike(squares, 1)], parts).map((one) => one!)]
      },
      ...shapes,
    )
    expect(difference).toBeNull()
    expect(mostBindings(program)).toBeLessThanOrEqual(8)
  })

  test('many parts that are sums themselves are cut too', async () => {
    const { program, difference } = await compiled(
      (...parts) => {
        const sums = parts.map((part, i) => add(part, transpose(parts[(i + 1) % parts.length]!)))
        return [stack(sums, 1), mul(concat(sums, 1), 2)]
      },
      ...Array.from({ length: 12 }, () => [3, 3]),
    )
    expect(difference).toBeNull()
    expect(mostBindings(program)).toBeLessThanOrEqual(8)
  })

  test('a few parts are read in place by the kernel that uses them', async () => {
    const { program, difference } = await compiled((a, b) => [abs(concat([a!, transpose(b!)]))], [5, 4], [4, 3])
    expect(difference).toBeNull()
    expect(program.dispatches.flatMap(({ kernels }) => kernels)).toHaveLength(1)
  })

  test('a part that is not finite leaves the values and gradients of the others alone', async () => {
    const parts = [tensor([Number.NaN, Infinity]), tensor([2, 3])]
    const loss = (list: readonly Tensor[]): Tensor => sum(mul(concat(list), concat([tensor([0, 0]), tensor([5, 7])])))
    const gradients = grad((list: readonly Tensor[]) => loss(list))(parts)
    expect(await valuesOf(gradients[1]!)).toEqual([5, 7])
  })

  test('have gradients of two orders', async () => {
    const fn = (a: Tensor, b: Tensor, c: Tensor): Tensor[] => {
      const joined = concat([a, b, a], 1)
      return [mul(joined, joined), stack([mul(c, c), c], 1)]
    }
    expect((await checkGradients(fn, [ramp([2, 3]), ramp([2, 2]), ramp([3])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  })

  test('name both shapes that do not fit', () => {
    expect(() => concat([])).toThrow(ArgumentError)
    expect(() => stack([])).toThrow(ArgumentError)
    expect(() => concat([ramp([2, 3]), ramp([2, 4])])).toThrow(/shapes \[2, 3\] and \[2, 4\] differ beside axis 0/)
    expect(() => concat([ramp([2, 3]), ramp([2])])).toThrow(ShapeError)
    expect(() => concat([1, 2])).toThrow(/use stack/)
    expect(() => stack([ramp([2]), ramp([3])])).toThrow(/shapes \[2\] and \[3\] differ/)
    expect(() => concat([ramp([2])], 1)).toThrow(/axis 1 is out of range for rank 1/)
  })
})

describe('split and unstack', () => {
  test('give equal parts, parts of given sizes, and slices', async () => {
    const x = counted([2, 5])
    expect((await Promise.all(split(x, [1, 0, 4], 1).map(readArray)))[2]).toEqual([[1, 2, 3, 4], [6, 7, 8, 9]]) // prettier-ignore
    expect(split(x, [1, 0, 4], -1).map(({ shape }) => shape)).toEqual([[2, 1], [2, 0], [2, 4]]) // prettier-ignore
    expect(await Promise.all(split(counted([6]), 3).map(readArray))).toEqual([[0, 1], [2, 3], [4, 5]]) // prettier-ignore
    expect(await Promise.all(unstack(x).map(readArray))).toEqual([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]) // prettier-ignore
    expect(unstack(x, -1).map(({ shape }) => shape)).toEqual(Array.from({ length: 5 }, () => [2]))
    expect(unstack(ramp([0, 3]))).toEqual([])
    expect(split(ramp([0]), 2).map(({ shape }) => shape)).toEqual([[0], [0]])
    expect(await valuesOf(stack(unstack(x, 1), 1))).toEqual(await valuesOf(x))
  })

  test('have gradients, also where a part is not used', async () => {
    const second = (x: Tensor): Tensor => mul(split(x, [1, 2, 2])[1]!, unstack(x)[0]!)
    expect((await checkGradients(second, [ramp([5])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
    expect(await valuesOf(grad((x: Tensor) => sum(split(x, [1, 2, 2])[1]!))(ramp([5])))).toEqual([0, 1, 1, 0, 0])
  })

  test('say what does not divide', () => {
    expect(() => split(ramp([2, 5]), 2, 1)).toThrow(/axis 1 of \[2, 5\] does not divide into 2 parts/)
    expect(() => split(ramp([5]), [2, 2])).toThrow(/\[2,2\] add up to 4, but axis 0 of \[5\] has 5/)
    expect(() => split(ramp([5]), 0)).toThrow(ArgumentError)
    expect(() => split(ramp([5]), [6, -1])).toThrow(ArgumentError)
    expect(() => unstack(ramp([]))).toThrow(ShapeError)
  })
})

describe('roll, tile and repeat', () => {
  // torch.roll of ramp [2, 3, 2]
  test.each([
    { shift: 1, axes: 0, values: [-4, 3, -1, -5, 2, -2, -2, 5, 1, -3, 4, 0] },
    { shift: -1, axes: -2, values: [1, -3, 4, 0, -2, 5, -1, -5, 2, -2, -4, 3] },
    { shift: [1, -4], axes: [1, 2], values: [4, 0, -2, 5, 1, -3, 2, -2, -4, 3, -1, -5] },
    { shift: 5, axes: undefined, values: [3, -1, -5, 2, -2, -2, 5, 1, -3, 4, 0, -4] },
    { shift: [1, 2], axes: [1, 1], values: [-2, 5, 1, -3, 4, 0, -4, 3, -1, -5, 2, -2] },
  ])("roll by $shift along $axes has PyTorch's values", async ({ shift, axes, values }) => {
    const rolled = roll(ramp([2, 3, 2]), shift, axes)
    expect(rolled.shape).toEqual([2, 3, 2])
    expect(await valuesOf(rolled)).toEqual(values)
  })

  // np.tile and np.repeat of ramp [2, 3]
  test.each([
    { repeats: 2, shape: [2, 6], values: [-2, 5, 1, -2, 5, 1, -3, 4, 0, -3, 4, 0] },
    { repeats: [2, 1], shape: [4, 3], values: [-2, 5, 1, -3, 4, 0, -2, 5, 1, -3, 4, 0] },
    { repeats: [2, 1, 2], shape: [2, 2, 6], values: [-2, 5, 1, -2, 5, 1, -3, 4, 0, -3, 4, 0, -2, 5, 1, -2, 5, 1, -3, 4, 0, -3, 4, 0] }, // prettier-ignore
    { repeats: [0, 1], shape: [0, 3], values: [] },
  ])("tile by $repeats has NumPy's values", async ({ repeats, shape, values }) => {
    const tiled = tile(ramp([2, 3]), repeats)
    expect(tiled.shape).toEqual(shape)
    expect(await valuesOf(tiled)).toEqual(values)
  })

  test.each([
    { count: 2, axis: 0, shape: [4, 3], values: [-2, 5, 1, -2, 5, 1, -3, 4, 0, -3, 4, 0] },
    { count: 3, axis: -1, shape: [2, 9], values: [-2, -2, -2, 5, 5, 5, 1, 1, 1, -3, -3, -3, 4, 4, 4, 0, 0, 0] },
    { count: 1, axis: 1, shape: [2, 3], values: [-2, 5, 1, -3, 4, 0] },
    { count: 0, axis: 1, shape: [2, 0], values: [] },
  ])("repeat $count times along $axis has NumPy's values", async ({ count, axis, shape, values }) => {
    const repeated = repeat(ramp([2, 3]), count, axis)
    expect(repeated.shape).toEqual(shape)
    expect(await valuesOf(repeated)).toEqual(values)
  })

  test.each(EXTREMES)('keep every value of $dtype', async ({ dtype, values }) => {
    const x = tensor(Float64Array.from(values), { dtype })
    const [a, b, c] = values
    expect([roll(x, 1).dtype, tile(x, 2).dtype, repeat(x, 2, 0).dtype]).toEqual([dtype, dtype, dtype])
    expect(await valuesOf(roll(x, -4))).toEqual([b, c, a])
    expect(await valuesOf(tile(x, 2))).toEqual([a, b, c, a, b, c])
    expect(await valuesOf(repeat(x, 2, 0))).toEqual([a, a, b, b, c, c])
  })

  test('have gradients of two orders', async () => {
    const fn = (x: Tensor): Tensor[] => {
      const list = [roll(x, [1, -2], [0, 1]), tile(x, [2, 3]), repeat(x, 3, 1), repeat(x, 2, 0), roll(x, 4)]
      return list.map((one) => mul(one, one))
    }
    expect((await checkGradients(fn, [ramp([2, 5])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
    expect((await checkGradients(fn, [ramp([1, 1])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  })

  test('take scalars and extents of 0', async () => {
    expect(await readArray(tile(3, [2, 2]))).toEqual([[3, 3], [3, 3]]) // prettier-ignore
    expect(await valuesOf(roll(3, 2))).toEqual([3])
    expect([roll(ramp([0, 2]), 3).shape, roll(ramp([0, 2]), 3, 0).shape]).toEqual([[0, 2], [0, 2]]) // prettier-ignore
    expect([tile(ramp([0, 2]), 3).shape, repeat(ramp([0, 2]), 3, 0).shape]).toEqual([[0, 6], [0, 2]]) // prettier-ignore
  })

  test('are read in place', async () => {
    const { program, difference } = await compiled((x) => [add(roll(tile(x, [1, 2]), 3, 1), repeat(x, 2, 1))], [3, 5])
    expect(difference).toBeNull()
    expect(program.dispatches.flatMap(({ kernels }) => kernels)).toHaveLength(1)
  })

  test('refuse what is no whole number', () => {
    expect(() => roll(ramp([3]), 0.5)).toThrow(ArgumentError)
    expect(() => roll(ramp([3, 2]), [1, 2, 3], [0, 1])).toThrow(/3 shifts for 2 axes/)
    expect(() => tile(ramp([3]), -1)).toThrow(ArgumentError)
    expect(() => repeat(ramp([3]), 1.5, 0)).toThrow(ArgumentError)
    expect(() => repeat(ramp([]), 2, 0)).toThrow(ShapeError)
    expect(() => tile(ramp([1000, 1000]), [1000, 1000])).toThrow(/2\^31 elements/)
  })
})
