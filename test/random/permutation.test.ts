// Permutations and categorical draws: what they must be whatever JAX gives.

import { beforeAll, expect, test } from 'vitest'
import { ArgumentError, grad, jit, mul, random, setDevice, ShapeError, sum, tensor, type Tensor } from 'wgrad'

const { categorical, gumbel, key, permutation } = random

beforeAll(async () => {
  await setDevice('cpu')
})

test('a permutation holds every position once, and none of nothing is empty', async () => {
  for (const count of [1, 2, 31, 257, 1000]) {
    const order = Array.from(await permutation(key(count), count).data())
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
  }
  expect((await permutation(key(0), 0).data()).length).toBe(0)
})

test('all permutations of three are equally likely', async () => {
  const counts = new Map<string, number>()
  const draw = jit((k: Tensor) => permutation(k, 3))
  const trials = 1200
  for (let seed = 0; seed < trials; seed++) {
    const order = String(await draw(key(seed)).data())
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect(counts.size).toBe(6)
  const spread = 5 * Math.sqrt(trials * (1 / 6) * (5 / 6)) // five standard deviations
  for (const count of counts.values()) expect(Math.abs(count - trials / 6)).toBeLessThan(spread)
})

test('rows move as wholes, and a gradient finds the way back', async () => {
  const x = tensor([[1, 10], [2, 20], [3, 30], [4, 40]]) // prettier-ignore
  const weights = tensor([[1], [2], [3], [4]])
  const order = Array.from(await permutation(key(5), 4).data())
  const rows = Array.from(await permutation(key(5), x).data())
  expect(rows).toEqual(order.flatMap((i) => [i + 1, 10 * (i + 1)]))
  const gradient = await grad((v: Tensor) => sum(mul(permutation(key(5), v), weights)))(x).data()
  // the weight of the place to which row i went
  expect(Array.from(gradient)).toEqual([0, 1, 2, 3].flatMap((i) => [order.indexOf(i) + 1, order.indexOf(i) + 1]))
})

test('classes are drawn as often as softmax says, also when one is impossible', async () => {
  const logits = [0, Math.log(2), Math.log(5), -Infinity, Math.log(2)]
  const trials = 20_000
  const drawn = await categorical(key(3), tensor(logits), { shape: [trials] }).data()
  const counts = logits.map((_, label) => drawn.filter((value) => value === label).length)
  logits.forEach((logit, label) => {
    const p = Math.exp(logit) / 10
    expect(Math.abs(counts[label]! - trials * p), `class ${label}`).toBeLessThanOrEqual(
      5 * Math.sqrt(trials * p * (1 - p)),
    )
  })
})

test('Gumbel draws have their mean and variance', async () => {
  const count = 40_000
  const draws = Array.from(await gumbel(key(21), [count]).data())
  const mean = draws.reduce((total, x) => total + x, 0) / count
  const variance = draws.reduce((total, x) => total + (x - mean) ** 2, 0) / count
  expect(Math.abs(mean - 0.5772156649)).toBeLessThan((5 * Math.PI) / Math.sqrt(6 * count))
  expect(Math.abs(variance - Math.PI ** 2 / 6)).toBeLessThan(0.1)
  expect(draws.every(Number.isFinite)).toBe(true)
})

test('probabilities in a tensor are drawn independently, one for each', async () => {
  const draws = Array.from(await random.bernoulli(key(2), tensor(new Float32Array(64).fill(0.5))).data())
  expect(draws.length).toBe(64)
  expect(new Set(draws).size).toBe(2)
})

test('what cannot be permuted or drawn from is refused', () => {
  expect(() => permutation(key(0), 2.5)).toThrow(ArgumentError)
  expect(() => permutation(key(0), -1)).toThrow(/expected a count from 0/)
  expect(() => permutation(key(0), tensor(3))).toThrow(ShapeError)
  expect(() => categorical(key(0), tensor(1))).toThrow(/at least one class/)
  expect(() => categorical(key(0), tensor([[1, 2], [3, 4]]), { shape: [3] })).toThrow(ShapeError) // prettier-ignore
  expect(() => random.bernoulli(key(0), tensor([0.1, 0.2]), [])).toThrow(/does not broadcast/)
})
