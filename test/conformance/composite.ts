// Runs a composite graph as a program would be used: compiled once, replayed with changing inputs and arguments, its state
// donated or carried over by hand, in buffers of its own or in one arena, with fusion on or off; every call is compared with
// the reference. No test runner in here: it runs in Node and in a page.

import type { Backend } from '../../src/backend/backend.ts'
import type { FuseOptions } from '../../src/compiler/fuse.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import { graphOf } from '../../src/ir/graph.ts'
import type { Graph } from '../../src/ir/tensor.ts'
import { parameter, type ReferenceArray, type Tensor } from '../../src/ir/tensor.ts'
import { differenceOf, type Tolerance } from './compare.ts'
import { prepareGraph } from './execute.ts'
import { referenceOutputs, toReference } from './reference.ts'
import { hostValues, type Operand } from './sample.ts'

/** A graph of several primitives, with the way it is called. */
export interface Composite {
  readonly name: string
  readonly inputs: readonly Operand[]
  /** Values of the per-step arguments at a call; none when missing. */
  readonly args?: (call: number) => readonly number[]
  readonly build: (inputs: readonly Tensor[], args: readonly Tensor[]) => readonly Tensor[]
  /** For every output, the input whose next value it is, or null. Missing means that there is no state. */
  readonly state?: readonly (number | null)[]
  /** Which outputs are metrics that go to the ring when several steps run at once. */
  readonly ring?: readonly boolean[]
}

/** One way to run it. */
export interface Mode {
  readonly name: string
  readonly donate: boolean
  readonly arena: boolean
  readonly fuse: FuseOptions
  /** Steps per call: with more than one, state is donated, inputs stay and arguments change from step to step. */
  readonly steps: number
}

const ON: FuseOptions = { epilogues: true, rows: true, bytes: Infinity }

/** All ways to run a composite. */
export const MODES: readonly Mode[] = [
  { name: 'not fused', donate: false, arena: false, fuse: { epilogues: false, rows: false }, steps: 1 },
  { name: 'epilogues only', donate: true, arena: false, fuse: { epilogues: true, rows: false }, steps: 1 },
  { name: 'rows only', donate: false, arena: true, fuse: { epilogues: false, rows: true }, steps: 1 },
  { name: 'fused', donate: false, arena: false, fuse: ON, steps: 1 },
  { name: 'fused, state donated', donate: true, arena: false, fuse: ON, steps: 1 },
  { name: 'fused, state donated in an arena', donate: true, arena: true, fuse: ON, steps: 1 },
  { name: 'fused, three steps at once', donate: true, arena: true, fuse: ON, steps: 3 },
]

const CALLS = 3

/** Longer chains of float32 arithmetic than a single primitive. */
const CHAINED: Tolerance = { relative: 5e-5, ofGreatest: 5e-6, absolute: 0 }

/** The graph of a composite, its inputs before its arguments. */
export function graphOfComposite(composite: Composite): Graph {
  const inputs = composite.inputs.map(({ shape, dtype }, i) => parameter({ shape, dtype }, `x${i}`))
  const args = (composite.args?.(0) ?? []).map((_, i) =>
    parameter({ shape: [], dtype: 'float32' }, `a${i}`, 'argument'),
  )
  return graphOf([...inputs, ...args], composite.build(inputs, args))
}

const toScalar = (value: number): ReferenceArray => ({
  shape: [],
  dtype: 'float32',
  data: Float64Array.of(Math.fround(value)),
})

/** What is wrong with a composite on a backend in one mode within three replayed calls, or null. */
export async function compositeDifference(
  backend: Backend,
  composite: Composite,
  mode: Mode,
  tolerance = CHAINED,
): Promise<string | null> {
  const graph = graphOfComposite(composite)
  const state = composite.state ?? graph.outputs.map(() => null)
  const ring = graph.outputs.map((_, i) => mode.steps > 1 && composite.ring?.[i] === true)
  const prepared = await prepareGraph(backend, graph, {
    fuse: mode.fuse,
    arena: mode.arena,
    donations: mode.donate ? state : graph.outputs.map(() => null),
    ring,
  })
  const args = (step: number): readonly number[] => (composite.args?.(step) ?? []).map(Math.fround)
  let current: HostArray[] = composite.inputs.map((operand, i) => hostValues(operand, `${composite.name} ${i}`))
  try {
    for (let call = 0; call < CALLS; call++) {
      const fresh = composite.inputs.map((operand, i) =>
        state.includes(i) ? current[i]! : hostValues(operand, `${composite.name} ${i} call ${call}`),
      )
      const written = fresh.map((value, i) => (mode.donate && call > 0 && state.includes(i) ? null : value))
      const rows = Array.from({ length: mode.steps }, (_, step) => args(call * mode.steps + step))
      const got = await prepared.call(written, rows)
      const expected = referenceSteps(graph, fresh.map(toReference), rows, state)
      for (const [i, output] of got.entries()) {
        const target = ring[i] ? stack(expected.map((step) => step[i]!)) : expected.at(-1)![i]!
        const difference = differenceOf(output, target, tolerance)
        if (difference !== null) return `call ${call}, output ${i}: ${difference}`
      }
      current = fresh.map((value, i) => (state.includes(i) ? got[state.indexOf(i)]! : value))
    }
    return null
  } finally {
    prepared.dispose()
  }
}

/** Whether a composite gives the same bits when it is compiled and run again; what differs, or null. */
export async function repeatDifference(backend: Backend, composite: Composite): Promise<string | null> {
  const run = async (): Promise<HostArray[]> => {
    const prepared = await prepareGraph(backend, graphOfComposite(composite))
    const values = composite.inputs.map((operand, i) => hostValues(operand, `${composite.name} ${i}`))
    try {
      return await prepared.call(values, [(composite.args?.(0) ?? []).map(Math.fround)])
    } finally {
      prepared.dispose()
    }
  }
  const [first, second] = [await run(), await run()]
  for (const [i, { data }] of first.entries()) {
    const at = data.findIndex((value, j) => !Object.is(value, second[i]!.data[j]))
    if (at >= 0) return `output ${i}, element ${at}: ${data[at]}, then ${second[i]!.data[at]}`
  }
  return null
}

/** The reference's outputs of every step. */
function referenceSteps(
  graph: Graph,
  start: readonly ReferenceArray[],
  rows: readonly (readonly number[])[],
  state: readonly (number | null)[],
): ReferenceArray[][] {
  let values = [...start]
  return rows.map((row) => {
    const outputs = referenceOutputs(graph, [...values, ...row.map(toScalar)])
    values = values.map((value, i) => (state.includes(i) ? outputs[state.indexOf(i)]! : value))
    return outputs
  })
}

function stack(values: readonly ReferenceArray[]): ReferenceArray {
  return { shape: [values.length], dtype: 'float32', data: Float64Array.from(values, (value) => value.data[0]!) }
}
