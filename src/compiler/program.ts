// Program: what a backend runs. Dispatches over tensors, each of which has a location; nothing in it names a device object.

import type { Tensor } from '../ir/tensor.ts'
import type { Kernel } from './kernel.ts'
import type { Target } from './target.ts'

/** Where a tensor of a program lives. */
export type Location =
  | { readonly space: 'input'; readonly index: number }
  | { readonly space: 'output'; readonly index: number }
  | { readonly space: 'temporary'; readonly slot: number }
  /** Column `column` of the metrics ring; the row is given by the argument row. */
  | { readonly space: 'ring'; readonly column: number }

/** How a program's inputs share buffers: inputs of one group lie in one buffer at the given byte offsets. */
export interface Placement {
  readonly group: number
  readonly offset: number
}

/** Kernels that run at once. */
export interface Dispatch {
  readonly kernels: readonly Kernel[]
}

/** A compiled function: inputs in buffers, arguments in a row of numbers, outputs in buffers, in donated inputs or in the ring. */
export interface Program {
  readonly target: Target
  readonly inputs: readonly Tensor[]
  readonly args: readonly Tensor[]
  readonly outputs: readonly { readonly tensor: Tensor; readonly location: Location }[]
  readonly dispatches: readonly Dispatch[]
  readonly locations: ReadonlyMap<Tensor, Location>
  /** Bytes of each temporary buffer. */
  readonly slots: readonly number[]
  readonly ringColumns: number
  /** The placement of every input. */
  readonly placements: readonly Placement[]
}

/** Bytes that a program needs, known before it runs. */
export interface ProgramMemory {
  readonly inputs: number
  readonly outputs: number
  readonly temporaries: number
  readonly peak: number
}
