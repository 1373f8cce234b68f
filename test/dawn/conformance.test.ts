// The conformance suite on WebGPU in Node (Dawn). No adapter is a failure, never a skip.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { platform } from '../../src/platform/node.ts'
import { checkDevice, type Outcome, OUTCOMES } from '../conformance/device.ts'

let backend: Backend | undefined
const outcomes = new Map<string, Outcome>()

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
  for (const outcome of await checkDevice(backend)) outcomes.set(outcome.name, outcome)
})

afterAll(async () => {
  await backend?.idle()
  console.info(`conformance on ${backend?.name ?? 'no device'}: ${outcomes.size} comparisons with the reference`)
  backend?.dispose()
})

describe('WebGPU in Node agrees with the reference', () => {
  test.each(OUTCOMES)('%s', (name) => {
    const outcome = outcomes.get(name)
    expect(outcome, 'the device ran it').toBeDefined()
    expect(outcome!.difference, outcome!.difference ?? '').toBeNull()
  })
})
