// The public operations on WebGPU in Node (Dawn), forward and gradient. No adapter is a failure, never a skip.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { platform } from '../../src/platform/node.ts'
import { checkOperations, type OperationOutcome } from '../conformance/operations/device.ts'
import { OPERATION_NAMES } from '../conformance/operations/samples.ts'

let backend: Backend | undefined
const outcomes = new Map<string, OperationOutcome>()

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
  for (const outcome of await checkOperations(backend)) outcomes.set(outcome.name, outcome)
}, 300_000)

afterAll(async () => {
  await backend?.idle()
  const total = (of: (outcome: OperationOutcome) => number): number =>
    [...outcomes.values()].reduce((sum, outcome) => sum + of(outcome), 0)
  console.info(
    `operations on ${backend?.name ?? 'no device'}: ${outcomes.size} operations, ${total(({ samples }) => samples)} samples, ` +
      `${total(({ comparisons }) => comparisons)} outputs and gradients compared with float64`,
  )
  backend?.dispose()
})

describe('WebGPU in Node agrees with float64 on every operation and its gradient', () => {
  test.each(OPERATION_NAMES)('%s', (name) => {
    const outcome = outcomes.get(name)
    expect(outcome?.samples ?? 0, 'the device ran samples of it').toBeGreaterThan(0)
    expect(outcome!.differences).toEqual([])
  })
})
