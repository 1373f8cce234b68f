// Where a device's builtin function is worse than float32 arithmetic owes: the only exceptions to the tolerance of compare.ts.
// Each entry names its reason; a polynomial in the scalar IR should end it.

import { FLOAT32, type Tolerance } from './compare.ts'
import type { PrimitiveName } from './samples.ts'

/** Tolerances on a WebGPU device, by primitive. */
export const ON_DEVICE: { readonly [K in PrimitiveName]?: { readonly tolerance: Tolerance; readonly reason: string } } = {
  sin: { tolerance: { ...FLOAT32, absolute: 2e-4 }, reason: "SwiftShader's sin errs by 2e-4" },
  cos: { tolerance: { ...FLOAT32, absolute: 2e-4 }, reason: "SwiftShader's cos errs by 2e-4" },
  log: { tolerance: { ...FLOAT32, absolute: 3e-5 }, reason: "SwiftShader's log errs by 3e-5" },
  tanh: { tolerance: { ...FLOAT32, absolute: 3e-5 }, reason: "SwiftShader's tanh errs by 3e-5" },
}

/** The tolerance for a primitive on a kind of backend. */
export function toleranceOf(kind: 'cpu' | 'webgpu', primitive: string): Tolerance {
  const exceptions: Readonly<Record<string, { readonly tolerance: Tolerance }>> = ON_DEVICE
  return kind === 'webgpu' ? (exceptions[primitive]?.tolerance ?? FLOAT32) : FLOAT32
}
