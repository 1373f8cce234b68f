// What the compiler must know of the machine that will run a program. Data only: backends make it, nothing else reads adapters.

import type { FuseOptions } from './fuse.ts'

/** How a contraction is tiled on WebGPU. */
export interface ContractionVariant {
  /** `registers`: no barriers, for software adapters; `shared`: tiles in workgroup memory. */
  readonly kind: 'registers' | 'shared'
  /** Rows and columns of the output that one invocation computes; columns are a multiple of 4. */
  readonly rows: number
  readonly columns: number
  /** Whether four neighbouring invocations share what they load of the row operand (needs subgroups of at least four). */
  readonly quads: boolean
}

/** Choices measured on a device: variants by shape class. `identity` is part of a run's record. */
export interface TuningTable {
  readonly identity: string
  readonly contraction: ContractionVariant
}

/** A machine as the compiler sees it. */
export interface Target {
  readonly kind: 'cpu' | 'webgpu'
  /** Storage buffers that one dispatch may bind. */
  readonly maxBindings: number
  /** Whether independent kernels of one wave share a dispatch. */
  readonly pack: boolean
  readonly fuse: FuseOptions
  /** A software adapter or the CPU: few lanes, no gain from workgroup memory, dear barriers. */
  readonly software: boolean
  /** Workgroup memory in bytes. */
  readonly sharedBytes: number
  readonly tuning: TuningTable
}
