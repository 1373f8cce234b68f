// The browser under test has a working WebGPU. Where it has none this file fails: the WebGPU suite is never skipped.

import { expect, test } from 'vitest'
import { runInPage } from '../support/chrome.ts'

const PAGE = '/test/chrome/add.page.ts'

test('Chrome offers a WebGPU adapter', async () => {
  const adapter = await runInPage(PAGE, 'describeAdapter')
  expect(adapter, 'navigator.gpu.requestAdapter() gave nothing: see scripts/chrome.mjs for the flags').not.toBeNull()
})

test('a WGSL shader adds two vectors', async () => {
  const a = Array.from({ length: 100 }, (_, i) => i)
  const b = Array.from({ length: 100 }, (_, i) => i / 2)
  expect(await runInPage(PAGE, 'addOnDevice', { a, b })).toEqual(a.map((value) => value * 1.5))
})

test('a WebGPU error in the page fails the call that caused it', async () => {
  await expect(runInPage(PAGE, 'addOnDevice', { a: [1], b: [2], shader: 'fn main() { return 1; }' })).rejects.toThrow(
    /the page reported/,
  )
})

test('an error thrown in the page reaches the test', async () => {
  await expect(runInPage(PAGE, 'addOnDevice', { a: null })).rejects.toThrow(/Cannot read properties of null/)
})
