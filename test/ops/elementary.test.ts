// Elementary functions in float64 against JavaScript's and mpmath's values, where formulas written out would lose their digits.

import { expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as elementary from '../../src/ops/elementary.ts'
import { sum } from '../../src/ops/reductions.ts'
import { normalCdf } from '../../src/primitives/errorFunction.ts'
import { normalCdfOf } from '../../src/primitives/reference.ts'
import { readData, tensor } from '../../src/runtime/host.ts'

const float64 = (values: readonly number[]): Tensor => tensor([...values], { dtype: 'float64' })

/** The greatest relative error of an entry. */
async function errorOf(actual: Tensor, expected: readonly number[]): Promise<number> {
  const data = await readData(actual)
  return Math.max(...expected.map((value, i) => (data[i] === value ? 0 : Math.abs(data[i]! / value - 1))))
}

const slopes = (fn: (x: Tensor) => Tensor, at: readonly number[]): Tensor => grad((x: Tensor) => sum(fn(x)))(float64(at)) // prettier-ignore

test('log1p and expm1 keep the digits of small arguments, and so do their derivatives', async () => {
  const { log1p, expm1 } = elementary
  const small = [1e-300, 1e-18, -1e-12, 3e-8, -1e-3, 0.25, -0.75, 0.999, 1, 5]
  expect(await errorOf(log1p(float64(small)), small.map(Math.log1p))).toBeLessThan(1e-15)
  const wide = [...small, -30, 20, -700]
  expect(await errorOf(expm1(float64(wide)), wide.map(Math.expm1))).toBeLessThan(1e-15)
  expect(await errorOf(slopes(log1p, small), small.map((x) => 1 / (1 + x)))).toBeLessThan(1e-15) // prettier-ignore
  expect(await errorOf(slopes(expm1, wide), wide.map(Math.exp))).toBeLessThan(1e-14)
})

test.each([
  ['asin', elementary.asin, Math.asin, [-1, -0.7, 1e-9, 0.3, 1]],
  ['acos', elementary.acos, Math.acos, [-1, -0.7, 1e-9, 0.3, 0.9999999]],
  ['atan', elementary.atan, Math.atan, [-1e9, -0.7, 1e-9, 3, 1e300]],
  ['sinh', elementary.sinh, Math.sinh, [-700, -0.7, 1e-9, 3, 710]],
  ['cosh', elementary.cosh, Math.cosh, [-700, -0.7, 1e-9, 3, 710]],
  ['asinh', elementary.asinh, Math.asinh, [-1e300, -0.7, 1e-9, 3, 1e9]],
  ['acosh', elementary.acosh, Math.acosh, [1, 1.0000001, 3, 1e9, 1e300]],
  ['atanh', elementary.atanh, Math.atanh, [-0.9999999, -0.7, 1e-9, 0.3]],
  ['log2', elementary.log2, Math.log2, [1e-300, 0.125, 0.7, 1, 1024]],
  ['tan', elementary.tan, Math.tan, [-1.5, -0.7, 1e-9, 3, 1e3]],
  ['rsqrt', elementary.rsqrt, (x: number) => 1 / Math.sqrt(x), [1e-300, 0.7, 4, 1e300]],
] as const)("%s in float64 is JavaScript's", async (_name, fn, of, at) => {
  expect(await errorOf(fn(float64(at)), at.map(of))).toBeLessThan(1e-15)
})

test('atan2 gives the angle in every quadrant, and on the axes', async () => {
  const y = [1, 1, -1, -1, 0, 0, 3, -3, 1e300, -0]
  const x = [1, -1, 1, -1, 2, -2, 0, 0, 1e-300, -5]
  const expected = y.map((height, i) => Math.atan2(height, x[i]!))
  expect([...(await readData(elementary.atan2(float64(y), float64(x))))]).toEqual(expected)
})

test('erf is right to rounding', async () => {
  // from mpmath
  const at = [-3, -0.6, 0.125, 0.999, 2.5, 1e-10, 7]
  const expected = [-0.9999779095030014, -0.6038560908479259, 0.1403162048013338, 0.8422852702064969, 0.999593047982555, 1.1283791670955126e-10, 1] // prettier-ignore
  expect(await errorOf(elementary.erf(float64(at)), expected)).toBeLessThan(5e-16)
  expect(await errorOf(slopes(elementary.erf, [0, 1]), [1.1283791670955126, 0.41510749742059472])).toBeLessThan(5e-16)
})

test('the normal distribution function keeps the digits of its tail, and so does its reference', async () => {
  // from mpmath
  const at = [-37, -20, -8.25, -3.5, -0.75, 0.6]
  const expected = [5.725571222524577e-300, 2.7536241186062337e-89, 7.919726314642477e-17, 0.00023262907903552504, 0.2266273523768682, 0.7257468822499265] // prettier-ignore
  expect(await errorOf(normalCdf([float64(at)], null), expected)).toBeLessThan(2e-15)
  expect(Math.max(...at.map((x, i) => Math.abs(normalCdfOf(x) / expected[i]! - 1)))).toBeLessThan(2e-15)
})
