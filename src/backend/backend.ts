// The interface between the runtime and a machine: buffers, and programs made ready to run on them. Work is ordered: what is
// run later sees what was run earlier.

import type { Program } from '../compiler/program.ts'
import type { Target } from '../compiler/target.ts'
import type { TuningTable } from '../compiler/variants.ts'
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

/** How long one dispatch of a program takes. */
export interface DispatchTime {
  /** Milliseconds of one execution: the median over the rounds. */
  readonly milliseconds: number
  /** The same in the fastest round. */
  readonly leastMilliseconds: number
  /** Executions per measurement: more than one where the clock is too coarse for one. */
  readonly repeats: number
  /** The device's own timestamps, or the host's clock around work that is waited for. */
  readonly clock: 'device' | 'host'
}

/** A program made ready for inputs that are placed in one particular way. */
export interface Executable {
  readonly program: Program
  /** Runs once per row, in order, without waiting for the device. */
  readonly run: (bindings: Bindings, rows: readonly ArgumentRow[]) => void
  /** The code of every dispatch, for people. */
  readonly sources: () => readonly string[]
  /**
   * Times every dispatch, over so many rounds. They run in order but some repeatedly, so that whatever they write is afterwards
   * not what one run would leave: callers restore it.
   */
  readonly profile: (bindings: Bindings, row: ArgumentRow, rounds: number) => Promise<readonly DispatchTime[]>
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

/** What tuning a program came to. */
export interface TuningOutcome {
  /** The table that the program was compiled with, and an entry for each of its shape classes that is worth one. */
  readonly table: TuningTable
  /** Shape classes that were known from an earlier measurement, and those that were measured now. */
  readonly cached: number
  readonly measured: number
}

/** Measures how long a device works at what is queued. */
export interface Stopwatch {
  /**
   * Stops, and resolves to milliseconds by the device's clock, once what was queued since the start is sent off and done; null where the
   * clock gave nothing. Sends nothing off by itself. To be asked once.
   */
  readonly milliseconds: () => Promise<number | null>
}

/** A machine that runs programs. */
export interface Backend {
  readonly kind: 'cpu' | 'webgpu'
  readonly name: string
  readonly info: DeviceInfo
  readonly target: Target
  /** The largest buffer that a program may bind. */
  readonly maxBufferBytes: number
  readonly memory: () => DeviceMemory
  /** @throws DeviceError when the device refuses the memory (by `prepare` and `flush` where that is only known later). */
  readonly allocate: (bytes: number) => DeviceBuffer
  readonly free: (buffer: DeviceBuffer) => void
  /** Writes host data of `aval` at a place. */
  readonly write: (place: Place, aval: Aval, data: TypedArray) => void
  readonly copy: (from: Place, to: Place, bytes: number) => void
  /** Reads a tensor back. */
  readonly read: (place: Place, aval: Aval) => Promise<TypedArray>
  /** Makes room for `count` reads of `aval` under way at once, which then allocate nothing. */
  readonly reserveReads: (aval: Aval, count: number) => void
  /** Starts to measure what is queued from now on; null where the device cannot right now, absent where it never can. */
  readonly stopwatch?: () => Stopwatch | null
  /** Makes a program ready: code, pipelines, temporaries. */
  readonly prepare: (program: Program) => Promise<Executable>
  /** Measures variants for the contractions of a program, within a time budget; absent where there is nothing to choose. */
  readonly tune?: (program: Program) => Promise<TuningOutcome>
  /** Sends off what was queued. */
  readonly flush: () => void
  /** Resolves when the device has finished everything sent off so far. */
  readonly idle: () => Promise<void>
  readonly dispose: () => void
}
