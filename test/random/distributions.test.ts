// Draws against what JAX 0.10.2 prints for the same keys (normal of key 42 also stands in its manual, "Pseudorandom numbers"), and
// against the moments of their distributions. jax.test.ts compares more of the former.

import { expect, test } from 'vitest'
import { ArgumentError, DTypeError } from '../../src/core/errors.ts'
import { mean, sum } from '../../src/ops/reductions.ts'
import { bernoulli, key, normal, randint, splitKeys, truncatedNormal, uniform } from '../../src/random/index.ts'
import { erf, erfInv } from '../../src/random/erf.ts'
import { readData, readItem, tensor } from '../../src/runtime/host.ts'
import { jit } from '../../src/runtime/jit.ts'

const COUNT = 40_000

/** Mean, standard deviation, least and greatest. */
function moments(data: ArrayLike<number>): { mean: number; deviation: number; min: number; max: number } {
  const values = Array.from(data)
  const average = values.reduce((total, x) => total + x, 0) / values.length
  const variance = values.reduce((total, x) => total + (x - average) ** 2, 0) / values.length
  return {
    mean: average,
    deviation: Math.sqrt(variance),
    min: values.reduce((a, b) => Math.min(a, b)),
    max: values.reduce((a, b) => Math.max(a, b)),
  }
}

test('uniform draws are those of jax.random.uniform, bit for bit', async () => {
  expect([...(await readData(uniform(key(0), [3])))]).toEqual([0.947667, 0.9785799, 0.33229148].map(Math.fround))
  expect(await readItem(uniform(splitKeys(key(0))[1]!, []))).toBeCloseTo(0.00729382, 8)
})

test('normal draws are those of jax.random.normal, to rounding', async () => {
  const expected = [1.6226422, 2.0252647, -0.43359444, -0.07861735, 0.1760909, -0.97208923, -0.49529874, 0.4943786]
  const drawn = await readData(normal(key(0), [2, 4]))
  expected.forEach((value, i) => expect(Math.abs(drawn[i]! / value - 1)).toBeLessThan(1e-6))
  expect(await readItem(normal(key(42), []))).toBeCloseTo(-0.0283046, 6)
})

test('integer draws are those of jax.random.randint', async () => {
  expect([...(await readData(randint(key(1), [5], 0, 10)))]).toEqual([6, 7, 0, 3, 8])
})

test('uniform draws fill their interval evenly', async () => {
  const unit = moments(await readData(uniform(key(5), [COUNT])))
  expect(Math.abs(unit.mean - 0.5)).toBeLessThan((5 * Math.sqrt(1 / 12)) / Math.sqrt(COUNT))
  expect(unit.min).toBeGreaterThanOrEqual(0)
  expect(unit.max).toBeLessThan(1)
  const wide = moments(await readData(uniform(key(6), [COUNT], { min: -3, max: 5 })))
  expect(Math.abs(wide.deviation - 8 / Math.sqrt(12))).toBeLessThan(0.05)
  expect(wide.min).toBeGreaterThanOrEqual(-3)
  expect(wide.max).toBeLessThanOrEqual(5)
})

test('normal draws have mean 0, deviation 1 and tails', async () => {
  const { mean: average, deviation, min, max } = moments(await readData(normal(key(7), [COUNT])))
  expect(Math.abs(average)).toBeLessThan(5 / Math.sqrt(COUNT))
  expect(Math.abs(deviation - 1)).toBeLessThan(5 / Math.sqrt(2 * COUNT))
  expect(min).toBeLessThan(-3)
  expect(max).toBeGreaterThan(3)
  expect(Number.isFinite(min) && Number.isFinite(max)).toBe(true)
})

test('truncated normal draws stay inside their bounds and have the truncated deviation', async () => {
  const two = moments(await readData(truncatedNormal(key(8), [COUNT])))
  expect(two.min).toBeGreaterThan(-2)
  expect(two.max).toBeLessThan(2)
  expect(Math.abs(two.deviation - 0.87962566103423978)).toBeLessThan(0.01)
  const half = moments(await readData(truncatedNormal(key(8), [COUNT], { lower: 0, upper: 4 })))
  expect(half.min).toBeGreaterThan(0)
  expect(half.max).toBeLessThan(4)
  expect(Math.abs(half.mean - Math.sqrt(2 / Math.PI))).toBeLessThan(0.02)
})

test('integer draws are even over any range, also one that spans all of int32', async () => {
  const counts = Array.from({ length: 7 }, () => 0)
  for (const value of await readData(randint(key(9), [7000], -3, 4))) counts[value + 3]!++
  counts.forEach((count) => expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000)))
  const wide = moments(await readData(randint(key(9), [4000], -(2 ** 31), 2 ** 31 - 1)))
  expect(wide.min).toBeLessThan(-2e9)
  expect(wide.max).toBeGreaterThan(2e9)
  expect(new Set(await readData(randint(key(9), [50], 4, 4)))).toEqual(new Set([4]))
})

test('bernoulli draws are true as often as asked for', async () => {
  const draw = bernoulli(key(10), 0.3, [COUNT])
  expect(draw.dtype).toBe('bool')
  expect(Math.abs((await readItem(sum(draw))) / COUNT - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / COUNT))
  expect(await readItem(sum(bernoulli(key(10), 0, [1000])))).toBe(0)
  expect(await readItem(sum(bernoulli(key(10), 1, [1000])))).toBe(1000)
})

test('equal keys give equal draws, other keys others', async () => {
  const first = await readData(normal(key(1), [100]))
  expect(await readData(normal(key(1), [100]))).toEqual(first)
  const other = await readData(normal(key(2), [100]))
  expect(first.filter((value, i) => value === other[i])).toEqual(new Float32Array(0))
})

test('a compiled draw takes its key and its bounds as arguments', async () => {
  const draw = jit((k: ReturnType<typeof key>, max: number) => mean(uniform(k, [1000], { max })))
  const [first, second] = [draw(key(1), 1), draw(key(1), 4)]
  expect((await readItem(second)) / (await readItem(first))).toBeCloseTo(4, 4)
})

test('float64 draws hold the float32 values', async () => {
  const draws = uniform(key(0), [2], { dtype: 'float64' })
  expect(draws.dtype).toBe('float64')
  expect([...(await readData(draws))]).toEqual([...(await readData(uniform(key(0), [2])))])
})

test('the inverse error function undoes the error function', async () => {
  const points = [-2.5, -1, -0.3, -1e-3, 0, 1e-6, 0.5, 1.5, 2.2]
  const inverse = await readData(erfInv(tensor(points.map(erf))))
  // near ±1 the float32 argument itself is this coarse
  points.forEach((x, i) => expect(Math.abs(inverse[i]! - x)).toBeLessThan(2e-7 * (1 + Math.exp(x * x))))
})

test('options out of range are refused', () => {
  expect(() => bernoulli(key(0), 1.5, [2])).toThrow(ArgumentError)
  expect(() => randint(key(0), [2], 0, 2.5)).toThrow(ArgumentError)
  expect(() => truncatedNormal(key(0), [2], { lower: 1, upper: 1 })).toThrow(ArgumentError)
  // @ts-expect-error: not a dtype of draws
  expect(() => uniform(key(0), [2], { dtype: 'int32' })).toThrow(DTypeError)
})
