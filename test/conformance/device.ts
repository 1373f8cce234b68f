// The whole conformance suite on one device: every case and every composite that the device can run, each with what is wrong
// with it or null. The same code runs in a page of Chrome and in Node.

import type { Backend } from '../../src/backend/backend.ts'
import { compositeDifference, type Mode, MODES } from './composite.ts'
import { COMPOSITES } from './composites.ts'
import { forwardDifference, runsOn } from './forward.ts'
import { ALL_CASES } from './samples.ts'

/** The outcome of one check; `difference` is null where the device agrees with the reference. */
export interface Outcome {
  readonly name: string
  readonly difference: string | null
}

const DEVICE_MODES = new Set(['fused', 'fused, state donated in an arena', 'fused, three steps at once', 'not fused'])
const modes = MODES.filter((mode) => DEVICE_MODES.has(mode.name))
const cases = ALL_CASES.filter((one) => runsOn('webgpu', one))
const composites: readonly (readonly [Mode, (typeof COMPOSITES)[number]])[] = modes.flatMap((mode) =>
  COMPOSITES.map((composite) => [mode, composite] as const),
)

/** The names of all outcomes, in order. */
export const OUTCOMES: readonly string[] = [
  ...cases.map((one) => `${one.primitiveName}: ${one.name}`),
  ...composites.map(([mode, composite]) => `${mode.name}: ${composite.name}`),
]

/** Runs everything, one check after the other; what is thrown is an outcome too. */
export async function checkDevice(backend: Backend): Promise<Outcome[]> {
  const checks = [
    ...cases.map((one) => () => forwardDifference(backend, one)),
    ...composites.map(
      ([mode, composite]) =>
        () =>
          compositeDifference(backend, composite, mode),
    ),
  ]
  const outcomes: Outcome[] = []
  for (const [i, check] of checks.entries()) {
    const difference = await check().catch((error: unknown) =>
      error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    )
    outcomes.push({ name: OUTCOMES[i]!, difference })
  }
  return outcomes
}
