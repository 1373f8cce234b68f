// The IDX format of the MNIST files: bytes (gzip or plain) enter, a uint8 host array leaves. A file is two zero bytes,
// a type code, the number of dimensions, each dimension as a big-endian uint32, then the elements, row-major.
// Definition: http://yann.lecun.com/exdb/mnist/ ("the IDX file format").

import { platform } from '#platform'
import { DataError } from '../core/errors.ts'
import type { HostArray } from '../core/hostArray.ts'

const UNSIGNED_BYTE = 0x08
const MAX_DIMENSIONS = 4

/**
 * Reads an IDX file of unsigned bytes with one to four dimensions.
 * @param bytes the file, gzip (told by its first bytes) or plain
 * @param name what to call the file in errors
 * @returns uint8, in the file's dimensions; of a plain file it shares the bytes
 * @throws DataError when the file is not IDX, truncated, too long, or its gzip data is corrupt
 */
export async function readIdx(bytes: Uint8Array, name = 'IDX data'): Promise<HostArray> {
  return parseIdx(await decompressed(bytes, name), name)
}

/** The bytes behind gzip, or the bytes themselves. @throws DataError when the gzip data is corrupt. */
export async function decompressed(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return await platform.gunzip(bytes)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DataError(`${name}: its gzip data is truncated or corrupt (${reason}). Fetch the file again.`)
  }
}

/** `readIdx` for bytes that are known to be plain. */
export function parseIdx(bytes: Uint8Array, name: string): HostArray {
  const fail = (text: string): never => {
    throw new DataError(`${name}: ${text}`)
  }
  if (bytes.length < 4) fail(`truncated: an IDX file begins with 4 bytes of magic number, given ${bytes.length} bytes.`)

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint32(0)
  const rank = magic & 0xff
  if (magic >>> 16 !== 0) {
    fail(`not an IDX file: its first bytes are ${hex(magic)}; MNIST images have 0x00000803, labels 0x00000801.`)
  }
  if (magic >>> 8 !== UNSIGNED_BYTE) {
    fail(`its elements have type code ${hex((magic >>> 8) & 0xff, 2)}; only 0x08 (unsigned byte) is read.`)
  }
  if (rank < 1 || rank > MAX_DIMENSIONS) fail(`it has ${rank} dimensions; 1 to ${MAX_DIMENSIONS} are read.`)

  const header = 4 + 4 * rank
  if (bytes.length < header)
    fail(`truncated: a header of ${rank} dimensions has ${header} bytes, given ${bytes.length}.`)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const expected = shape.reduce((product, size) => product * size, 1)
  const given = bytes.length - header
  const claim = `its header says [${shape.join(', ')}], which is ${expected} bytes of data`
  if (given < expected) fail(`truncated: ${claim}, but ${given} follow. Fetch the file again.`)
  if (given > expected) fail(`trailing bytes: ${claim}, but ${given} follow. The file is not what its header says.`)
  return { shape, dtype: 'uint8', data: bytes.subarray(header) }
}

function hex(value: number, digits = 8): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}
