// All draws against JAX's own, on the CPU backend; test/dawn/random.test.ts makes the same comparison on WebGPU.

import { beforeAll, expect, test } from 'vitest'
import { random, setDevice } from 'wgrad'
import { DRAWS, drawDifference, jax } from './jaxDraws.ts'

beforeAll(async () => {
  await setDevice('cpu')
})

test.each(DRAWS)('$name is what jax.random gives', async (draw) => {
  expect(await drawDifference(draw)).toBeNull()
})

test('a permutation that takes several rounds of sorting is that of JAX', async () => {
  const { count, rounds, checksum, head } = jax.permutationLarge
  expect(rounds).toBe(2)
  const order = Array.from(await random.permutation(random.key(11), count).data())
  expect(order.slice(0, head.length)).toEqual(head)
  expect(order.reduce((sum, value, i) => (sum + (i + 1) * value) % 1000003, 0)).toBe(checksum)
})
