// Program -> what is wrong with it, or null. It runs fused and unfused; the error of the fused form, against float64, is at most
// a few times that of the unfused one. Where it is more, the program is evaluated with every operation rounded at random: an
// output that this moves as far is ill-conditioned, and says nothing.

import type { Backend } from '../../src/backend/backend.ts'
import type { FuseOptions } from '../../src/compiler/fuse.ts'
import { isFloating } from '../../src/core/dtype.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import type { ReferenceArray, Tensor } from '../../src/ir/tensor.ts'
import { type Bindings, evaluateReference } from '../../src/ir/evaluate.ts'
import { prepareGraph } from '../conformance/execute.ts'
import { toReference } from '../conformance/reference.ts'
import { evaluateRounded } from '../conformance/rounding.ts'
import { type FuzzGraph, type FuzzProgram, graphOfProgram } from './program.ts'
import { randomOf } from './random.ts'
import { inputValues } from './values.ts'

/** A way to run a program. */
export interface Variant {
  readonly name: string
  readonly backend: Backend
  readonly fuse: FuseOptions
}

/** Fused variants, each held against the unfused one. */
export interface Variants {
  readonly plain: Variant
  /** Whether the unfused one is run only where a fused one is not within the floor: on devices that take long to compile. */
  readonly lazy: boolean
  readonly fused: readonly Variant[]
}

/** The outcome of one program. */
export interface Outcome {
  readonly failure: string | null
  /** Whether an output was too ill-conditioned to compare. */
  readonly illConditioned: boolean
  /** The longest time that one variant took to compile and prepare, in milliseconds. */
  readonly compileTime: number
  /** The most characters of code of one variant. */
  readonly code: number
}

/** The fused error may be so many times the unfused one, plus the floor. */
const FACTOR = 8
/** The floor: this times the greatest magnitude of the output, for every operation on the longest chain to it. */
const FLOOR_PER_OPERATION = 2 ** -23
const DOUBTFUL = 4
const CALLS = 2
const ROUNDINGS = 12

interface Run {
  /** Per call and output: the values, and what float64 gives for the same inputs. */
  readonly calls: readonly { readonly got: readonly HostArray[]; readonly bindings: readonly Bindings[]; readonly exact: readonly ReferenceArray[] }[] // prettier-ignore
  readonly compileTime: number
  readonly code: number
}

/** Runs a program in all variants and compares them. */
export async function checkProgram(program: FuzzProgram, { plain, lazy, fused }: Variants): Promise<Outcome> {
  const made = graphOfProgram(program)
  let compileTime = 0
  let code = 0
  let illConditioned = false
  // without state, all variants see the same values
  const known = new Map<number, readonly ReferenceArray[]>()
  const run = async (variant: Variant): Promise<Run> => {
    const result = await runVariant(program, made, variant, known)
    compileTime = Math.max(compileTime, result.compileTime)
    code = Math.max(code, result.code)
    return result
  }
  let unfused: Run | null = null
  let running = plain
  const compare = async (variant: Variant): Promise<string | null> => {
    running = variant
    const result = await run(variant)
    for (const [call, { got, exact, bindings }] of result.calls.entries()) {
      for (const [i, output] of made.graph.outputs.entries()) {
        const error = errorOf(got[i]!, exact[i]!)
        const floor = floorOf(output, exact[i]!)
        if (error <= floor && unfused === null) continue
        running = plain
        unfused ??= await run(plain)
        // state that was carried over is each form's own, and so is what float64 gives for it
        const own = unfused.calls[call]!
        const base = errorOf(own.got[i]!, own.exact[i]!)
        const baseFloor = floorOf(output, own.exact[i]!)
        // an unfused form that is far from float64 is itself in doubt
        if (base <= DOUBTFUL * baseFloor && error <= FACTOR * base + floor) continue
        const spread = spreadOf(made, bindings, exact[i]!, i, program.seed, sumsInFloat32(variant))
        const baseSpread = spreadOf(made, own.bindings, own.exact[i]!, i, program.seed, sumsInFloat32(plain))
        if (error > FACTOR * Math.max(spread, floor) || base > FACTOR * Math.max(baseSpread, baseFloor)) {
          return `${variant.name}: call ${call}, output ${i} (${output.dtype} [${output.shape}]): error ${error}, ${plain.name} ${base}, rounding alone ${spread}, floor ${floor}; ${worstOf(got[i]!, exact[i]!)}` // prettier-ignore
        }
        illConditioned = true
      }
    }
    return null
  }
  let failure: string | null = null
  try {
    if (!lazy) unfused = await run(plain)
    for (const variant of fused) failure ??= await compare(variant)
  } catch (error) {
    failure = `${running.name}: ${error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error)}`
  }
  return { failure, illConditioned, compileTime, code }
}

