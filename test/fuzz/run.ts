// Runs many programs: what the tests and scripts/fuzz.mjs share. A failure is reported with its seed and its shrunken program.

import type { Backend } from '../../src/backend/backend.ts'
import { FUSE_ALL, type FuseOptions } from '../../src/compiler/fuse.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { WEBGPU_LIKE } from '../conformance/forward.ts'
import { generateProgram } from './generate.ts'
import { checkProgram, type Outcome, type Variants } from './oracle.ts'
import { type FuzzProgram, liveValues, printProgram } from './program.ts'
import { shrinkProgram } from './shrink.ts'

const OFF: FuseOptions = { epilogues: false, rows: false }

/** A program that failed. */
export interface Failure {
  readonly seed: string
  /** What is wrong, and the shrunken program with what is wrong with that. */
  readonly report: string
}

/** What became of a series of programs. */
export interface Summary {
  readonly programs: number
  readonly operations: number
  readonly illConditioned: number
  readonly failures: readonly Failure[]
  /** The longest compilation in milliseconds, the longest code in characters, with their seeds. */
  readonly slowest: { readonly milliseconds: number; readonly seed: string }
  readonly longest: { readonly characters: number; readonly seed: string }
}

/** How a series is run. */
export interface SeriesOptions {
  readonly seed: string
  readonly first?: number
  readonly programs: number
  /** The most operations of a program. Default 40. */
  readonly operations?: number
  /** Stops after so many failures. Default 5. */
  readonly failures?: number
  /** Whether failures are shrunk. Default true. */
  readonly shrink?: boolean
  readonly onProgram?: (index: number, outcome: Outcome) => void
}

/** The variants of a program on the CPU: as itself and as the executor of programs for WebGPU, in plain JavaScript with poisoned slots. */
export function cpuVariants(): (index: number) => Variants {
  const cpu = createCpuBackend()
  const webgpu = createCpuBackend({ target: WEBGPU_LIKE, poison: true, simd: false })
  return (index) => ({
    plain: index % 2 === 0 ? { name: 'CPU, not fused', backend: cpu, fuse: OFF } : { name: 'WebGPU target, not fused', backend: webgpu, fuse: OFF }, // prettier-ignore
    lazy: false,
    fused: [
      { name: 'CPU, fused', backend: cpu, fuse: fuseOf(index) },
      { name: 'WebGPU target, fused', backend: webgpu, fuse: fuseOf(index) },
    ],
  })
}

/** The variants of a program on a device. */
export function deviceVariants(backend: Backend): (index: number) => Variants {
  return (index) => ({
    plain: { name: 'not fused', backend, fuse: OFF },
    lazy: true,
    fused: [{ name: 'fused', backend, fuse: fuseOf(index) }],
  })
}

/** Everything on, and now and then one level alone. */
const fuseOf = (index: number): FuseOptions =>
  index % 6 === 4 ? { epilogues: true, rows: false } : index % 6 === 5 ? { epilogues: false, rows: true } : FUSE_ALL

/** Runs a series of programs. */
export async function runSeries(variants: (index: number) => Variants, options: SeriesOptions): Promise<Summary> {
  const { seed, first = 0, programs, failures: most = 5, shrink = true } = options
  const limit = options.operations === undefined ? {} : { operations: options.operations }
  const failures: Failure[] = []
  let operations = 0
  let illConditioned = 0
  let slowest = { milliseconds: 0, seed: '' }
  let longest = { characters: 0, seed: '' }
  let index = first
  for (; index < first + programs && failures.length < most; index++) {
    const name = `${seed}/${index}`
    const program = generateProgram(name, limit)
    const outcome = await checkProgram(program, variants(index))
    operations += [...liveValues(program)].filter((value) => program.values[value]!.kind === 'call').length
    if (outcome.illConditioned) illConditioned++
    if (outcome.compileTime > slowest.milliseconds) slowest = { milliseconds: outcome.compileTime, seed: name }
    if (outcome.code > longest.characters) longest = { characters: outcome.code, seed: name }
    if (outcome.failure !== null) failures.push({ seed: name, report: await reportOf(program, outcome.failure, variants(index), shrink) }) // prettier-ignore
    options.onProgram?.(index, outcome)
  }
  return { programs: index - first, operations, illConditioned, failures, slowest, longest }
}

async function reportOf(program: FuzzProgram, failure: string, variants: Variants, shrink: boolean): Promise<string> {
  const whole = `${failure}\n${printProgram(program)}`
  if (!shrink) return whole
  const check = async (candidate: FuzzProgram): Promise<string | null> => {
    try {
      return (await checkProgram(candidate, variants)).failure
    } catch {
      return null // the smaller program is none: an operation refuses its operands
    }
  }
  const small = await shrinkProgram(program, async (candidate) => (await check(candidate)) !== null)
  return `${whole}\nshrunken: ${await check(small)}\n${printProgram(small)}`
}
