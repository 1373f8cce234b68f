// The public operations on WebGPU in headless Chrome, forward and gradient, in one page in one go. No adapter is a failure.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OperationOutcome } from '../conformance/operations/device.ts'
import { OPERATION_NAMES } from '../conformance/operations/samples.ts'
import { runInPage } from '../support/chrome.ts'

let device = 'no device'
const outcomes = new Map<string, OperationOutcome>()

beforeAll(async () => {
  const result = await runInPage<{ device: string; outcomes: OperationOutcome[] }>(
    '/test/chrome/operations.page.ts',
    'checkBrowserOperations',
  )
  device = result.device
  for (const outcome of result.outcomes) outcomes.set(outcome.name, outcome)
}, 300_000)

afterAll(() => {
  const total = (of: (outcome: OperationOutcome) => number): number =>
    [...outcomes.values()].reduce((sum, outcome) => sum + of(outcome), 0)
  console.info(
    `operations in Chrome on ${device}: ${outcomes.size} operations, ${total(({ samples }) => samples)} samples, ` +
      `${total(({ comparisons }) => comparisons)} outputs and gradients compared with float64`,
  )
})

describe('WebGPU in Chrome agrees with float64 on every operation and its gradient', () => {
  test.each(OPERATION_NAMES)('%s', (name) => {
    const outcome = outcomes.get(name)
    expect(outcome?.samples ?? 0, 'the page ran samples of it').toBeGreaterThan(0)
    expect(outcome!.differences).toEqual([])
  })
})
