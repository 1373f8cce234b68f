// Tuning: candidates for the contraction are measured on the device itself, on a small product, before programs are written for
// it. The table that comes out is data of the target; its identity says what was chosen.

import { FUSE_ALL } from '../../compiler/fuse.ts'
import type { ContractionKernel } from '../../compiler/kernel.ts'
import type { Location, Program } from '../../compiler/program.ts'
import type { ContractionVariant, Target, TuningTable } from '../../compiler/target.ts'
import { plus, times } from '../../ir/indexMap.ts'
import { accumulator, load, variable } from '../../ir/scalar.ts'
import { dataTensor, type Tensor } from '../../ir/tensor.ts'
import type { Backend, Bindings } from '../backend.ts'

/** What competes. Sharing within quads needs the feature `subgroups`. */
const candidates = (subgroups: boolean): ContractionVariant[] => [
  softwareTable(subgroups).contraction,
  { kind: 'registers', rows: 8, columns: 8, quads: false },
  { kind: 'registers', rows: 4, columns: 8, quads: false },
  { kind: 'registers', rows: 4, columns: 4, quads: false },
  { kind: 'shared', rows: 4, columns: 4, quads: false },
]

/** What a software adapter is known to run best; measuring would cost more than a first step there. */
export function softwareTable(subgroups: boolean): TuningTable {
  const contraction: ContractionVariant = subgroups
    ? { kind: 'registers', rows: 16, columns: 8, quads: true }
    : { kind: 'registers', rows: 8, columns: 8, quads: false }
  return { identity: `software: ${describeVariant(contraction)}`, contraction }
}

const describeVariant = ({ kind, rows, columns, quads }: ContractionVariant): string =>
  `${kind} ${rows}x${columns}${quads ? ', shared by quads' : ''}`

const ROUNDS = 3

/** Side of the matrices and products per measurement: about a millisecond of work either way. */
const WORK = { software: { size: 128, repeats: 1 }, hardware: { size: 1024, repeats: 8 } } as const

function matmulProgram(target: Target, contraction: ContractionVariant, size: number): Program {
  const matrix = (): Tensor => dataTensor({ shape: [size, size], dtype: 'float32' })
  const [a, b, c] = [matrix(), matrix(), matrix()]
  const [batch, m, n, k] = [variable('b', 1), variable('m', size), variable('n', size), variable('k', size)]
  const at = (row: typeof m, column: typeof n) => plus(times(row, size), column)
  const kernel: ContractionKernel = {
    kind: 'contraction',
    name: 'tune',
    batch,
    m,
    n,
    k,
    lhs: load(a, at(m, k)),
    rhs: load(b, at(k, n)),
    stores: [{ target: c, index: at(m, n), value: accumulator('float32') }],
  }
  const locations = new Map<Tensor, Location>([
    [a, { space: 'input', index: 0 }],
    [b, { space: 'input', index: 1 }],
    [c, { space: 'output', index: 0 }],
  ])
  return {
    target: { ...target, fuse: FUSE_ALL, tuning: { identity: '', contraction } },
    inputs: [a, b],
    args: [],
    outputs: [{ tensor: c, location: { space: 'output', index: 0 } }],
    dispatches: [{ kernels: [kernel] }],
    locations,
    slots: [],
    ringColumns: 0,
    placements: [
      { group: 0, offset: 0 },
      { group: 1, offset: 0 },
    ],
  }
}

/** Measures the candidates, interleaved, and gives the fastest by median. */
export async function measureTable(backend: Backend, subgroups: boolean): Promise<TuningTable> {
  const { size, repeats } = backend.target.software ? WORK.software : WORK.hardware
  const buffers = [0, 1, 2].map(() => backend.allocate(size * size * 4))
  const places = buffers.map((buffer) => ({ buffer, offset: 0 }))
  const bindings: Bindings = { inputs: places.slice(0, 2), outputs: [places[2]!], ring: null }
  const rows = Array.from({ length: repeats }, () => ({ values: [], ringRow: 0 }))
  const contenders = await Promise.all(
    candidates(subgroups).map(async (variant) => ({
      variant,
      times: [] as number[],
      executable: await backend.prepare(matmulProgram(backend.target, variant, size)),
    })),
  )
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { executable, times: measured } of contenders) {
      const started = performance.now()
      executable.run(bindings, rows)
      await backend.idle()
      if (round > 0) measured.push(performance.now() - started) // the first round warms up
    }
  }
  buffers.forEach((buffer) => backend.free(buffer))
  const median = (list: readonly number[]): number => [...list].sort((x, y) => x - y)[list.length >> 1]!
  const best = contenders.reduce((x, y) => (median(y.times) < median(x.times) ? y : x)).variant
  return { identity: `measured: ${describeVariant(best)}`, contraction: best }
}