async function runVariant(
  program: FuzzProgram,
  made: FuzzGraph,
  { backend, fuse }: Variant,
  known: Map<number, readonly ReferenceArray[]>,
): Promise<Run> {
  const { graph, inputs, args, state } = made
  let code = 0
  const counted: Backend = {
    ...backend,
    prepare: async (compiled) => {
      const executable = await backend.prepare(compiled)
      code = executable.sources().reduce((sum, source) => sum + source.length, 0)
      return executable
    },
  }
  const started = performance.now()
  const prepared = await prepareGraph(counted, graph, {
    fuse,
    arena: program.arena,
    donations: program.donate || program.steps > 1 ? state : state.map(() => null),
  })
  const compileTime = performance.now() - started
  const calls: Run['calls'][number][] = []
  const valueOf = (value: number, call: number): HostArray => {
    const declared = program.values[value]!
    if (declared.kind === 'call') throw new Error('a call is no input')
    return { ...declared.aval, data: inputValues(declared, `${program.seed} ${value} call ${call}`) }
  }
  const donated = program.donate || program.steps > 1
  let current = inputs.map((value) => valueOf(value, 0))
  try {
    for (let call = 0; call < CALLS; call++) {
      const fresh = inputs.map((value, i) => (state.includes(i) ? current[i]! : valueOf(value, call)))
      const rows = Array.from({ length: program.steps }, (_, step) =>
        args.map((value) => valueOf(value, call * program.steps + step)),
      )
      const written = fresh.map((value, i) => (donated && call > 0 && state.includes(i) ? null : value))
      const got = await prepared.call(written, rows.map((row) => row.map((value) => value.data[0]!))) // prettier-ignore
      let values = fresh.map(toReference)
      const bindings: Bindings[] = []
      const same = call === 0 || state.every((position) => position === null)
      let exact = (same ? known.get(call) : undefined) ?? []
      const needed = exact.length === 0
      for (const row of rows) {
        const bound = new Map(
          graph.parameters.map((leaf, i) => [leaf, values[i] ?? toReference(row[i - inputs.length]!)]),
        )
        bindings.push(bound)
        if (needed || program.steps > 1) exact = evaluateReference(graph.outputs, bound)
        values = values.map((value, i) => (state.includes(i) ? exact[state.indexOf(i)]! : value))
      }
      known.set(call, exact)
      calls.push({ got, bindings, exact })
      current = fresh.map((value, i) => (state.includes(i) ? got[state.indexOf(i)]! : value))
    }
  } finally {
    prepared.dispose()
  }
  return { calls, compileTime, code }
}

/** The greatest difference; infinite where an integer differs or a number is missing. */
function errorOf(got: HostArray, exact: ReferenceArray): number {
  if (got.data.length !== exact.data.length) return Infinity
  const float = isFloating(exact.dtype)
  let greatest = 0
  for (let i = 0; i < got.data.length; i++) {
    const difference = Math.abs(got.data[i]! - exact.data[i]!)
    if (difference === 0) continue
    if (!float || !Number.isFinite(difference)) return Infinity
    greatest = Math.max(greatest, difference)
  }
  return greatest
}

function floorOf(output: Tensor, { data }: ReferenceArray): number {
  const greatest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  // what a device may flush to zero is below any floor
  return FLOOR_PER_OPERATION * (4 + output.depth) * greatest + 2 ** -126
}

function worstOf(got: HostArray, exact: ReferenceArray): string {
  let worst = 0
  const apart = (i: number): number => {
    const difference = Math.abs(got.data[i]! - exact.data[i]!)
    return Number.isNaN(difference) ? Infinity : difference
  }
  for (let i = 1; i < got.data.length; i++) if (apart(i) > apart(worst)) worst = i
  return `element ${worst} is ${got.data[worst]}, expected ${exact.data[worst]}`
}

/** How far an output moves when every operation rounds to float32 at random. */
function spreadOf(
  { graph, state }: FuzzGraph,
  steps: readonly Bindings[],
  exact: ReferenceArray,
  output: number,
  seed: string,
  float32Sums: boolean,
): number {
  // prettier-ignore
  let greatest = 0
  for (let k = 0; k < ROUNDINGS; k++) {
    const random = randomOf(`rounding ${seed} ${k}`)
    let results: ReferenceArray[] = []
    for (const bindings of steps) {
      const bound = new Map(bindings)
      graph.parameters.forEach((leaf, i) => {
        if (results.length > 0 && state.includes(i)) bound.set(leaf, results[state.indexOf(i)]!)
      })
      results = evaluateRounded(graph, bound, random, float32Sums)
    }
    results[output]!.data.forEach((value, i) => {
      const difference = Math.abs(value - exact.data[i]!)
      greatest = Math.max(greatest, Number.isFinite(difference) ? difference : 0)
    })
  }
  return greatest
}

/** The CPU's products of panels; its other sums are kept in float64. */
const sumsInFloat32 = ({ backend }: Variant): boolean => backend.info['simd'] === true
