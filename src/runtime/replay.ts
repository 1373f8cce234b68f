// A replayed function: state that it updates in place, tensors that it reads, and per-step arguments. Traced and compiled once;
// then each run is a row of numbers. Metrics go to a ring, read back without holding up the steps that follow.

import type { ArgumentRow, Bindings, DeviceBuffer, Executable } from '../backend/backend.ts'
import { compile } from '../compiler/compile.ts'
import { deviceBytes, memoryOf } from '../compiler/memory.ts'
import type { Program, ProgramMemory } from '../compiler/program.ts'
import { printProgram } from '../compiler/print.ts'
import type { TuningTable } from '../compiler/variants.ts'
import type { Aval } from '../core/aval.ts'
import type { DType } from '../core/dtype.ts'
import type { HostArray } from '../core/hostArray.ts'
import { ArgumentError, InternalError } from '../core/errors.ts'
import { flattenTree } from '../core/tree.ts'
import { roundTo } from '../ir/scalar.ts'
import { Tensor } from '../ir/tensor.ts'
import { type LeafSpec, type Traced, traceFunction } from '../trace/trace.ts'
import type { RuntimeDevice, Tuning } from './device.ts'
import { placementsOf, tuned } from './execute.ts'
import { checkResults, inputIndex, keepInputs, type WatchedRun, watchesNonFinite } from './nonFinite.ts'
import { start } from './realize.ts'
import { usableStorage } from './storage.ts'

/** What a replayed function gets: trees of tensors, and its per-step arguments as scalar tensors. */
export interface ReplayArguments<State, Inputs> {
  readonly state: State
  readonly inputs: Inputs
  readonly args: Readonly<Record<string, Tensor>>
}

/** What it returns: the new state (same structure and avals) and scalar float32 metrics. */
export interface ReplayResult<State> {
  readonly state: State
  readonly metrics: readonly Tensor[]
}

/** Rows of float32 metrics on the device. */
export interface Ring {
  readonly buffer: DeviceBuffer
  readonly rows: number
  readonly columns: number
}

/** What changes from run to run: the arguments, and the ring row of the metrics. */
export interface ReplayRow {
  readonly args: Readonly<Record<string, number>>
  readonly ringRow: number
}

/** A replayed function. */
export interface Replay {
  /** Encodes one run per row; nothing waits. */
  readonly run: (rows: readonly ReplayRow[]) => void
  /**
   * One run that is waited for, with its results checked; `name` is what errors call it.
   * @throws NonFiniteError when the state or a metric turns NaN or infinite.
   */
  readonly runWatched: (row: ReplayRow, name: string) => Promise<void>
  readonly print: () => string
  readonly sources: () => readonly string[]
  readonly memory: () => ProgramMemory
  readonly dispatches: number
  /** What its contractions' variants were chosen by. */
  readonly tuning: TuningTable
}

/** A replayed function that is compiled, but has no code and no memory on the device yet. */
export interface ReplayPlan {
  readonly program: Program
  /** Makes it ready to run, tuned: with the device's tuning, or another. */
  readonly prepare: (tuning?: Tuning) => Promise<Replay>
}

/** So many rows are read at once unless more are asked for: what a read-back holds is sized for that. */
const USUAL_ROWS = 256

/** A ring of metrics, with room for so many reads of it under way at once. */
export function createRing(device: RuntimeDevice, rows: number, columns: number, reads: number): Ring {
  const aval: Aval = { shape: [rows, columns], dtype: 'float32' }
  const buffer = device.backend.allocate(deviceBytes(aval))
  device.backend.reserveReads({ ...aval, shape: [Math.min(USUAL_ROWS, rows), columns] }, reads)
  device.retain(buffer)
  return { buffer, rows, columns }
}

/** The metrics of rows `first` to `last` of a ring, round its end where the last comes before the first, after everything encoded so far. */
export async function readRing(device: RuntimeDevice, ring: Ring, first: number, last: number): Promise<Float32Array> {
  const { rows, columns } = ring
  const isUsual = first <= last && last - first < USUAL_ROWS && rows > USUAL_ROWS
  const [begin, count] = isUsual ? [Math.min(first, rows - USUAL_ROWS), USUAL_ROWS] : [0, rows]
  const aval: Aval = { shape: [count, columns], dtype: 'float32' }
  const data = await device.backend.read({ buffer: ring.buffer, offset: 4 * columns * begin }, aval)
  if (!(data instanceof Float32Array)) throw new InternalError('a ring holds float32')
  const length = ((last - first + rows) % rows) + 1
  const metrics = new Float32Array(length * columns)
  for (let i = 0; i < length; i++) {
    const at = columns * (((first + i) % rows) - begin)
    metrics.set(data.subarray(at, at + columns), columns * i)
  }
  return metrics
}

