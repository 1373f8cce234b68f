// Small stand-ins for MNIST's files: IDX bytes, the four files with a few samples, and a temporary folder per test.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NamedFile } from '../../src/data/mnistFiles.ts'

/** An IDX file of unsigned bytes; the header's dimensions need not match the data. */
export function idxBytes(shape: readonly number[], data: ArrayLike<number>, type = 0x08): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, (type << 8) | shape.length)
  shape.forEach((size, axis) => view.setUint32(4 + 4 * axis, size))
  bytes.set(data, 4 + 4 * shape.length)
  return bytes
}

/** `count` images whose pixels all hold the image's index. */
export function imageBytes(count: number): Uint8Array {
  const data = Uint8Array.from({ length: count * 784 }, (_, i) => Math.floor(i / 784))
  return idxBytes([count, 28, 28], data)
}

/** `count` labels 0, 1, 2... */
export function labelBytes(count: number): Uint8Array {
  return idxBytes(
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  )
}

/** The four files with five training and three test samples; `replaced` exchanges the bytes of some. */
export function mnistFixture(replaced: Readonly<Record<string, Uint8Array>> = {}): NamedFile[] {
  const files: Record<string, Uint8Array> = {
    'train-images-idx3-ubyte': imageBytes(5),
    'train-labels-idx1-ubyte': labelBytes(5),
    't10k-images-idx3-ubyte': imageBytes(3),
    't10k-labels-idx1-ubyte': labelBytes(3),
    ...replaced,
  }
  return Object.entries(files).map(([name, bytes]) => ({ name, bytes }))
}

/** Runs `use` with a new folder that is removed afterwards. */
export async function withFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-test-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Sets environment variables for a test; the returned function puts the old values back. */
export function setEnvironment(values: Readonly<Record<string, string | undefined>>): () => void {
  const old = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]))
  const apply = (wanted: Readonly<Record<string, string | undefined>>): void => {
    for (const [name, value] of Object.entries(wanted)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  apply(values)
  return () => apply(old)
}
