// The browser's platform needs only what Node has too (fetch's Response, SubtleCrypto, DecompressionStream), so that
// most of it is tested here; the Cache API, which Node lacks, stands for a context without a cache.

import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { DataError } from '../../src/core/errors.ts'
import { platform as browser } from '../../src/platform/browser.ts'
import { platform as node } from '../../src/platform/node.ts'

describe('the platform in a browser', () => {
  test('has no files and says what to do instead', async () => {
    await expect(browser.readFile('/data/x')).rejects.toThrow(DataError)
    await expect(browser.listFolder('/data')).rejects.toThrow('A page cannot read /data. Let the user choose or drop')
    expect(browser.environment('PATH')).toBeUndefined()
  })

  test('has threads in pages that are cross-origin isolated only, and does without where they are forbidden', () => {
    expect(browser.threads()).toBe(1)
    vi.stubGlobal('crossOriginIsolated', true)
    vi.stubGlobal('navigator', { hardwareConcurrency: 6 })
    expect(browser.threads()).toBe(6)
    vi.stubGlobal('Worker', function refused() {
      throw new Error('refused by the policy')
    })
    expect(browser.startThread('listen(() => {})')).toBeNull()
    vi.unstubAllGlobals()
  })

  test('does without a cache where there is none', async () => {
    expect(await browser.cacheRead('key')).toBeNull()
    await expect(browser.cacheWrite('key', Uint8Array.of(1))).rejects.toThrow(DataError)
  })

  test('computes the checksums that Node computes', async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)
    expect(await browser.sha256(bytes)).toBe(await node.sha256(bytes))
    expect(await browser.sha256(bytes.subarray(3))).toBe(await node.sha256(bytes.subarray(3)))
  })

  test('undoes gzip and refuses data that is cut off or corrupt', async () => {
    const zipped = gzipSync(Uint8Array.from({ length: 5000 }, (_, i) => i % 7))
    const bytes = await browser.gunzip(zipped)
    expect(bytes).toHaveLength(5000)
    expect(bytes[13]).toBe(6)
    await expect(browser.gunzip(zipped.subarray(0, 40))).rejects.toThrow(Error)
    await expect(browser.gunzip(Uint8Array.of(0x1f, 0x8b, 9, 9, 9))).rejects.toThrow(Error)
  })

  test('is visible while its page is, and in a Worker, which has no page', () => {
    expect(browser.visible()).toBe(true)
    vi.stubGlobal('document', { visibilityState: 'hidden' })
    expect(browser.visible()).toBe(false)
    vi.stubGlobal('document', { visibilityState: 'visible' })
    expect(browser.visible()).toBe(true)
    vi.unstubAllGlobals()
    expect(node.visible()).toBe(false)
  })

  test('offers no GPU where the browser has none, with a reason', async () => {
    expect(await browser.gpu()).toBeNull()
    expect((await browser.gpuNotes())[0]).toContain('no WebGPU')
  })
})
