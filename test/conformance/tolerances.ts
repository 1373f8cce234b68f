// Where a device may be worse than float32 arithmetic owes: the only exceptions to the tolerance of compare.ts, each with its
// reason. There is none: sin, cos, log and tanh, whose builtins err on software adapters, are polynomials of the scalar IR.

import { FLOAT32, type Tolerance } from './compare.ts'
import type { PrimitiveName } from './samples.ts'

/** Tolerances on a WebGPU device, by primitive. */
const ON_DEVICE: { readonly [K in PrimitiveName]?: { readonly tolerance: Tolerance; readonly reason: string } } = {}

/** The tolerance for a primitive on a kind of backend. */
export function toleranceOf(kind: 'cpu' | 'webgpu', primitive: string): Tolerance {
  const exceptions: Readonly<Record<string, { readonly tolerance: Tolerance }>> = ON_DEVICE
  return kind === 'webgpu' ? (exceptions[primitive]?.tolerance ?? FLOAT32) : FLOAT32
}
