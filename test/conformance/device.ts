// The whole conformance suite on one device: every case and every composite that the device can run, each with what is wrong
// with it or null. Kernels that the device would not choose by itself (those for hardware on a software adapter, say) are
// checked too. The same code runs in a page of Chrome and in Node.

import type { Backend } from '../../src/backend/backend.ts'
import type { Target } from '../../src/compiler/target.ts'
import { type ContractionVariant, tuningTable } from '../../src/compiler/variants.ts'
import { loweringOf } from '../../src/ir/elements.ts'
import { type Composite, compositeDifference, MODES, repeatDifference } from './composite.ts'
import { MAPS_IN_BLOCKS } from './blockMaps.ts'
import { COMPOSITES } from './composites.ts'
import { forwardDifference, runsOn } from './forward.ts'
import { LONG_COMPOSITES, LONG_SUMS_ON_SOFTWARE } from './longComposites.ts'
import { ROWS_IN_QUADS } from './quadRows.ts'
import { ALL_CASES, type NamedCase } from './samples.ts'

/** The outcome of one check; `difference` is null where the device agrees with the reference. */
export interface Outcome {
  readonly name: string
  readonly difference: string | null
}

interface Check {
  readonly name: string
  readonly run: (backend: Backend) => Promise<string | null>
}

const cases = ALL_CASES.filter((one) => runsOn('webgpu', one))
const contractions = cases.filter((one) => loweringOf(one.graph().outputs[0]!).kind === 'contraction')

/** A backend that compiles for another target: whatever it chooses must run on the same device. */
const aimedAt = (backend: Backend, target: Partial<Target>): Backend => ({
  ...backend,
  target: { ...backend.target, ...target },
})

function caseChecks(list: readonly NamedCase[], prefix: string, target: Partial<Target>): Check[] {
  return list.map((one) => ({
    name: `${prefix}${one.primitiveName}: ${one.name}`,
    run: (backend) => forwardDifference(aimedAt(backend, target), one),
  }))
}

function compositeChecks(
  modes: readonly string[],
  prefix: string,
  target: Partial<Target>,
  composites: readonly Composite[] = COMPOSITES,
): Check[] {
  return MODES.filter((mode) => modes.includes(mode.name)).flatMap((mode) =>
    composites.map((composite) => ({
      name: `${prefix}${mode.name}: ${composite.name}`,
      run: (backend: Backend) => compositeDifference(aimedAt(backend, target), composite, mode),
    })),
  )
}

const tiles = (
  kind: ContractionVariant['kind'],
  rows: number,
  columns: number,
  workgroup: 64 | 256 = 256,
): Partial<Target> => ({
  tuning: tuningTable('test', { fallback: { kind, rows, columns, quads: false, workgroup }, entries: {} }),
})
/** Rows shared by workgroups, long sums in slices, and tiles in workgroup memory, as large as the variant says whatever the output. */
const hardware: Partial<Target> = { software: false, ...tiles('shared', 4, 4) }
const wideTiles: Partial<Target> = { software: false, busyGroups: 1, ...tiles('shared', 8, 8, 64) }

const CHECKS: readonly Check[] = [
  ...caseChecks(cases, '', {}),
  ...compositeChecks(['not fused', 'fused', 'fused, state donated in an arena', 'fused, three steps at once'], '', {}),
  ...caseChecks(contractions, 'registers 8x8, ', tiles('registers', 8, 8)),
  ...compositeChecks(['fused, state donated in an arena'], 'registers 8x8, ', tiles('registers', 8, 8)),
  ...caseChecks(contractions, 'registers 4x4, ', tiles('registers', 4, 4)),
  ...caseChecks(contractions, 'registers 4x8, ', tiles('registers', 4, 8)),
  ...caseChecks(contractions, 'for hardware, ', hardware),
  ...compositeChecks(['fused, state donated in an arena'], 'for hardware, ', hardware),
  ...caseChecks(contractions, 'for hardware, shared 8x8, ', wideTiles),
  ...compositeChecks(
    ['fused, three steps at once'],
    'for hardware, shared 8x8, ',
    wideTiles,
    COMPOSITES.filter(({ name }) => name.startsWith('past tiles')),
  ),
  ...compositeChecks(['not fused', 'fused, three steps at once'], 'for hardware, ', hardware, LONG_COMPOSITES),
  ...compositeChecks(
    ['not fused', 'fused, three steps at once'],
    'long sums, ',
    { software: true },
    LONG_SUMS_ON_SOFTWARE,
  ),
  ...compositeChecks(['not fused', 'fused, state donated in an arena', 'fused, three steps at once'], '', {}, [
    ...ROWS_IN_QUADS,
    ...MAPS_IN_BLOCKS,
  ]),
  ...LONG_COMPOSITES.map((composite) => ({
    name: `for hardware, the same bits twice: ${composite.name}`,
    run: (backend: Backend) => repeatDifference(aimedAt(backend, hardware), composite),
  })),
]

/** The names of all outcomes, in order. */
export const OUTCOMES: readonly string[] = CHECKS.map(({ name }) => name)

/** Runs everything, one check after the other; what is thrown is an outcome too. */
export async function checkDevice(backend: Backend): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { name, run } of CHECKS) {
    const failure = (error: unknown): string =>
      error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    outcomes.push({ name, difference: await run(backend).catch(failure) })
  }
  return outcomes
}
