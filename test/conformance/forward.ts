// One case, run: what a backend, or the scalar expressions of its lowering, give against the float64 reference. No test runner
// in here, so that the same code runs in Node and in a page.

import { FUSE_ALL } from '../../src/compiler/fuse.ts'
import type { Backend } from '../../src/backend/backend.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import type { Target } from '../../src/compiler/target.ts'
import { tuningTable } from '../../src/compiler/variants.ts'
import { differenceOf } from './compare.ts'
import { runGraph } from './execute.ts'
import { referenceOutputs, toReference } from './reference.ts'
import type { NamedCase } from './samples.ts'
import { toleranceOf } from './tolerances.ts'

/** What the compiler sees of a typical WebGPU device. */
export const WEBGPU_LIKE: Target = {
  kind: 'webgpu',
  maxBindings: 8,
  pack: true,
  fuse: FUSE_ALL,
  software: true,
  sharedBytes: 16384,
  subgroups: false,
  tuning: tuningTable('test', { fallback: { kind: 'registers', rows: 8, columns: 8, quads: false }, entries: {} }),
}

/** The CPU in vectors, in plain JavaScript, and as the executor of programs for WebGPU, with slots poisoned before each run. */
export const cpuBackends = (): { readonly cpu: Backend; readonly plain: Backend; readonly webgpuOnCpu: Backend } => ({
  cpu: createCpuBackend(),
  plain: createCpuBackend({ simd: false }),
  webgpuOnCpu: createCpuBackend({ target: WEBGPU_LIKE, poison: true, simd: false }),
})

/** Whether a kind of machine has what a case needs: float64 exists on the CPU only, and WebGPU promises nothing of NaN. */
export function runsOn(kind: Backend['kind'], one: NamedCase): boolean {
  if (kind === 'cpu') return true
  const { outputs, parameters } = one.graph()
  return !one.nonFinite && [...outputs, ...parameters].every((tensor) => tensor.dtype !== 'float64')
}

/** What is wrong with a backend's result for a case, or null. */
export async function forwardDifference(backend: Backend, one: NamedCase): Promise<string | null> {
  const graph = one.graph()
  const values = one.values()
  const expected = referenceOutputs(graph, values.map(toReference))
  const got = await runGraph(backend, graph, values)
  return differenceOf(got[0]!, expected[0]!, toleranceOf(backend.kind, one.primitiveName))
}
