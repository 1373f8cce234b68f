// The CPU backend in Chrome, whose WebAssembly has what that of the Node of these tests may lack: products that are added unrounded.

import { expect, test } from 'vitest'
import { runInPage } from '../support/chrome.ts'
import type { checkCpu } from './cpu.page.ts'

test('products in Chrome are within the bar, and threads give the same bits', async () => {
  const result = await runInPage<Awaited<ReturnType<typeof checkCpu>>>('/test/chrome/cpu.page.ts', 'checkCpu')
  expect(result.name).toBe('CPU (WebAssembly SIMD)')
  expect(result.failures).toEqual([])
  expect(result.worst).toBeGreaterThan(0)
  expect(result.square - 2 ** -11).toBeOneOf([0, 2 ** -24]) // the latter where the processor adds products unrounded
  expect(result.threads).toBeGreaterThan(1) // the page is cross-origin isolated
  expect(result.trained).toBeGreaterThan(100_000)
  expect(result.sameBits).toBe(true)
})
