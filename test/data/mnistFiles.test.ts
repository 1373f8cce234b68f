import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DataError } from '../../src/core/errors.ts'
import { mnistFileOf, mnistFromFiles, type NamedFile } from '../../src/data/mnistFiles.ts'
import { idxBytes, imageBytes, labelBytes, mnistFixture } from './fixtures.ts'

async function fault(files: readonly NamedFile[]): Promise<string> {
  const error = await mnistFromFiles(files).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DataError)
  return error instanceof Error ? error.message : ''
}

describe('mnistFromFiles', () => {
  test('builds both splits from the four files in any order', async () => {
    const dataset = await mnistFromFiles(mnistFixture().reverse())
    expect(dataset.train.inputs.shape).toEqual([5, 28, 28])
    expect([...dataset.train.targets.data]).toEqual([0, 1, 2, 3, 4])
    expect(dataset.test.inputs.shape).toEqual([3, 28, 28])
    expect(dataset.test.inputs.data[2 * 784]).toBe(2)
    expect(dataset).toMatchObject({ name: 'MNIST', source: 'files', classes: 10 })
  })

  test('takes gzip files, the spelling with a point, and files in folders', async () => {
    const files = mnistFixture().map(({ name, bytes }) => ({
      name: `some\\where/${name.replace('-idx', '.idx')}.gz`,
      bytes: gzipSync(bytes),
    }))
    expect((await mnistFromFiles(files)).train.targets.shape).toEqual([5])
  })

  test('tells the four files by name and leaves others alone', () => {
    expect(mnistFileOf('/data/t10k-labels.idx1-ubyte.gz')).toBe('t10k-labels-idx1-ubyte')
    expect(mnistFileOf('train-images-idx3-ubyte')).toBe('train-images-idx3-ubyte')
    expect(mnistFileOf('README.md')).toBeUndefined()
    expect(mnistFileOf('train-images-idx3-ubyte.zip')).toBeUndefined()
  })

  test('lists the files that are missing and those that were given', async () => {
    const message = await fault([...mnistFixture().slice(0, 2), { name: 'notes.txt', bytes: new Uint8Array() }])
    expect(message).toContain('missing: t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte')
    expect(message).toContain('notes.txt')
  })

  test('refuses different counts of images and labels, naming both files', async () => {
    const message = await fault(mnistFixture({ 't10k-labels-idx1-ubyte': labelBytes(4) }))
    expect(message).toContain('t10k-labels-idx1-ubyte has 4 labels, but t10k-images-idx3-ubyte has 3 images')
  })

  test('refuses a label above 9, naming the file and the place', async () => {
    const message = await fault(mnistFixture({ 'train-labels-idx1-ubyte': idxBytes([5], [0, 1, 2, 10, 4]) }))
    expect(message).toContain('train-labels-idx1-ubyte: labels must be 0 to 9, but label 3 is 10')
  })

  test("refuses images of another size and files in each other's place", async () => {
    const small = idxBytes([5, 14, 14], new Uint8Array(5 * 196))
    expect(await fault(mnistFixture({ 'train-images-idx3-ubyte': small }))).toContain('given [5, 14, 14]')
    expect(await fault(mnistFixture({ 'train-images-idx3-ubyte': labelBytes(5) }))).toContain('given [5]')
    expect(await fault(mnistFixture({ 'train-labels-idx1-ubyte': imageBytes(5) }))).toContain('labels must be [N]')
  })

  test('refuses a split without samples', async () => {
    const message = await fault(
      mnistFixture({ 't10k-images-idx3-ubyte': imageBytes(0), 't10k-labels-idx1-ubyte': labelBytes(0) }),
    )
    expect(message).toContain('N > 0')
  })

  test('names the file whose bytes are faulty', async () => {
    const message = await fault(mnistFixture({ 't10k-images-idx3-ubyte': imageBytes(3).subarray(0, 100) }))
    expect(message).toMatch(/^t10k-images-idx3-ubyte: truncated/)
  })
})
