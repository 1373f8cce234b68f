// The rules at the edges on WebGPU: the table of test/ops/edgeRules.ts, NaN and infinities included.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { platform } from '../../src/platform/node.ts'
import { EDGE_RULES, instabilities, NEAR_ZERO, pointsFor, resultOf, STABLE } from '../ops/edgeRules.ts'

let backend: Backend

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
})

afterAll(async () => {
  await backend.idle()
  backend.dispose()
})

describe('on WebGPU in Node', () => {
  test.each(EDGE_RULES.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    expect(await resultOf(backend, one)).toEqual(one.expected.map((value) => value + 0))
  })

  test.each(Object.entries(STABLE))('%s has finite values and derivatives everywhere', async (name, fn) => {
    expect(await instabilities(backend, fn, pointsFor(name, 'webgpu'))).toEqual([null, null, null])
  })

  test.each(NEAR_ZERO)('%s keeps its digits', async (_name, fn, points) => {
    expect(await instabilities(backend, fn, points)).toEqual([null, null, null])
  })
})
