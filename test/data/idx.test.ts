import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DataError } from '../../src/core/errors.ts'
import { readIdx } from '../../src/data/idx.ts'
import { idxBytes } from './fixtures.ts'

const good = idxBytes([2, 3], [1, 2, 3, 4, 5, 255])

async function fault(bytes: Uint8Array): Promise<string> {
  const error = await readIdx(bytes, 'file.idx').then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DataError)
  return error instanceof Error ? error.message : ''
}

describe('readIdx', () => {
  test('reads dimensions and elements of a plain file', async () => {
    const array = await readIdx(good)
    expect(array.shape).toEqual([2, 3])
    expect(array.dtype).toBe('uint8')
    expect([...array.data]).toEqual([1, 2, 3, 4, 5, 255])
  })

  test('reads the same from gzip, told by its first bytes', async () => {
    const array = await readIdx(gzipSync(good))
    expect(array.shape).toEqual([2, 3])
    expect([...array.data]).toEqual([1, 2, 3, 4, 5, 255])
  })

  test('reads bytes that begin in the middle of their buffer', async () => {
    const shifted = new Uint8Array(good.length + 3)
    shifted.set(good, 3)
    expect([...(await readIdx(shifted.subarray(3))).data]).toEqual([1, 2, 3, 4, 5, 255])
  })

  test('reads a file without samples', async () => {
    expect((await readIdx(idxBytes([0, 28, 28], []))).shape).toEqual([0, 28, 28])
  })

  test('reads one to four dimensions and no others', async () => {
    expect((await readIdx(idxBytes([1, 1, 1, 2], [7, 8]))).shape).toEqual([1, 1, 1, 2])
    expect(await fault(idxBytes([1, 1, 1, 1, 1], [7]))).toContain('5 dimensions')
    expect(await fault(idxBytes([], [7]))).toContain('0 dimensions')
  })

  test('says how much of a truncated file is there', async () => {
    expect(await fault(good.subarray(0, 3))).toContain('given 3 bytes')
    expect(await fault(good.subarray(0, 9))).toContain('truncated: a header of 2 dimensions has 12 bytes, given 9')
    expect(await fault(good.subarray(0, good.length - 1))).toContain('[2, 3], which is 6 bytes of data, but 5 follow')
  })

  test('refuses trailing bytes with words of their own', async () => {
    const longer = new Uint8Array(good.length + 2)
    longer.set(good)
    const message = await fault(longer)
    expect(message).toContain('trailing bytes')
    expect(message).toContain('but 8 follow')
    expect(message).not.toContain('truncated')
  })

  test('refuses what is not IDX, and other element types', async () => {
    expect(await fault(new TextEncoder().encode('<html>not found</html>'))).toContain('not an IDX file')
    expect(await fault(idxBytes([1], [0, 0, 0, 0], 0x0d))).toContain('type code 0x0d')
  })

  test('refuses corrupt and truncated gzip data, naming the file', async () => {
    const zipped = gzipSync(good)
    expect(await fault(zipped.subarray(0, zipped.length - 4))).toMatch(
      /^file\.idx: its gzip data is truncated or corrupt/,
    )
    const corrupt = Uint8Array.from(zipped)
    corrupt[12] = (corrupt[12] ?? 0) ^ 0xff
    expect(await fault(corrupt)).toMatch(/^file\.idx: its gzip data is truncated or corrupt/)
  })
})
