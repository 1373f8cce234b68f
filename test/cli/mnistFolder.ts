// A small folder of MNIST's four files, made of generated digits.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostArray } from '../../src/core/hostArray.ts'
import { digits } from '../../src/data/index.ts'

/** Writes the four files, uncompressed, into an existing folder. */
export async function writeMnistFolder(folder: string, trainCount: number, testCount: number): Promise<void> {
  const { train, test } = await digits({ trainCount, testCount })
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), idxBytes(train.inputs))
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idxBytes(train.targets))
  writeFileSync(join(folder, 't10k-images-idx3-ubyte'), idxBytes(test.inputs))
  writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), idxBytes(test.targets))
}

function idxBytes({ shape, data }: HostArray): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length))
  header.setUint32(0, 0x800 + shape.length)
  shape.forEach((size, axis) => header.setUint32(4 + 4 * axis, size))
  return Uint8Array.from([...new Uint8Array(header.buffer), ...data])
}
