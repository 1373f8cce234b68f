// Axes, slices and padding: values against Python's rules, NumPy and PyTorch, every dtype, extents of 0 and 1, eight axes, gradients
// of two orders, errors, and that views become no kernels of their own.

import { describe, expect, test } from 'vitest'
import { grad, vjp } from '../../src/autodiff/vjp.ts'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { sum } from '../../src/ops/reductions.ts'
import {
  broadcastTo,
  expandDims,
  flatten,
  flip,
  pad,
  reshape,
  slice,
  squeeze,
  transpose,
} from '../../src/ops/shaping.ts'
import { readArray, tensor } from '../../src/runtime/host.ts'
import { compiled, counted, ramp, rampValues, valuesOf } from './ramp.ts'

const DTYPES: readonly DType[] = ['bool', 'uint8', 'int32', 'uint32', 'float32', 'float64']

/** Python's slice of a list. */
function pythonSlice(list: readonly number[], start: number | null, stop: number | null, step: number): number[] {
  const n = list.length
  const at = (i: number, low: number, high: number): number => Math.min(high, Math.max(low, i < 0 ? i + n : i))
  const out: number[] = []
  if (step > 0) for (let i = start === null ? 0 : at(start, 0, n); i < (stop === null ? n : at(stop, 0, n)); i += step) out.push(list[i]!) // prettier-ignore
  else for (let i = start === null ? n - 1 : at(start, -1, n - 1); i > (stop === null ? -1 : at(stop, -1, n - 1)); i += step) out.push(list[i]!) // prettier-ignore
  return out
}

describe('slice', () => {
  test.each([0, 1, 5])(
    'takes what Python takes of %i elements, for all bounds and steps',
    async (n) => {
      const bounds = [null, ...Array.from({ length: 2 * n + 5 }, (_, i) => i - n - 2)]
      const list = Array.from({ length: n }, (_, i) => i)
      const x = counted([n])
      for (const step of [1, 2, 3, 7, -1, -2, -3, -7]) {
        const pairs = bounds.flatMap((start) => bounds.map((stop) => [start, stop] as const))
        const got = pairs.map(([start, stop]) => slice(x, [start], [stop], [step]))
        const expected = pairs.map(([start, stop]) => pythonSlice(list, start, stop, step))
        expect(got.map(({ shape }) => shape)).toEqual(expected.map(({ length }) => [length]))
        for (const [i, one] of got.entries()) expect(await valuesOf(one), `${pairs[i]} step ${step}`).toEqual(expected[i]) // prettier-ignore
      }
    },
    60_000,
  )

  test('takes axes that are not named whole', async () => {
    const x = counted([2, 3, 2])
    expect(await readArray(slice(x, [1]))).toEqual([[[6, 7], [8, 9], [10, 11]]]) // prettier-ignore
    expect(await readArray(slice(x, [null, 2], [null, null], [1, -2]))).toEqual([[[4, 5], [0, 1]], [[10, 11], [6, 7]]]) // prettier-ignore
    expect(await readArray(slice(x, []))).toEqual(await readArray(x))
  })

  test('has gradients of both orders, also backwards', async () => {
    const fn = (x: Tensor): Tensor => {
      const part = slice(x, [null, 1], [null, null], [-2, 3])
      return mul(part, part)
    }
    expect((await checkGradients(fn, [ramp([5, 7])], { order: 2 })).checked.first).toBeGreaterThan(0)
    const gradient = grad((x: Tensor) => sum(mul(slice(x, [3], [0], [-2]), tensor([10, 20], { dtype: 'float64' }))))
    expect(await valuesOf(gradient(ramp([5])))).toEqual([0, 20, 0, 10, 0])
  })

  test('says which bounds are wrong', () => {
    const x = counted([2, 3])
    expect(() => slice(x, [0, 0, 0])).toThrow(/slice: bounds for 3 axes, but \[2, 3\] has 2/)
    expect(() => slice(x, [0], [1], [0])).toThrow(ArgumentError)
    expect(() => slice(x, [0.5])).toThrow(/integer bounds/)
  })
})

