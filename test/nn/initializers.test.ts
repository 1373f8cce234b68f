// Initializers: mean, variance and bounds of a large kernel.

import { expect, test } from 'vitest'
import { ArgumentError } from '../../src/core/errors.ts'
import { initializers } from '../../src/nn/index.ts'
import { key } from '../../src/random/index.ts'
import { readData } from '../../src/runtime/host.ts'

const [fanIn, fanOut] = [120, 360]
const count = fanIn * fanOut

const UNIFORM = Math.sqrt(3) // the bound of a uniform distribution of variance 1
const NORMAL = 2 / 0.87962566103423978 // that of a normal one truncated at two deviations, rescaled to variance 1

test.each([
  { name: 'glorotUniform', initializer: initializers.glorotUniform, variance: 2 / (fanIn + fanOut), bound: UNIFORM },
  { name: 'glorotNormal', initializer: initializers.glorotNormal, variance: 2 / (fanIn + fanOut), bound: NORMAL },
  { name: 'heUniform', initializer: initializers.heUniform, variance: 2 / fanIn, bound: UNIFORM },
  { name: 'heNormal', initializer: initializers.heNormal, variance: 2 / fanIn, bound: NORMAL },
  { name: 'lecunUniform', initializer: initializers.lecunUniform, variance: 1 / fanIn, bound: UNIFORM },
  { name: 'lecunNormal', initializer: initializers.lecunNormal, variance: 1 / fanIn, bound: NORMAL },
  { name: 'pytorchDefault', initializer: initializers.pytorchDefault, variance: 1 / (3 * fanIn), bound: UNIFORM },
])('$name has mean 0, its variance, and reaches its bounds', async ({ initializer, variance, bound }) => {
  const values = Array.from(await readData(initializer(key(4), [fanIn, fanOut], { fanIn, fanOut })))
  const deviation = Math.sqrt(variance)
  const average = values.reduce((sum, x) => sum + x, 0) / count
  const found = values.reduce((sum, x) => sum + x * x, 0) / count
  const greatest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  expect(Math.abs(average)).toBeLessThan((5 * deviation) / Math.sqrt(count))
  expect(Math.abs(found / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / count))
  expect(greatest).toBeLessThanOrEqual(bound * deviation * (1 + 1e-6))
  expect(greatest).toBeGreaterThan(0.97 * bound * deviation)
})

test('equal keys initialize equally, other keys differently', async () => {
  const draw = async (seed: number) => readData(initializers.heNormal(key(seed), [20, 20], { fanIn: 20, fanOut: 20 }))
  expect(await draw(1)).toEqual(await draw(1))
  expect(await draw(1)).not.toEqual(await draw(2))
})

test('constant initializers fill with their value', async () => {
  const fans = { fanIn: 1, fanOut: 1 }
  expect([...(await readData(initializers.constant(0.5)(key(0), [3], fans)))]).toEqual([0.5, 0.5, 0.5])
  expect([...(await readData(initializers.zeros(key(0), [2], fans)))]).toEqual([0, 0])
  expect([...(await readData(initializers.ones(key(0), [2], fans)))]).toEqual([1, 1])
  expect(() => initializers.constant(Number.NaN)).toThrow(ArgumentError)
})
