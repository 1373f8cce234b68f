// The same bits on WebGPU as on the CPU: both are compared with JAX's draws.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Device, random, setDevice } from 'wgrad'
import { DRAWS, drawDifference, jax } from '../random/jaxDraws.ts'

let device: Device | undefined

beforeAll(async () => {
  device = await setDevice('webgpu')
})
afterAll(async () => {
  await device?.dispose()
})

test.each(DRAWS)('$name is what jax.random gives', async (draw) => {
  expect(device?.kind).toBe('webgpu')
  expect(await drawDifference(draw)).toBeNull()
})

test('a permutation that takes several rounds of sorting is that of JAX', async () => {
  const { count, checksum } = jax.permutationLarge
  const order = Array.from(await random.permutation(random.key(11), count).data())
  expect(order.reduce((sum, value, i) => (sum + (i + 1) * value) % 1000003, 0)).toBe(checksum)
})
