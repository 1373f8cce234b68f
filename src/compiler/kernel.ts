// Kernels: what fuse makes of a graph. Each stores elements of one or more tensors; everything in between is a scalar
// expression. Backends print a kernel as code; nothing here knows of WGSL or JavaScript.

import type { Scalar, Variable } from '../ir/scalar.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { ContractionVariant } from './variants.ts'

/** `target[index] = value`, one element of a stored tensor. */
export interface Store {
  readonly target: Tensor
  readonly index: Scalar
  readonly value: Scalar
}

/** Stores of a row kernel: once per row, or for every `inner` of the row. */
export interface Stage {
  readonly inner: Variable | null
  readonly stores: readonly Store[]
}

/** For every `row`: its stages in order. A plain map or reduction has one stage without an inner loop. */
export interface LoopKernel {
  readonly kind: 'loop'
  readonly name: string
  readonly row: Variable
  readonly stages: readonly Stage[]
}

/** For every batch, m and n: the sum over k of lhs · rhs, then the stores, in which the sum is the accumulator. */
export interface ContractionKernel {
  readonly kind: 'contraction'
  readonly name: string
  readonly batch: Variable
  readonly m: Variable
  readonly n: Variable
  readonly k: Variable
  /** The extents whose product `k` runs over, outermost first; absent where only a part of the sum is meant. */
  readonly kAxes?: readonly number[]
  readonly lhs: Scalar
  readonly rhs: Scalar
  readonly stores: readonly Store[]
  /** How it is tiled: chosen by compile from the target's tuning table, absent before. */
  readonly variant?: ContractionVariant
}

/** One unit of work of a dispatch. */
export type Kernel = LoopKernel | ContractionKernel

/** All stores of a kernel. */
export function storesOf(kernel: Kernel): readonly Store[] {
  return kernel.kind === 'loop' ? kernel.stages.flatMap((stage) => stage.stores) : kernel.stores
}

/** All root expressions of a kernel: values, indices and contraction operands. */
export function rootsOf(kernel: Kernel): Scalar[] {
  const roots = storesOf(kernel).flatMap((store) => [store.value, store.index])
  return kernel.kind === 'loop' ? roots : [kernel.lhs, kernel.rhs, ...roots]
}
