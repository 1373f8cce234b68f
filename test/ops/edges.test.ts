// The rules at the edges on the CPU, on the program for WebGPU run by the CPU, and by hand in float64: NaN, infinities, ties, casts,
// integer division, singular points of derivatives. test/dawn/edges.test.ts runs the same table on WebGPU.

import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as ops from '../../src/ops/index.ts'
import { readData, tensor } from '../../src/runtime/host.ts'
import { cpuBackends } from '../conformance/forward.ts'
import { EDGE_RULES, instabilities, NEAR_ZERO, pointsFor, resultOf, STABLE } from './edgeRules.ts'

const { cpu, webgpuOnCpu } = cpuBackends()

describe.each([
  ['the CPU', cpu],
  ['the program for WebGPU, run by the CPU', webgpuOnCpu],
])('on %s', (_, backend) => {
  test.each(EDGE_RULES.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    expect(await resultOf(backend, one)).toEqual(one.expected.map((value) => value + 0))
  })

  test.each(Object.entries(STABLE))('%s has finite values and derivatives everywhere', async (name, fn) => {
    expect(await instabilities(backend, fn, pointsFor(name, 'cpu'))).toEqual([null, null, null])
  })

  test.each(NEAR_ZERO)('%s keeps its digits', async (_name, fn, points) => {
    expect(await instabilities(backend, fn, points)).toEqual([null, null, null])
  })
})

const float64 = (...values: number[]): Tensor => tensor(values, { dtype: 'float64' })
/** Derivatives of first and second order; -0 as 0. */
const slopesOf = async (fn: (x: Tensor) => Tensor, ...at: number[]): Promise<number[]> => [
  ...(await readData(ops.add(grad((x: Tensor) => ops.sum(fn(x)))(float64(...at)), 0))),
]
const curvesOf = async (fn: (x: Tensor) => Tensor, ...at: number[]): Promise<number[]> => [
  ...(await readData(ops.add(grad((y: Tensor) => ops.sum(grad((x: Tensor) => ops.sum(fn(x)))(y)))(float64(...at)), 0))),
]

describe('derivatives at singular points', () => {
  test('of powers at 0 are finite where mathematics says so, to second order', async () => {
    expect(await slopesOf((x) => ops.pow(x, 2), 0, 3)).toEqual([0, 6])
    expect(await curvesOf((x) => ops.pow(x, 2), 0, 3)).toEqual([2, 2])
    expect(await slopesOf((x) => ops.pow(x, 1), 0)).toEqual([1])
    expect(await curvesOf((x) => ops.pow(x, 1), 0)).toEqual([0])
    expect(await slopesOf((x) => ops.pow(x, 0), 0, 2)).toEqual([0, 0])
    expect(await curvesOf((x) => ops.pow(x, 0), 0, 2)).toEqual([0, 0])
    expect(await curvesOf((x) => ops.pow(x, 3), 0, -2)).toEqual([0, -12])
    expect(await slopesOf((x) => ops.pow(x, 0.5), 0)).toEqual([Infinity])
  })
  test('of powers by the exponent are 0 at base 0, and mixed ones hold at exponent 0', async () => {
    expect(await slopesOf((y) => ops.pow(float64(0, 0, 2), y), 2, 0, 3)).toEqual([0, 0, 8 * Math.LN2])
    expect(await curvesOf((y) => ops.pow(float64(0, 0), y), 2, 0)).toEqual([0, 0])
    const byBase = (y: Tensor): Tensor => grad((x: Tensor) => ops.sum(ops.pow(x, y)))(float64(2))
    expect(await slopesOf(byBase, 0)).toEqual([0.5])
  })
  test('of extremes: half at a tie; of clip: 1 at both limits', async () => {
    expect(await slopesOf((x) => ops.maximum(x, 1), 0, 1, 2)).toEqual([0, 0.5, 1])
    expect(await slopesOf((x) => ops.minimum(x, 1), 0, 1, 2)).toEqual([1, 0.5, 0])
    expect(await slopesOf((x) => ops.clip(x, -1, 1), -2, -1, 0, 1, 2)).toEqual([0, 1, 1, 1, 0])
    expect(await slopesOf((low) => ops.clip(float64(-2, 3), low, 5), -1, 1)).toEqual([1, 0])
  })
  test('of kinks: those of PyTorch', async () => {
    expect(await slopesOf(ops.relu, -1, 0, 1)).toEqual([0, 0, 1])
    expect(await slopesOf(ops.abs, -1, 0, 1)).toEqual([-1, 0, 1])
    expect(await slopesOf(ops.leakyRelu, 0)).toEqual([0.01])
    expect(await slopesOf((x) => ops.prelu(x, 0.25), -1, 0, 1)).toEqual([0.25, 0.25, 1])
    expect(await slopesOf((slope) => ops.prelu(float64(-2, 0, 3), slope), 0.25, 0.25, 0.25)).toEqual([-2, 0, 0])
    expect(await slopesOf((x) => ops.elu(x, 0.5), 0)).toEqual([0.5])
    expect(await slopesOf((x) => ops.celu(x, 0.5), 0)).toEqual([1])
    expect(await slopesOf(ops.relu6, 0, 3, 6)).toEqual([0, 1, 0])
    expect(await slopesOf(ops.hardTanh, -1, 0, 1)).toEqual([0, 1, 0])
    expect(await slopesOf(ops.hardSigmoid, -3, 0, 3)).toEqual([0, 1 / 6, 0])
    expect(await slopesOf(ops.hardSwish, -4, -3, 3, 4)).toEqual([0, -0.5, 1.5, 1])
    expect(await slopesOf(ops.softsign, 0)).toEqual([1])
  })
  test('of the angle are 0 at the origin, and hold where squares overflow or vanish', async () => {
    expect(await slopesOf((y) => ops.atan2(y, float64(0, 2e200, 2e-200)), 0, 0, 0)).toEqual([0, 5e-201, 5e199])
    expect(await curvesOf((y) => ops.atan2(y, float64(1)), 1)).toEqual([-0.5])
  })
  test('of remainders: 1, and the negative quotient', async () => {
    expect(await slopesOf((x) => ops.mod(x, 3), -1, 4)).toEqual([1, 1])
    expect(await slopesOf((y) => ops.mod(float64(-1, 7), y), 3, 3)).toEqual([1, -2])
    expect(await slopesOf((y) => ops.rem(float64(-1, 7), y), 3, 3)).toEqual([0, -2])
  })
  test('of a branch that is not taken do not reach the other one', async () => {
    const safe = (x: Tensor): Tensor => ops.where(ops.greater(x, 0), ops.sqrt(ops.where(ops.greater(x, 0), x, 1)), 0)
    expect(await slopesOf(safe, 0, 4)).toEqual([0, 0.25])
    for (const fn of [ops.elu, ops.selu, (x: Tensor) => ops.celu(x, 2)]) {
      expect(await slopesOf(fn, 1e300)).toEqual([await slopesOf(fn, 1)].flat())
      expect(await curvesOf(fn, 1e300)).toEqual([0])
    }
  })
})