describe('pad', () => {
  const padding: [number, number][] = [[1, 2], [2, 3]] // prettier-ignore

  test.each([
    { mode: 'reflect' as const, values: [-4, 0, 4, 0, -4, 3, -4, 0, 4, 1, 5, -2, 5, 1, -3, 1, 5, -2, -4, 0, 4, 0, -4, 3, -4, 0, 4, 2, -5, -1, -5, 2, -2, 2, -5, -1, -4, 0, 4, 0, -4, 3, -4, 0, 4, 1, 5, -2, 5, 1, -3, 1, 5, -2], gradient: [-14, 11, 8, -7, -3, 5, -5, 4, 4, 0, -7, 2] }, // prettier-ignore
    { mode: 'edge' as const, values: [-2, -2, -2, 5, 1, -3, -3, -3, -3, -2, -2, -2, 5, 1, -3, -3, -3, -3, 4, 4, 4, 0, -4, 3, 3, 3, 3, -1, -1, -1, -5, 2, -2, -2, -2, -2, -1, -1, -1, -5, 2, -2, -2, -2, -2, -1, -1, -1, -5, 2, -2, -2, -2, -2], gradient: [-1, 2, 5, -5, -3, 2, -2, 7, 3, -1, -2, -7] }, // prettier-ignore
  ])("in the mode '$mode' has PyTorch's values and gradients", async ({ mode, values, gradient }) => {
    const { output, pullback } = vjp((x: Tensor) => pad(x, padding, mode), ramp([3, 4]))
    expect(output.shape).toEqual([6, 9])
    expect(await valuesOf(output)).toEqual(values)
    expect(await valuesOf(pullback(ramp([6, 9]))[0])).toEqual(gradient)
    const square = (x: Tensor): Tensor => mul(pad(x, padding, mode), pad(x, padding, mode))
    expect((await checkGradients(square, [ramp([3, 4])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  })

  test.each(DTYPES)('keeps %s exactly in every mode', async (dtype) => {
    const x = tensor(dtype === 'bool' ? [true, false, true] : [1, 2, 3], { dtype })
    const [a, b, c] = dtype === 'bool' ? [1, 0, 1] : [1, 2, 3]
    expect(pad(x, [[1, 1]], 'edge').dtype).toBe(dtype)
    expect(await valuesOf(pad(x, [[2, 1]], 'reflect'))).toEqual([c, b, a, b, c, b])
    expect(await valuesOf(pad(x, [[2, 1]], 'edge'))).toEqual([a, a, a, b, c, c])
    expect(await valuesOf(pad(x, [[2, 1]], 1))).toEqual([1, 1, a, b, c, 1])
  })

  test('a value may be NaN or infinite, and scalars and empty axes can be padded by values', async () => {
    expect(await valuesOf(pad(ramp([1]), [[1, 1]], Infinity))).toEqual([Infinity, -2, Infinity])
    expect(await valuesOf(pad(ramp([1]), [[1, 0]], Number.NaN))).toEqual([Number.NaN, -2])
    expect(await valuesOf(pad(3, []))).toEqual([3])
    expect(await readArray(pad(ramp([0, 2]), [[1, 0], [0, 1]], 7))).toEqual([[7, 7, 7]]) // prettier-ignore
    expect(pad(ramp([3, 0]), [[2, 2], [0, 0]], 'reflect').shape).toEqual([7, 0]) // prettier-ignore
  })

  test('says what an axis lacks', () => {
    const x = ramp([3, 4])
    expect(() => pad(x, [[3, 0], [0, 0]], 'reflect')).toThrow(/'reflect' by 3 needs at least 4 elements along axis 0 of \[3, 4\]/) // prettier-ignore
    expect(() => pad(ramp([0]), [[1, 0]], 'edge')).toThrow(ShapeError)
    expect(() => pad(x, [[1, 1]])).toThrow(/expected 2 pairs/)
    expect(() => pad(x, [[0, -1], [0, 0]])).toThrow(ArgumentError) // prettier-ignore
    expect(() => pad(counted([2]), [[1, 1]], 0.5)).toThrow(/int32 holds no 0.5/)
    const mode: string = 'wrap'
    expect(() => pad(x, [[1, 1], [1, 1]], mode as 'edge')).toThrow(/'reflect' or 'edge', got wrap/) // prettier-ignore
  })

  test('is read in place: padding by its edge and mirroring are part of the kernel that uses them', async () => {
    const edge = (x: Tensor): Tensor => pad(x, [[2, 1], [1, 3]], 'edge') // prettier-ignore
    const mirrored = (x: Tensor): Tensor => pad(x, [[2, 1], [1, 3]], 'reflect') // prettier-ignore
    const { program, difference } = await compiled((x) => [mul(edge(x), mirrored(x))], [5, 6])
    expect(difference).toBeNull()
    expect(program.dispatches.flatMap(({ kernels }) => kernels)).toHaveLength(1)
  })
})

describe('axes', () => {
  test('expandDims and squeeze take several axes of the result and of the operand', () => {
    expect(expandDims(ramp([2, 3]), [0, -1, 2]).shape).toEqual([1, 2, 1, 3, 1])
    expect(expandDims(ramp([]), 0).shape).toEqual([1])
    expect(squeeze(ramp([1, 2, 1]), [0, -1]).shape).toEqual([2])
    expect(squeeze(ramp([1, 2, 1])).shape).toEqual([2])
    expect(() => expandDims(ramp([2]), [0, 0])).toThrow(/named twice/)
    expect(() => expandDims(ramp([2]), 3)).toThrow(ShapeError)
    expect(() => squeeze(ramp([1, 2]), 1)).toThrow(/axes \[1\] of \[1, 2\] are not all 1/)
  })

  test('reshape finds one extent and says why it cannot', () => {
    expect(reshape(ramp([2, 6]), [3, -1]).shape).toEqual([3, 4])
    expect(reshape(ramp([0, 6]), [-1, 3]).shape).toEqual([0, 3])
    expect(() => reshape(ramp([2, 6]), [5, -1])).toThrow(
      /\[2, 6\] cannot become \[5, -1\]: 12 elements do not divide by 5/,
    )
    expect(() => reshape(ramp([2, 6]), [-1, -1])).toThrow(/only one extent/)
    expect(() => reshape(ramp([0]), [0, -1])).toThrow(/name it/)
    expect(() => reshape(ramp([2, 6]), [5])).toThrow(/has 12 elements, \[5\] has 5/)
  })

  test('of eight axes all views agree with the plain index arithmetic', async () => {
    const shape = [2, 1, 3, 1, 2, 1, 2, 2]
    const list = rampValues(48)
    const x = ramp(shape)
    expect(await valuesOf(reshape(transpose(transpose(x, [7, 3, 2, 6, 5, 0, 1, 4]), [5, 6, 2, 1, 7, 4, 3, 0]), [48]))).toEqual(list) // prettier-ignore
    expect(await valuesOf(flip(x))).toEqual(list.toReversed())
    expect(await valuesOf(flip(flatten(x)))).toEqual(list.toReversed())
    const last = slice(x, [-1, 0, -1, 0, -1, 0, -1, -1])
    expect(await valuesOf(last)).toEqual([list[47]])
    expect(await valuesOf(slice(broadcastTo(last, shape), [1, 0, 1]))).toEqual(Array.from({ length: 16 }, () => list[47])) // prettier-ignore
    const grown = pad(x, shape.map(() => [0, 1] as const), 'edge') // prettier-ignore
    expect(await valuesOf(slice(grown, shape.map(() => 0), shape))).toEqual(list) // prettier-ignore
    expect(await valuesOf(slice(grown, shape.map(() => -1)))).toEqual([list[47]]) // prettier-ignore
  })

  test('negative axes count from the end, and axes out of range are named', async () => {
    expect(await readArray(transpose(counted([2, 3]), [-1, 0]))).toEqual([[0, 3], [1, 4], [2, 5]]) // prettier-ignore
    expect(await readArray(flip(counted([2, 2]), -1))).toEqual([[1, 0], [3, 2]]) // prettier-ignore
    expect(flatten(counted([2, 3, 4]), -2).shape).toEqual([2, 12])
    expect(() => transpose(ramp([2, 3]), [0, 2])).toThrow(/axis 2 is out of range for rank 2/)
    expect(() => transpose(ramp([2, 3]), [0])).toThrow(/no permutation of the 2 axes of \[2, 3\]/)
    expect(() => flip(ramp([2]), [0, -1])).toThrow(/named twice/)
    expect(() => broadcastTo(ramp([2, 3]), [3])).toThrow(/\[2, 3\] has more axes than \[3\]/)
  })

  test.each(DTYPES)('every view keeps %s', async (dtype) => {
    const x = tensor(dtype === 'bool' ? [[true, false, true], [false, false, true]] : [[1, 2, 3], [4, 5, 6]], { dtype }) // prettier-ignore
    const list = await valuesOf(x)
    const views = [reshape(x, [3, 2]), flatten(x), expandDims(x, 1), broadcastTo(x, [1, 2, 3]), flip(flip(x)), transpose(transpose(x)), slice(pad(x, [[1, 1], [1, 0]]), [1, 1], [3, 4])] // prettier-ignore
    for (const view of views) {
      expect(view.dtype).toBe(dtype)
      expect(await valuesOf(view)).toEqual(list)
    }
  })
})
