// The conformance suite on WebGPU in headless Chrome, run in one page in one go. No adapter is a failure, never a skip.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, OUTCOMES } from '../conformance/device.ts'
import { runInPage } from '../support/chrome.ts'

let device = 'no device'
const outcomes = new Map<string, Outcome>()

beforeAll(async () => {
  const result = await runInPage<{ device: string; outcomes: Outcome[] }>(
    '/test/chrome/conformance.page.ts',
    'checkBrowser',
  )
  device = result.device
  for (const outcome of result.outcomes) outcomes.set(outcome.name, outcome)
}, 300_000)

afterAll(() => {
  console.info(`conformance in Chrome on ${device}: ${outcomes.size} comparisons with the reference`)
})

describe('WebGPU in Chrome agrees with the reference', () => {
  test.each(OUTCOMES)('%s', (name) => {
    const outcome = outcomes.get(name)
    expect(outcome, 'the page ran it').toBeDefined()
    expect(outcome!.difference, outcome!.difference ?? '').toBeNull()
  })
})