/** Traces and compiles `fn`. The state's tensors are updated in place by every run and stay valid. */
export async function planReplay<State, Inputs>(
  device: RuntimeDevice,
  fn: (given: ReplayArguments<State, Inputs>) => ReplayResult<State>,
  state: State,
  inputs: Inputs,
  args: Readonly<Record<string, DType>>,
  ring: Ring | null,
): Promise<ReplayPlan> {
  const given = flattenTree([{ state, inputs, args }])
  const tensors = given.leaves.filter((leaf) => leaf instanceof Tensor)
  const stateLeaves = new Set(flattenTree(state).leaves)
  const specs = given.leaves.map((leaf, i): LeafSpec => {
    const path = given.paths[i]!
    return leaf instanceof Tensor
      ? { kind: 'tensor', aval: leaf.aval, path }
      : { kind: 'number', dtype: args[path.slice(path.lastIndexOf('.') + 1)]!, path }
  })
  const trace = (): Traced =>
    traceFunction(
      (parts: ReplayArguments<State, Inputs>) => fn(parts),
      given.structure,
      specs,
      (captured) => start(captured, device),
    )
  const located = watchesNonFinite()
  const traced = trace()
  const isMetric = traced.outputPaths.map((path) => path.startsWith('metrics'))
  // parameters are the leaves in order, so a state output takes over the memory of the leaf at its own path
  const positions = new Map(given.paths.map((path, i) => [path, i]))
  const donations = traced.outputPaths.map((path, i) => (isMetric[i] ? null : (positions.get(`[0].${path}`) ?? null)))
  const returned = new Set(donations.filter((position) => position !== null))
  const missing = given.paths.filter((_, i) => stateLeaves.has(given.leaves[i]) && !returned.has(i))
  if (missing.length > 0 || returned.size < isMetric.filter((metric) => !metric).length) {
    throw new ArgumentError(
      `a replayed function must return state of the structure that it was given; it lacks ${missing.join(', ')}`,
    )
  }
  const all = [...tensors, ...traced.graph.captures]
  start(all, device)
  const storages = all.map((tensor) => usableStorage(tensor, 'replay'))
  await Promise.all(storages.map((storage) => storage.ready))
  const places = storages.map((storage) => storage.place!)
  const options = { donations, ring: isMetric, placements: placementsOf(places) }
  const compileWith = (table: TuningTable): Program =>
    compile(traced.graph, { ...device.backend.target, tuning: table }, options)
  const planned = compileWith(device.tuning.table)
  const bindings: Bindings = { inputs: places, outputs: planned.outputs.map(() => null), ring: ring?.buffer ?? null }
  const names = given.paths
    .filter((_, i) => specs[i]!.kind === 'number')
    .map((path) => path.slice(path.lastIndexOf('.') + 1))

  const argumentRow = (row: ReplayRow): ArgumentRow => {
    const values = names.map((name, i) => roundTo(planned.args[i]!.dtype, row.args[name]!))
    return { values, ringRow: row.ringRow }
  }
  /** What a run has left at an output. */
  const readOutput = async ({ outputs }: Program, i: number, ringRow: number): Promise<HostArray> => {
    const { tensor, location } = outputs[i]!
    if (location.space === 'ring') {
      const data = (await readRing(device, ring!, ringRow, ringRow)).slice(location.column, location.column + 1)
      return { ...tensor.aval, data }
    }
    return {
      ...tensor.aval,
      data: await device.backend.read(places[inputIndex(traced.graph, donations[i]!)]!, tensor.aval),
    }
  }

  const replayOf = ({ program, ...executable }: Executable): Replay => ({
    run: (rows) => executable.run(bindings, rows.map(argumentRow)),
    runWatched: async (row, name) => {
      const argument = argumentRow(row)
      const again = located ? null : () => trace().graph
      const outputNames = traced.outputPaths
      const { values } = argument
      const watched: WatchedRun = { device, name, graph: traced.graph, again, inputs: places, values, outputNames }
      const kept = await keepInputs(watched, donations)
      executable.run(bindings, [argument])
      const results: HostArray[] = []
      for (let i = 0; i < program.outputs.length; i++) results.push(await readOutput(program, i, row.ringRow))
      await checkResults(watched, kept, results)
    },
    print: () => printProgram(program),
    sources: executable.sources,
    memory: () => memoryOf(program),
    dispatches: program.dispatches.length,
    tuning: program.target.tuning,
  })
  const prepare = async (tuning: Tuning = device.tuning): Promise<Replay> => {
    const asPlanned = tuning.table.identity === planned.target.tuning.identity
    const program = asPlanned ? planned : compileWith(tuning.table)
    return replayOf(await device.backend.prepare(await tuned(device, program, tuning, compileWith)))
  }
  return { program: planned, prepare }
}
