// Runs a graph on a backend the way the runtime does: compile, prepare, bind, run, read. Buffers are made once and the program
// is replayed, so that donated state stays where it is; outputs are overwritten before each call, so that a stale one shows.

import type { Backend, Bindings, DeviceBuffer, Place } from '../../src/backend/backend.ts'
import { compile } from '../../src/compiler/compile.ts'
import type { FuseOptions } from '../../src/compiler/fuse.ts'
import { deviceBytes } from '../../src/compiler/memory.ts'
import type { Placement, Program } from '../../src/compiler/program.ts'
import { verifyProgram } from '../../src/compiler/verify.ts'
import { type DType, hostArrayOf, isFloating } from '../../src/core/dtype.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import { sizeOf } from '../../src/core/shape.ts'
import type { Graph } from '../../src/ir/tensor.ts'

/** How a graph is compiled and its memory laid out. */
export interface ExecuteOptions {
  /** For every output, the position of the parameter whose memory it takes over, or null. Default: none. */
  readonly donations?: readonly (number | null)[]
  /** Which outputs are metrics in the ring. Default: none. */
  readonly ring?: readonly boolean[]
  /** Which levels of fusion are on. Default: those of the backend's target. */
  readonly fuse?: FuseOptions
  /** Whether the inputs lie in one buffer per dtype, as a trainer's state does, or each in its own. */
  readonly arena?: boolean
}

/** A compiled graph with memory. */
export interface Prepared {
  readonly program: Program
  /**
   * Writes the values that are not null (in the order of the graph's parameters, arguments left out), runs once per row of
   * argument values, and reads the outputs; those in the ring have one row per run.
   */
  readonly call: (values: readonly (HostArray | null)[], rows: readonly (readonly number[])[]) => Promise<HostArray[]>
  readonly dispose: () => void
}

const ALIGNMENT = 256

/** Compiles a graph for a backend and gives it memory. */
export async function prepareGraph(backend: Backend, graph: Graph, options: ExecuteOptions = {}): Promise<Prepared> {
  const leaves = [...graph.parameters, ...graph.captures].filter(
    (leaf) => leaf.source.kind !== 'parameter' || leaf.source.role === 'buffer',
  )
  const groups: { readonly dtype: DType; bytes: number }[] = []
  const placements = leaves.map(({ aval }): Placement => {
    const known = options.arena ? groups.findIndex((group) => group.dtype === aval.dtype) : -1
    const group = known < 0 ? groups.push({ dtype: aval.dtype, bytes: 0 }) - 1 : known
    const offset = groups[group]!.bytes
    groups[group]!.bytes += Math.ceil(deviceBytes(aval) / ALIGNMENT) * ALIGNMENT
    return { group, offset }
  })
  const none = graph.outputs.map(() => null)
  const program = compile(
    graph,
    options.fuse === undefined ? backend.target : { ...backend.target, fuse: options.fuse },
    {
      donations: options.donations ?? none,
      ring: options.ring ?? none.map(() => false),
      placements,
    },
  )
  verifyProgram(program)
  const executable = await backend.prepare(program)
  const owned: DeviceBuffer[] = []
  const allocate = (bytes: number): DeviceBuffer => {
    const buffer = backend.allocate(bytes)
    owned.push(buffer)
    return buffer
  }
  const buffers = groups.map(({ bytes }) => allocate(bytes))
  const inputs = placements.map(({ group, offset }): Place => ({ buffer: buffers[group]!, offset }))
  const outputs = program.outputs.map(({ tensor, location }): Place | null =>
    location.space === 'output' ? { buffer: allocate(deviceBytes(tensor.aval)), offset: 0 } : null,
  )
  let bindings: Bindings = { inputs, outputs, ring: null }
  let ringRows = 0

  const call: Prepared['call'] = async (values, rows) => {
    if (program.ringColumns > 0 && ringRows < rows.length) {
      bindings = {
        ...bindings,
        ring: allocate(deviceBytes({ shape: [rows.length, program.ringColumns], dtype: 'float32' })),
      }
      ringRows = rows.length
    }
    values.forEach((value, i) => {
      if (value !== null) backend.write(inputs[i]!, leaves[i]!.aval, value.data)
    })
    outputs.forEach((place, i) => {
      const { aval } = program.outputs[i]!.tensor
      const junk = hostArrayOf(aval.dtype, sizeOf(aval.shape)).fill(isFloating(aval.dtype) ? Number.NaN : 1)
      if (place !== null) backend.write(place, aval, junk)
    })
    executable.run(bindings, rows.map((row, ringRow) => ({ values: row, ringRow }))) // prettier-ignore
    backend.flush()
    const table = { shape: [rows.length, program.ringColumns], dtype: 'float32' } as const
    const metrics = bindings.ring === null ? null : await backend.read({ buffer: bindings.ring, offset: 0 }, table)
    const results: HostArray[] = []
    for (const [i, { tensor, location }] of program.outputs.entries()) {
      if (location.space === 'ring') {
        const column = rows.map((_, row) => metrics![row * program.ringColumns + location.column]!)
        results.push({ shape: [rows.length], dtype: 'float32', data: Float32Array.from(column) })
        continue
      }
      const place = location.space === 'input' ? inputs[location.index]! : outputs[i]!
      results.push({ ...tensor.aval, data: await backend.read(place, tensor.aval) })
    }
    return results
  }
  return { program, call, dispose: () => owned.forEach((buffer) => backend.free(buffer)) }
}

/** The outputs of a graph that takes no arguments, on a backend, for one set of values. */
export async function runGraph(
  backend: Backend,
  graph: Graph,
  values: readonly HostArray[],
  options: ExecuteOptions = {},
): Promise<HostArray[]> {
  const prepared = await prepareGraph(backend, graph, options)
  try {
    return await prepared.call(values, [[]])
  } finally {
    prepared.dispose()
  }
}
