// One call of a compiled graph: places for its inputs, fresh memory for its outputs, one argument row. Used by realize and jit.

import type { ArgumentRow, Bindings, Executable, Place } from '../backend/backend.ts'
import { compile, type CompileOptions } from '../compiler/compile.ts'
import { deviceBytes } from '../compiler/memory.ts'
import type { Placement, Program } from '../compiler/program.ts'
import type { TuningTable } from '../compiler/variants.ts'
import { InternalError } from '../core/errors.ts'
import { roundTo } from '../ir/scalar.ts'
import type { Graph } from '../ir/tensor.ts'
import type { RuntimeDevice, Tuning } from './device.ts'

/** How tensors that share buffers are laid out: the same text means that a program compiled for one fits the other. */
export function placementsOf(places: readonly Place[]): Placement[] {
  const groups = new Map<number, number>()
  return places.map(({ buffer, offset }) => {
    const group = groups.get(buffer.id) ?? groups.size
    groups.set(buffer.id, group)
    return { group, offset }
  })
}

/** Compiles a graph for a device, tuned, and prepares it for inputs at `placements`. */
export async function build(
  device: RuntimeDevice,
  graph: Graph,
  placements: readonly Placement[],
  options: Omit<CompileOptions, 'placements'>,
  tuning: Tuning = device.tuning,
): Promise<Executable> {
  const compileWith = (table: TuningTable): Program =>
    compile(graph, { ...device.backend.target, tuning: table }, { ...options, placements })
  return device.backend.prepare(await tuned(device, compileWith(tuning.table), tuning, compileWith))
}

/** A program that was compiled with `tuning.table`, or what it becomes with the table that its device measures for it. */
export async function tuned(
  { backend }: RuntimeDevice,
  program: Program,
  tuning: Tuning,
  compileWith: (table: TuningTable) => Program,
): Promise<Program> {
  if (tuning.mode === 'off' || backend.tune === undefined) return program
  const { table } = await backend.tune(program)
  return table.identity === tuning.table.identity ? program : compileWith(table)
}

/** Runs an executable once; gives the places of its outputs, donated ones included. */
export function runOnce(
  device: RuntimeDevice,
  executable: Executable,
  inputs: readonly Place[],
  values: readonly number[],
): Place[] {
  const { program } = executable
  const outputs: (Place | null)[] = program.outputs.map(({ tensor, location }) => {
    return location.space === 'output' ? { buffer: device.backend.allocate(deviceBytes(tensor.aval)), offset: 0 } : null
  })
  const row: ArgumentRow = { values: program.args.map((tensor, i) => roundTo(tensor.dtype, values[i]!)), ringRow: 0 }
  const bindings: Bindings = { inputs, outputs, ring: null }
  executable.run(bindings, [row])
  return program.outputs.map(({ location }, i) => {
    if (location.space === 'input') return inputs[location.index]!
    const place = outputs[i]
    if (place === null || place === undefined) throw new InternalError('an output of a single call lies in no buffer')
    return place
  })
}
