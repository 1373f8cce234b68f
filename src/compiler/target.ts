// What the compiler must know of the machine that will run a program. Data only: backends make it, nothing else reads adapters.

import type { FuseOptions } from './fuse.ts'
import type { TuningTable } from './variants.ts'

export type { ContractionVariant, TuningTable } from './variants.ts'

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
  /** Workgroups that give hardware enough to do: below this, tiles are made smaller and long sums split. 64 where it is not given. */
  readonly busyGroups?: number
  /** Whether invocations can share values within quads. */
  readonly subgroups: boolean
  readonly tuning: TuningTable
}

/** The workgroups of four invocations that go through all kernels of a dispatch on a software adapter. SwiftShader makes 16 tasks of a dispatch. */
export const WALKERS = 16

/** The workgroups that give a target enough to do. */
export const busyGroups = (target: Target): number => target.busyGroups ?? 64
