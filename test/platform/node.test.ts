import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { DataError } from '../../src/core/errors.ts'
import { platform } from '../../src/platform/node.ts'
import { setEnvironment, withFolder } from '../data/fixtures.ts'

/** Runs `use` with the cache in a new folder. */
async function withCache(use: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const restore = setEnvironment({ XDG_CACHE_HOME: folder })
    try {
      await use(join(folder, 'wgrad'))
    } finally {
      restore()
    }
  })
}

describe('the platform in Node', () => {
  test('starts threads, which see what they are sent and memory that is shared', async () => {
    expect(platform.threads()).toBeGreaterThanOrEqual(1)
    const thread = platform.startThread(
      'listen(({ words, add }) => { Atomics.add(words, 0, add); Atomics.notify(words, 0) })',
    )!
    const words = new Int32Array(new SharedArrayBuffer(4))
    thread.post({ words, add: 3 })
    thread.post({ words, add: 4 })
    await vi.waitFor(() => expect(words[0]).toBe(7), { timeout: 5000 })
    thread.stop()
  })

  test('reads files and lists folders, and names what it cannot', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'b'), 'two')
      await writeFile(join(folder, 'a'), 'one')
      expect(await platform.listFolder(folder)).toEqual(['a', 'b'])
      expect(new TextDecoder().decode(await platform.readFile(join(folder, 'b')))).toBe('two')
      await expect(platform.readFile(join(folder, 'c'))).rejects.toThrow(DataError)
      await expect(platform.readFile(join(folder, 'c'))).rejects.toThrow(`${join(folder, 'c')} (ENOENT)`)
      await expect(platform.listFolder(join(folder, 'a'))).rejects.toThrow('(ENOTDIR)')
    })
  })

  test('reads an empty environment variable as unset', () => {
    const restore = setEnvironment({ WGRAD_TEST_A: '', WGRAD_TEST_B: 'x' })
    expect(platform.environment('WGRAD_TEST_A')).toBeUndefined()
    expect(platform.environment('WGRAD_TEST_B')).toBe('x')
    restore()
  })

  test('finds in the cache what it wrote, and null where it wrote nothing', async () => {
    await withCache(async () => {
      expect(await platform.cacheRead('key')).toBeNull()
      await platform.cacheWrite('key', Uint8Array.of(1, 2, 3))
      await platform.cacheWrite('key', Uint8Array.of(4))
      expect([...((await platform.cacheRead('key')) ?? [])]).toEqual([4])
    })
  })

  test('leaves only whole files in the cache, also when many write the same key', async () => {
    await withCache(async (folder) => {
      const versions = Array.from({ length: 8 }, (_, k) => new Uint8Array(100_000).fill(k))
      await Promise.all(versions.map((bytes) => platform.cacheWrite('key', bytes)))
      expect(await readdir(folder)).toEqual(['key'])
      const stored = (await platform.cacheRead('key')) ?? new Uint8Array()
      expect(stored).toHaveLength(100_000)
      expect(new Set(stored).size).toBe(1)
    })
  })

  test('leaves nothing behind when a write fails', async () => {
    await withCache(async (folder) => {
      await platform.cacheWrite('other', Uint8Array.of(1))
      // A folder in the place of the file lets the last step, the rename, fail.
      await mkdir(join(folder, 'taken', 'inner'), { recursive: true })
      await expect(platform.cacheWrite('taken', Uint8Array.of(1))).rejects.toThrow('Set XDG_CACHE_HOME')
      expect(await readdir(folder)).toEqual(['other', 'taken'])
    })
  })

  test('refuses cache keys that would lead out of the cache', async () => {
    await withCache(async () => {
      await expect(platform.cacheWrite('../key', Uint8Array.of(1))).rejects.toThrow('no cache key')
      await expect(platform.cacheWrite('.hidden', Uint8Array.of(1))).rejects.toThrow('no cache key')
    })
  })

  test('computes SHA-256 and undoes gzip', async () => {
    expect(await platform.sha256(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    expect([...(await platform.gunzip(gzipSync(Uint8Array.of(5, 6))))]).toEqual([5, 6])
    await expect(platform.gunzip(Uint8Array.of(0x1f, 0x8b, 0))).rejects.toThrow('unexpected end of file')
  })
})
