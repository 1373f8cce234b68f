// Products, triangles and diagonals against NumPy's values, batched, in every dtype, with gradients of two orders.

import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { diag, dot, matmul, outer, trace, tril, triu } from '../../src/ops/linalg.ts'
import { sum } from '../../src/ops/reductions.ts'
import { readArray, tensor } from '../../src/runtime/host.ts'
import { compiled, counted, ramp, valuesOf } from './ramp.ts'

const DTYPES: readonly DType[] = ['bool', 'uint8', 'int32', 'uint32', 'float32', 'float64']

describe('matmul', () => {
  test('of integers is exact and wraps, as in NumPy', async () => {
    const x = tensor([[1048577, 3], [5, -7]], { dtype: 'int32' }) // prettier-ignore
    const product = matmul(x, x)
    expect([product.dtype, await valuesOf(product)]).toEqual(['int32', [2097168, 3145710, 5242850, 64]])
    const unsigned = matmul(tensor([[4294967295, 2]], { dtype: 'uint32' }), tensor([[3], [1]], { dtype: 'uint32' }))
    expect([unsigned.dtype, await valuesOf(unsigned)]).toEqual(['uint32', [4294967295]])
    const bools = matmul(tensor([[true, true]]), tensor([[true], [true]]))
    expect([bools.dtype, await valuesOf(bools)]).toEqual(['int32', [2]])
    const batched = matmul(counted([2, 1, 3, 2]), counted([4, 2, 3]))
    expect(batched.shape).toEqual([2, 4, 3, 3])
    expect((await valuesOf(batched)).slice(0, 9)).toEqual([3, 4, 5, 9, 14, 19, 15, 24, 33])
    expect(matmul(counted([2, 0]), counted([0, 3])).shape).toEqual([2, 3])
    expect(await valuesOf(matmul(counted([2, 0]), counted([0, 2])))).toEqual([0, 0, 0, 0])
  })

  test('takes vectors on either side, and transposed operands', async () => {
    expect(await valuesOf(matmul(ramp([2, 3]), ramp([3])))).toEqual([30, 26])
    expect(await valuesOf(matmul(ramp([2]), ramp([2, 3])))).toEqual([-11, 10, -2])
    expect(matmul(ramp([4, 3]), ramp([5, 4]), { transposeA: true, transposeB: true }).shape).toEqual([3, 5])
    expect((await checkGradients((a: Tensor, b: Tensor) => matmul(a, b), [ramp([2, 3]), ramp([5, 3, 2])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
    expect((await checkGradients((a: Tensor, b: Tensor) => matmul(a, b), [ramp([3]), ramp([2, 3, 2])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  })

  test('names both shapes and what might have been meant', () => {
    expect(() => matmul(ramp([32, 784]), ramp([10, 784]))).toThrow(
      /lhs \[32, 784\], rhs \[10, 784\] \(784 != 10\). Did you mean transposeB\?/,
    )
    expect(() => matmul(3, ramp([2, 2]))).toThrow(ShapeError)
  })
})

describe('dot and outer', () => {
  // np.dot(ramp [2, 3, 4], ...)
  test.each([
    { right: [4], shape: [2, 3], values: [39, -21, -15, -20, -14, 3] },
    { right: [4, 3], shape: [2, 3, 3], values: [0, 7, 3, -7, 14, 2, 19, -23, 1, -21, 28, 0, 5, -9, -1, -13, -13, -13] },
    { right: [3, 4, 2], shape: [2, 3, 3, 2], values: [25, -34, 26, -11, 16, -10, -36, 29, -33, -12, 14, -9, 13, 4, 7, 9, -21, 3, -37, 34, -30, -14, 10, -7, 12, 9, 10, 7, -25, 5, -16, -16, -16, 39, 6, 39] }, // prettier-ignore
  ])("dot of [2, 3, 4] and $right has NumPy's values", async ({ right, shape, values }) => {
    const result = dot(ramp([2, 3, 4]), ramp(right))
    expect(result.shape).toEqual(shape)
    expect(await valuesOf(result)).toEqual(values)
    await checkGradients((a: Tensor, b: Tensor) => dot(a, b), [ramp([2, 3, 4]), ramp(right)])
  })

  test('dot of vectors, of scalars and of nothing', async () => {
    expect(await valuesOf(dot(ramp([4]), ramp([4])))).toEqual([39])
    expect(await valuesOf(dot(2, ramp([2])))).toEqual([-4, 10])
    expect(await valuesOf(dot(ramp([0]), ramp([0])))).toEqual([0])
    expect(() => dot(ramp([4]), ramp([3]))).toThrow(/\[4\] and \[3\] have 4 and 3 elements/)
  })

  test('outer products of vectors, of batches, and their gradients', async () => {
    expect(await readArray(outer(counted([2]), counted([3])))).toEqual([[0, 0, 0], [0, 1, 2]]) // prettier-ignore
    expect(outer(ramp([5, 2]), ramp([1, 3])).shape).toEqual([5, 2, 3])
    expect(outer(ramp([0]), ramp([3])).shape).toEqual([0, 3])
    expect((await checkGradients(outer, [ramp([3]), ramp([2, 2])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
    expect(() => outer(1, ramp([2]))).toThrow(/use mul/)
  })
})

describe('tril and triu', () => {
  // np.tril and np.triu of ramp [4, 3]
  test.each([
    { k: 0, lower: [-2, 0, 0, -3, 4, 0, -4, 3, -1, -5, 2, -2], upper: [-2, 5, 1, 0, 4, 0, 0, 0, -1, 0, 0, 0] },
    { k: 1, lower: [-2, 5, 0, -3, 4, 0, -4, 3, -1, -5, 2, -2], upper: [0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
    { k: -1, lower: [0, 0, 0, -3, 0, 0, -4, 3, 0, -5, 2, -2], upper: [-2, 5, 1, -3, 4, 0, 0, 3, -1, 0, 0, -2] },
    { k: -2147483648, lower: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], upper: [-2, 5, 1, -3, 4, 0, -4, 3, -1, -5, 2, -2] },
    { k: 2147483647, lower: [-2, 5, 1, -3, 4, 0, -4, 3, -1, -5, 2, -2], upper: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
  ])("at the diagonal $k have NumPy's values", async ({ k, lower, upper }) => {
    expect(await valuesOf(tril(ramp([4, 3]), k))).toEqual(lower)
    expect(await valuesOf(triu(ramp([4, 3]), k))).toEqual(upper)
  })

  test('drop NaN and infinities, in values and gradients', async () => {
    const x = tensor([[1, Number.NaN], [2, 3]]) // prettier-ignore
    expect(await valuesOf(tril(x))).toEqual([1, 0, 2, 3])
    expect(await valuesOf(triu(tensor([[1, 2], [-Infinity, 3]])))).toEqual([1, 2, 0, 3]) // prettier-ignore
    expect(await valuesOf(grad((a: Tensor) => sum(mul(tril(a), tril(a))))(x))).toEqual([2, 0, 4, 6])
  })

  test.each(DTYPES)('keep %s, batches and empty matrices', async (dtype) => {
    const x = tensor(new Float64Array(8).fill(1), { dtype, shape: [2, 2, 2] })
    expect([tril(x).dtype, await valuesOf(tril(x))]).toEqual([dtype, [1, 0, 1, 1, 1, 0, 1, 1]])
    expect(await valuesOf(triu(x, 1))).toEqual([0, 1, 0, 0, 0, 1, 0, 0])
    expect(tril(tensor(new Float64Array(0), { dtype, shape: [0, 3] })).shape).toEqual([0, 3])
  })

  test('refuse vectors and diagonals that are no integers', () => {
    expect(() => tril(ramp([3]))).toThrow(/expected a matrix \[..., M, N\], got \[3\]/)
    expect(() => triu(ramp([3, 3]), 0.5)).toThrow(ArgumentError)
  })
})

describe('diag and trace', () => {
  // np.diag
  test.each([
    { k: 0, taken: [-2, 4, -1], made: [[3, 0, 0], [0, -4, 0], [0, 0, 2]] }, // prettier-ignore
    { k: 2, taken: [1], made: [[0, 0, 3, 0, 0], [0, 0, 0, -4, 0], [0, 0, 0, 0, 2], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]] }, // prettier-ignore
    { k: -1, taken: [-3, 3, -2], made: [[0, 0, 0, 0], [3, 0, 0, 0], [0, -4, 0, 0], [0, 0, 2, 0]] }, // prettier-ignore
  ])("at the diagonal $k has NumPy's values both ways", async ({ k, taken, made }) => {
    expect(await valuesOf(diag(ramp([4, 3]), k))).toEqual(taken)
    expect(await readArray(diag(tensor([3, -4, 2]), k))).toEqual(made)
  })

  test.each(DTYPES)('keeps %s', async (dtype) => {
    const x = tensor([1, 0, 1], { dtype })
    expect([diag(x).dtype, await valuesOf(diag(diag(x, -2), -2))]).toEqual([dtype, [1, 0, 1]])
  })

  test('takes batches, extents of 0 and 1, and diagonals outside the matrix', async () => {
    expect(await readArray(diag(counted([2, 2, 3])))).toEqual([[0, 4], [6, 10]]) // prettier-ignore
    expect([diag(ramp([4, 3]), 3).shape, diag(ramp([4, 3]), -4).shape, diag(ramp([0, 3])).shape]).toEqual([[0], [0], [0]]) // prettier-ignore
    expect([diag(ramp([0])).shape, diag(ramp([1])).shape]).toEqual([[0, 0], [1, 1]]) // prettier-ignore
    expect(await valuesOf(diag(ramp([0]), 2))).toEqual([0, 0, 0, 0])
    expect(await valuesOf(trace(counted([2, 3, 2])))).toEqual([3, 15])
    expect(await valuesOf(trace(ramp([0, 0])))).toEqual([0])
    expect(await valuesOf(trace(tensor([[true, true], [false, true]])))).toEqual([2]) // prettier-ignore
    expect(await valuesOf(diag(tensor([Number.NaN, 1])))).toEqual([Number.NaN, 0, 0, 1])
    expect(await valuesOf(trace(tensor([[1, Number.NaN], [Infinity, 2]])))).toEqual([3]) // prettier-ignore
  })

  test('has gradients of two orders', async () => {
    const fn = (x: Tensor, v: Tensor): Tensor[] => [
      mul(diag(x, 1), diag(x, 1)),
      mul(diag(v, -1), diag(v, -1)),
      mul(trace(x), trace(x)),
      mul(tril(x, -1), triu(x, -2)),
    ]
    expect((await checkGradients(fn, [ramp([4, 3]), ramp([3])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  })

  test('is read in place', async () => {
    const { program, difference } = await compiled((x) => [mul(diag(x), diag(tril(x)))], [5, 7])
    expect(difference).toBeNull()
    expect(program.dispatches.flatMap(({ kernels }) => kernels)).toHaveLength(1)
  })

  test('refuses scalars', () => {
    expect(() => diag(3)).toThrow(ShapeError)
    expect(() => trace(ramp([3]))).toThrow(ShapeError)
  })
})