test('tests of float64 work without its bits', async () => {
  const x = float64(NaN, Infinity, -Infinity, 1e300)
  expect([...(await readData(ops.isNaN(x)))]).toEqual([1, 0, 0, 0])
  expect([...(await readData(ops.isFinite(x)))]).toEqual([0, 0, 0, 1])
  expect([...(await readData(ops.isInf(x)))]).toEqual([0, 1, 1, 0])
})

test('dtypes are promoted as the table of arithmetic.ts says', () => {
  const of = (dtype: 'bool' | 'uint8' | 'uint32' | 'int32' | 'float64'): Tensor => ops.cast(tensor([1, 0]), dtype)
  const row = (fn: (x: Tensor) => Tensor): string[] =>
    (['bool', 'uint8', 'uint32', 'int32', 'float64'] as const).map((dtype) => fn(of(dtype)).dtype)
  const numbers = ['int32', 'int32', 'uint32', 'int32', 'float64']
  const reals = ['float32', 'float32', 'float32', 'float32', 'float64']
  for (const fn of [ops.neg, ops.abs, ops.sign, ops.relu, ops.square]) expect(row(fn)).toEqual(numbers)
  for (const fn of [ops.add, ops.sub, ops.mul, ops.rem, ops.mod, ops.minimum, ops.maximum])
    expect(row((x) => fn(x, x))).toEqual(numbers)
  expect(row((x) => ops.clip(x, 0, 1))).toEqual(numbers)
  expect(row((x) => ops.where(of('bool'), x, x))).toEqual(['bool', 'int32', 'uint32', 'int32', 'float64'])
  for (const fn of [ops.div, ops.pow, ops.atan2]) expect(row((x) => fn(x, x))).toEqual(reals)
  for (const fn of [ops.floor, ops.ceil, ops.round, ops.trunc, ops.reciprocal, ops.exp, ops.tan, ops.erf, ops.sigmoid, ops.gelu, ops.relu6, ops.hardSwish, ops.leakyRelu, ops.logSigmoid, ops.softsign]) expect(row((x) => fn(x))).toEqual(reals) // prettier-ignore
  for (const fn of [ops.isNaN, ops.isFinite, ops.isInf]) expect(row(fn)).toEqual(Array(5).fill('bool'))
  expect(ops.add(of('int32'), 0.5).dtype).toBe('float32')
  expect(ops.add(of('uint32'), of('int32')).dtype).toBe('int32')
})
