// What the compiler sees of a primitive: never its name, only one of these kinds. An element of the output is a scalar
// expression of its coordinates and of elements read from the operands at computed coordinates.

import type { Shape } from '../core/shape.ts'
import type { Combine, Scalar } from './scalar.ts'

/** The element of operand `operand` at `coordinates` (one int32 scalar per axis of that operand). */
export type Read = (operand: number, coordinates: readonly Scalar[]) => Scalar

/** Elementwise: every operand has the output's shape and is read at the output's coordinates. */
export interface MapLowering {
  readonly kind: 'map'
  readonly element: (operands: readonly Scalar[], coordinates: readonly Scalar[]) => Scalar
}

/** Moves elements without arithmetic: operand 0 read at other coordinates; further operands may give indices. */
export interface ViewLowering {
  readonly kind: 'view'
  readonly element: (coordinates: readonly Scalar[], read: Read) => Scalar
}

/** Combines, in order, the elements of a reduction domain of the given extents for every output element. */
export interface ReduceLowering {
  readonly kind: 'reduce'
  readonly combine: Combine
  readonly extents: Shape
  readonly element: (coordinates: readonly Scalar[], inner: readonly Scalar[], read: Read) => Scalar
}

/**
 * `out[batch, m, n] = Σ_k lhs(batch, m, k) · rhs(batch, k, n)`, each index running over a product of extents. The output's
 * coordinates are those of `batch`, `m` and `n`, in that order.
 */
export interface ContractionLowering {
  readonly kind: 'contraction'
  readonly batch: Shape
  readonly m: Shape
  readonly n: Shape
  readonly k: Shape
  readonly lhs: (batch: readonly Scalar[], m: readonly Scalar[], k: readonly Scalar[], read: Read) => Scalar
  readonly rhs: (batch: readonly Scalar[], k: readonly Scalar[], n: readonly Scalar[], read: Read) => Scalar
}

/** What computes an output of a primitive. */
export type Lowering = MapLowering | ViewLowering | ReduceLowering | ContractionLowering
