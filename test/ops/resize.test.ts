// Resized images against torch.nn.functional.interpolate, values and gradients in float64; exactness, dtypes, gradients of two orders,
// errors, and that nothing is stored between the axes.

import { describe, expect, test } from 'vitest'
import { vjp } from '../../src/autodiff/vjp.ts'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { resize, type ResizeOptions } from '../../src/ops/resize.ts'
import { tensor } from '../../src/runtime/host.ts'
import { compiled, ramp, rampValues, valuesOf } from './ramp.ts'

interface Golden extends ResizeOptions {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  readonly values: readonly number[]
  readonly gradient: readonly number[]
}

// of a ramp [1, ...from, 2], the gradient for a ramp
const GOLDENS: readonly Golden[] = [
  { method: 'nearest', alignCorners: false, from: [2, 3], to: [4, 5], values: [-2, 5, -2, 5, 1, -3, 1, -3, 4, 0, -2, 5, -2, 5, 1, -3, 1, -3, 4, 0, -4, 3, -4, 3, -1, -5, -1, -5, 2, -2, -4, 3, -4, 3, -1, -5, -1, -5, 2, -2], gradient: [6, 1, -3, 3, 2, -6, -6, 0, 7, 2, -4, -1] }, // prettier-ignore
  { method: 'bilinear', alignCorners: false, from: [2, 3], to: [4, 5], values: [-2, 5, -0.8, 1.8, 1, -3, 2.8, -1.2, 4, 0, -2.5, 4.5, -1.3, 1.3, 0.5, -3.5, 2.3, -1.7, 3.5, -0.5, -3.5, 3.5, -2.3, 0.3, -0.5, -4.5, 1.3, -2.7, 2.5, -1.5, -4, 3, -2.8, -0.2, -1, -5, 0.8, -3.2, 2, -2], gradient: [0.8, 3.4, 2.5, 1.85, -1.55, -5, -3.2, -2.8, 5.7, 1.75, -2.25, -0.2] }, // prettier-ignore
  { method: 'bilinear', alignCorners: true, from: [2, 3], to: [4, 5], values: [-2, 5, -0.5, 1, 1, -3, 2.5, -1.5, 4, 0, -2.66666666667, 4.33333333333, -1.16666666667, 0.333333333333, 0.333333333333, -3.66666666667, 1.83333333333, -2.16666666667, 3.33333333333, -0.666666666667, -3.33333333333, 3.66666666667, -1.83333333333, -0.333333333333, -0.333333333333, -4.33333333333, 1.16666666667, -2.83333333333, 2.66666666667, -1.33333333333, -4, 3, -2.5, -1, -1, -5, 0.5, -3.5, 2, -2], gradient: [-0.5, 4, 2.83333333333, 1.5, -1.66666666667, -4.5, -2.5, -3.5, 5.66666666667, 2.5, -1.83333333333, -1] }, // prettier-ignore
  { method: 'nearest', alignCorners: false, from: [5, 4], to: [2, 3], values: [-2, 5, 1, -3, 4, 0, 0, -4, 3, -1, -5, 2], gradient: [-2, 5, 1, -3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -4, 3, -1, -5, 2, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }, // prettier-ignore
  { method: 'bilinear', alignCorners: false, from: [5, 4], to: [2, 3], values: [-0.75, -2.45833333333, 3.25, -0.75, -1.91666666667, 3.25, 1.75, -2.25, 0.25, 1.75, -1.25, -3.41666666667], gradient: [-0.416666666667, 1.04166666667, 0.0416666666667, -0.166666666667, 0.291666666667, -0.375, 0.833333333333, 0, -1.25, 3.125, 0.125, -0.5, 0.875, -1.125, 2.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, -2.5, 1.875, -0.875, -1.5, -0.125, -2.125, 1.25, -1.25, -0.833333333333, 0.625, -0.291666666667, -0.5, -0.0416666666667, -0.708333333333, 0.416666666667, -0.416666666667] }, // prettier-ignore
  { method: 'bilinear', alignCorners: true, from: [5, 4], to: [2, 3], values: [-2, 5, 2.5, -1.5, -4, 3, 2, -2, 1, 2.5, 0, -4], gradient: [-2, 5, 0.5, -1.5, 0.5, -1.5, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -4, 3, -0.5, -2.5, -0.5, -2.5, 2, -2] }, // prettier-ignore
  { method: 'nearest', alignCorners: false, from: [3, 2], to: [3, 5], values: [-2, 5, -2, 5, -2, 5, 1, -3, 1, -3, 4, 0, 4, 0, 4, 0, -4, 3, -4, 3, -1, -5, -1, -5, -1, -5, 2, -2, 2, -2], gradient: [3, 2, -5, -2, 4, 3, 3, -5, -6, 4, 0, 3] }, // prettier-ignore
  { method: 'bilinear', alignCorners: false, from: [3, 2], to: [3, 5], values: [-2, 5, -1.7, 4.2, -0.5, 1, 0.7, -2.2, 1, -3, 4, 0, 3.2, 0.3, 0, 1.5, -3.2, 2.7, -4, 3, -1, -5, -0.7, -4.7, 0.5, -3.5, 1.7, -2.3, 2, -2], gradient: [0.5, 2.6, -2.5, -2.6, 5, 0.5, 2, -2.5, -5.9, 5, -0.1, 2] }, // prettier-ignore
  { method: 'bilinear', alignCorners: true, from: [3, 2], to: [3, 5], values: [-2, 5, -1.25, 3, -0.5, 1, 0.25, -1, 1, -3, 4, 0, 2, 0.75, 0, 1.5, -2, 2.25, -4, 3, -1, -5, -0.25, -4.25, 0.5, -3.5, 1.25, -2.75, 2, -2], gradient: [-0.25, 3.5, -1.75, -3.5, 4.25, -0.25, 2.75, -1.75, -5, 4.25, -1, 2.75] }, // prettier-ignore
  { method: 'nearest', alignCorners: false, from: [1, 2], to: [2, 1], values: [-2, 5, -2, 5], gradient: [-1, 2, 0, 0] }, // prettier-ignore
  { method: 'bilinear', alignCorners: false, from: [1, 2], to: [2, 1], values: [-0.5, 1, -0.5, 1], gradient: [-0.5, 1, -0.5, 1] }, // prettier-ignore
  { method: 'bilinear', alignCorners: true, from: [1, 2], to: [2, 1], values: [-2, 5, -2, 5], gradient: [-1, 2, 0, 0] }, // prettier-ignore
]

const close = (got: readonly number[], expected: readonly number[]): number => got.length === expected.length ? expected.reduce((most, value, i) => Math.max(most, Math.abs(got[i]! - value)), 0) : Infinity // prettier-ignore

test.each(GOLDENS)("$method (aligned: $alignCorners) from $from to $to has PyTorch's values and gradients", async ({ from, to, values, gradient, ...options }) => {
  const { output, pullback } = vjp((x: Tensor) => resize(x, to, options), ramp([1, ...from, 2]))
  expect(output.shape).toEqual([1, ...to, 2])
  expect(close(await valuesOf(output), values)).toBeLessThan(2e-11)
  expect(close(await valuesOf(pullback(ramp([1, ...to, 2]))[0]), gradient)).toBeLessThan(2e-11)
}) // prettier-ignore

test.each([
  { method: 'nearest' },
  { method: 'bilinear' },
  { method: 'bilinear', alignCorners: true },
] as const)('$method (aligned: $alignCorners) has gradients of two orders', async (options) => {
  for (const size of [[3, 5], [2, 2], [5, 1]] as const) {
    const fn = (x: Tensor): Tensor => mul(resize(x, size, options), resize(x, size, options))
    expect((await checkGradients(fn, [ramp([1, 2, 3, 1])], { order: 2 })).checked.second).toBeGreaterThan(0) // prettier-ignore
  }
}) // prettier-ignore

test.each<DType>(['bool', 'uint8', 'int32', 'uint32', 'float32', 'float64'])('nearest keeps %s exactly; bilinear gives floats', async (dtype) => {
  const x = tensor(Float64Array.from([1, 0, 0, 1]), { dtype, shape: [1, 2, 2, 1] })
  const near = resize(x, [4, 2])
  expect([near.dtype, await valuesOf(near)]).toEqual([dtype, [1, 0, 1, 0, 0, 1, 0, 1]])
  const blended = resize(x, [1, 1], { method: 'bilinear' })
  expect([blended.dtype, await valuesOf(blended)]).toEqual([dtype === 'float64' ? 'float64' : 'float32', [0.5]])
}) // prettier-ignore

test('the same size gives the same values, and whole positions bring in no neighbour', async () => {
  const x = ramp([2, 3, 4, 2], 'float32')
  for (const options of [{ method: 'nearest' }, { method: 'bilinear' }, { method: 'bilinear', alignCorners: true }] as const) {
    expect(await valuesOf(resize(x, [3, 4], options))).toEqual(rampValues(48))
  }
  const row = tensor([1, Number.NaN, 2, 3], { shape: [1, 1, 4, 1] })
  expect(await valuesOf(resize(row, [1, 7], { method: 'bilinear', alignCorners: true }))).toEqual([1, Number.NaN, Number.NaN, Number.NaN, 2, 2.5, 3]) // prettier-ignore
}) // prettier-ignore

test('at every size each output is where the fractions say', async () => {
  for (let from = 1; from <= 12; from++) {
    const x = tensor(Float64Array.from({ length: from }, (_, i) => i), { dtype: 'float64', shape: [1, 1, from, 1] }) // prettier-ignore
    for (let to = 1; to <= 13; to++) {
      const at = Array.from({ length: to }, (_, c) => c)
      expect(await valuesOf(resize(x, [1, to]))).toEqual(at.map((c) => Math.floor((c * from) / to)))
      // the values are the positions themselves
      const centred = at.map((c) => Math.min(from - 1, Math.max(0, ((c + 0.5) * from) / to - 0.5)))
      expect(close(await valuesOf(resize(x, [1, to], { method: 'bilinear' })), centred)).toBeLessThan(1e-13)
      const aligned = at.map((c) => (to === 1 ? 0 : (c * (from - 1)) / (to - 1)))
      expect(close(await valuesOf(resize(x, [1, to], { method: 'bilinear', alignCorners: true })), aligned)).toBeLessThan(1e-13) // prettier-ignore
    }
  }
})

test('both axes are one kernel, and so is what uses the image', async () => {
  const { program, difference } = await compiled(
    (x) => [mul(resize(x, [7, 5], { method: 'bilinear' }), 2)],
    [2, 4, 3, 4],
  )
  expect(difference).toBeNull()
  expect(program.dispatches.flatMap(({ kernels }) => kernels)).toHaveLength(1)
})

test('no images and no channels give none', () => {
  expect(resize(ramp([0, 2, 2, 3]), [4, 4], { method: 'bilinear' }).shape).toEqual([0, 4, 4, 3])
  expect(resize(ramp([1, 2, 2, 0]), [1, 3]).shape).toEqual([1, 1, 3, 0])
  expect(resize(ramp([1, 2, 2, 1]), [0, 3], { method: 'bilinear' }).shape).toEqual([1, 0, 3, 1])
})

describe('errors', () => {
  const x = ramp([1, 2, 3, 1])
  const method: string = 'cubic'
  test.each([
    { call: () => resize(ramp([2, 3, 1]), [4, 4]), type: ShapeError, text: /\[N, H, W, C\], got \[2, 3, 1\]/ },
    { call: () => resize(ramp([1, 0, 3, 1]), [4, 4]), type: ShapeError, text: /\[1, 0, 3, 1\] has no pixels/ },
    { call: () => resize(x, [1.5, 2]), type: ArgumentError, text: /integers >= 0, got \[1.5,2\]/ },
    { call: () => resize(x, [-1, 2]), type: ArgumentError, text: /integers >= 0/ },
    { call: () => resize(x, [4, 4], { alignCorners: true }), type: ArgumentError, text: /alignCorners is for the method 'bilinear'/ },
    { call: () => resize(x, [4, 4], { method: method as 'nearest' }), type: ArgumentError, text: /got 'cubic'/ },
  ])('$text', ({ call, type, text }) => {
    expect(call).toThrow(type)
    expect(call).toThrow(text)
  })
}) // prettier-ignore
