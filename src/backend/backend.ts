// The interface between the runtime and a machine: buffers, and programs made ready to run on them. Work is ordered: what is
// run later sees what was run earlier.

import type { Program } from '../compiler/program.ts'
import type { Target } from '../compiler/target.ts'
import type { TypedArray } from '../core/dtype.ts'
import type { Aval } from '../core/aval.ts'

/** Memory on a device. `id` is never used twice. */
export interface DeviceBuffer {
  readonly id: number
  readonly bytes: number
}

/** A tensor's place: a buffer and an offset into it in bytes (a multiple of 256). */
export interface Place {
  readonly buffer: DeviceBuffer
  readonly offset: number
}

/** What one call of a program binds. */
export interface Bindings {
  readonly inputs: readonly Place[]
  /** For every output that is neither donated nor in the ring, in order of the program's outputs. */
  readonly outputs: readonly (Place | null)[]
  /** The metrics ring, of `rows * ringColumns` float32. */
  readonly ring: DeviceBuffer | null
}

/** The per-step values of one run: numbers in the order of the program's arguments, and the ring row that it writes. */
export interface ArgumentRow {
  readonly values: readonly number[]
  readonly ringRow: number
}

/** A program made ready for inputs that are placed in one particular way. */
export interface Executable {
  readonly program: Program
  /** Runs once per row, in order, without waiting for the device. */
  readonly run: (bindings: Bindings, rows: readonly ArgumentRow[]) => void
  /** The code of every dispatch, for people. */
  readonly sources: () => readonly string[]
}

/** Bytes held on a device. */
export interface DeviceMemory {
  readonly buffers: number
  readonly bytes: number
  readonly peakBytes: number
}

/** What is known of a machine beside its name. */
export interface DeviceInfo {
  /** Whether it is a WebGPU adapter that runs on the CPU. */
  readonly software: boolean
  readonly [key: string]: string | number | boolean
}

/** A machine that runs programs. */
export interface Backend {
  readonly kind: 'cpu' | 'webgpu'
  readonly name: string
  readonly info: DeviceInfo
  readonly target: Target
  readonly memory: () => DeviceMemory
  /** @throws DeviceError when the device refuses the memory (by `prepare` and `flush` where that is only known later). */
  readonly allocate: (bytes: number) => DeviceBuffer
  readonly free: (buffer: DeviceBuffer) => void
  /** Writes host data of `aval` at a place. */
  readonly write: (place: Place, aval: Aval, data: TypedArray) => void
  readonly copy: (from: Place, to: Place, bytes: number) => void
  /** Reads a tensor back. */
  readonly read: (place: Place, aval: Aval) => Promise<TypedArray>
  /** Makes a program ready: code, pipelines, temporaries. */
  readonly prepare: (program: Program) => Promise<Executable>
  /** Sends off what was queued. */
  readonly flush: () => void
  /** Resolves when the device has finished everything sent off so far. */
  readonly idle: () => Promise<void>
  readonly dispose: () => void
}
