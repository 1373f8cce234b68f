// Argument rows in device memory: each run's per-step values at a 256-byte stride in one uniform buffer, written with a single
// upload before the submit that reads them.

import type { Program } from '../../compiler/program.ts'
import type { ArgumentRow } from '../backend.ts'
import { argumentVectors } from './wgsl.ts'

const ALIGNMENT = 256
/** Rows of 128 steps: what a submit costs is little beside so many. */
const CAPACITY = 1 << 15

/** Bytes from one row of a program to the next. */
export function rowStride(program: Program): number {
  return Math.ceil((argumentVectors(program) * 16) / ALIGNMENT) * ALIGNMENT
}

/** The uniform buffer that rows are taken from, one submit at a time. */
export interface ArgumentBuffer {
  readonly buffer: GPUBuffer
  /** Space for a row, or null when the rows of this submit fill the buffer. */
  readonly append: (program: Program, row: ArgumentRow) => number | null
  /** Uploads the rows of this submit; the next one starts over. */
  readonly upload: () => void
}

/** An argument buffer on a device. */
export function createArgumentBuffer(device: GPUDevice): ArgumentBuffer {
  const buffer = device.createBuffer({
    size: CAPACITY,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    label: 'argument rows',
  })
  const bytes = new ArrayBuffer(CAPACITY)
  const floats = new Float32Array(bytes)
  const ints = new Int32Array(bytes)
  const uints = new Uint32Array(bytes)
  let used = 0
  return {
    buffer,
    append: (program, row) => {
      const stride = rowStride(program)
      if (used + stride > CAPACITY) return null
      const offset = used
      used += stride
      const word = offset / 4
      uints[word] = 0x7f800000
      uints[word + 1] = 0xff800000
      uints[word + 2] = 0x7fc00000
      uints[word + 3] = row.ringRow
      program.args.forEach(({ dtype }, i) => {
        const at = word + 4 + i
        if (dtype === 'float32') floats[at] = row.values[i]!
        else if (dtype === 'int32') ints[at] = row.values[i]!
        else uints[at] = row.values[i]!
      })
      return offset
    },
    upload: () => {
      if (used > 0) device.queue.writeBuffer(buffer, 0, bytes, 0, used)
      used = 0
    },
  }
}
