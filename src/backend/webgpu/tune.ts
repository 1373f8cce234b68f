// Tuning: Program -> TuningTable. For every shape class of the program's contractions the candidates are measured on the device,
// on the kernel itself, within a time budget; what was measured before comes from the cache. The table is data: programs compiled
// with it are the same each time.

import type { ContractionKernel } from '../../compiler/kernel.ts'
import type { Program } from '../../compiler/program.ts'
import { shapeClass } from '../../compiler/shapeClass.ts'
import { candidatesFor, type ContractionVariant, tuningTable } from '../../compiler/variants.ts'
import { DeviceError, DeviceLostError } from '../../core/errors.ts'
import type { Backend, Bindings, Executable, TuningOutcome } from '../backend.ts'
import { median } from '../timing.ts'
import { type ContractionMemory, contractionMemory, contractionProgram } from './contractionProgram.ts'
import { readMeasured, writeMeasured } from './tuneCache.ts'
import { printDispatch } from './wgsl.ts'

/** Milliseconds for one program. */
const BUDGET = { software: 1500, hardware: 300 } as const
/** Milliseconds that one measurement should take beyond what an empty one does: enough for the coarse clocks of browsers. */
const MEASUREMENT = 2
const MAX_REPEATS = 256
const ROUNDS = 5
/** After the first round, what is slower than the best by this factor is out. */
const FAR_BEHIND = 1.5
/** What a winner must save for the known variant to be left: less is noise. */
const LEAST_GAIN = 0.03
/** Multiplications below which a kernel is not worth measuring: submitting it takes longer. */
const LEAST_PRODUCTS = 2 ** 18
/** The most scratch memory; a contraction over more keeps the known variant. */
const MAX_SCRATCH_BYTES = 256 * 2 ** 20
/** Integers may be positions: a ramp makes them differ, as real ones do. Longer tensors stay 0. */
const LONGEST_RAMP = 2 ** 20

/**
 * A tuner of programs on a backend; `adapter` is all that is known of its adapter, as text. `budget` is in milliseconds for one
 * program, compiling included; a class that was begun is finished.
 */
export function createTuner(
  backend: Backend,
  adapter: string,
  budget: number = backend.target.software ? BUDGET.software : BUDGET.hardware,
): (program: Program) => Promise<TuningOutcome> {
  let known: Map<string, ContractionVariant> | null = null
  let queue: Promise<unknown> = Promise.resolve()

  const tune = async (program: Program): Promise<TuningOutcome> => {
    const { tuning } = program.target
    const wanted = worthTuning(program)
    if (wanted.length === 0) return { table: tuning, cached: 0, measured: 0 }
    known ??= await readMeasured(adapter)
    const deadline = performance.now() + budget
    const entries: Record<string, ContractionVariant> = { ...tuning.entries }
    const fresh = new Map<string, ContractionVariant>()
    let cached = 0
    for (const [shape, kernel] of wanted) {
      const earlier = known.get(shape)
      if (earlier !== undefined) cached++
      const found = earlier ?? (performance.now() < deadline ? await fastest(backend, kernel, tuning.fallback, deadline) : null) // prettier-ignore
      if (earlier === undefined && found !== null) fresh.set(shape, found)
      // also what time did not suffice for is fixed: another program with this table must not get another variant
      entries[shape] = found ?? tuning.fallback
    }
    if (fresh.size > 0) {
      fresh.forEach((variant, shape) => known!.set(shape, variant))
      await writeMeasured(adapter, fresh)
    }
    return { table: tuningTable(tuning.adapter, { fallback: tuning.fallback, entries }), cached, measured: fresh.size }
  }

  return (program) => {
    const result = queue.then(() => tune(program)) // two at once would disturb each other's clocks
    queue = result.catch(() => undefined)
    return result
  }
}

/** One kernel for every shape class that the table of the program does not list, most work first. */
function worthTuning({ dispatches, target }: Program): [string, ContractionKernel][] {
  const classes = new Map<string, { kernel: ContractionKernel; products: number }>()
  for (const kernel of dispatches.flatMap((dispatch) => dispatch.kernels)) {
    if (kernel.kind !== 'contraction') continue
    const products = [kernel.batch, kernel.m, kernel.n, kernel.k].reduce((size, { extent }) => size * extent, 1)
    const shape = shapeClass(kernel)
    if (products < LEAST_PRODUCTS || shape in target.tuning.entries) continue
    const other = classes.get(shape)
    classes.set(shape, { kernel: other?.kernel ?? kernel, products: products + (other?.products ?? 0) })
  }
  return [...classes]
    .sort(([, a], [, b]) => b.products - a.products)
    .map(([shape, { kernel }]): [string, ContractionKernel] => [shape, kernel])
}

/** The fastest variant for a kernel; null where the device has no memory to measure it. */
async function fastest(
  backend: Backend,
  kernel: ContractionKernel,
  fallback: ContractionVariant,
  deadline: number,
): Promise<ContractionVariant | null> {
  const memory = contractionMemory(kernel)
  if (memory.groups.reduce((a, b) => a + b, 0) > MAX_SCRATCH_BYTES) return null
  // many variants come to the same code for small or odd shapes; the fallback goes first, and stays where it is as good
  const bySource = new Map<string, ContractionVariant>()
  for (const variant of [fallback, ...candidatesFor(backend.target.software, backend.target)]) {
    const program = contractionProgram(kernel, variant, memory, backend.target)
    const { source } = printDispatch(program.dispatches[0]!, program)
    if (!bySource.has(source)) bySource.set(source, variant)
  }
  if (bySource.size === 1) return fallback
  const buffers: ReturnType<Backend['allocate']>[] = []
  try {
    for (const bytes of memory.groups) buffers.push(backend.allocate(bytes))
    const bindings: Bindings = {
      inputs: memory.placements.map(({ group, offset }) => ({ buffer: buffers[group]!, offset })),
      outputs: [],
      ring: null,
    }
    fillIntegers(backend, memory, bindings)
    const prepared = await Promise.allSettled(
      [...bySource.values()].map(async (variant) => {
        return {
          variant,
          executable: await backend.prepare(contractionProgram(kernel, variant, memory, backend.target)),
        }
      }),
    )
    const contenders = prepared.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    return await race(backend, contenders, bindings, memory.args.length, deadline)
  } catch (error) {
    if (error instanceof DeviceError && !(error instanceof DeviceLostError)) return null
    throw error
  } finally {
    buffers.forEach((buffer) => backend.free(buffer))
  }
}

function fillIntegers(backend: Backend, { inputs }: ContractionMemory, bindings: Bindings): void {
  inputs.forEach(({ aval, size }, i) => {
    if (size > LONGEST_RAMP || (aval.dtype !== 'int32' && aval.dtype !== 'uint32')) return
    const ramp = { length: size }
    const data = aval.dtype === 'int32' ? Int32Array.from(ramp, (_, at) => at) : Uint32Array.from(ramp, (_, at) => at)
    backend.write(bindings.inputs[i]!, aval, data)
  })
}

interface Contender {
  readonly variant: ContractionVariant
  readonly executable: Executable
}

/** Measures in rounds, each of which runs every contender once, and gives the fastest by median. */
async function race(
  backend: Backend,
  contenders: readonly Contender[],
  bindings: Bindings,
  args: number,
  deadline: number,
): Promise<ContractionVariant | null> {
  const [reference] = contenders
  if (reference === undefined) return null
  const row = { values: Array.from({ length: args }, () => 0), ringRow: 0 }
  const measure = async ({ executable }: Contender, repeats: number): Promise<number> => {
    const rows = Array.from({ length: repeats }, () => row)
    const started = performance.now()
    executable.run(bindings, rows)
    await backend.idle()
    return performance.now() - started
  }
  for (const contender of contenders) await measure(contender, 1) // the first run of a pipeline is slower
  const alone = await measure(reference, 1)
  let repeats = 1
  if (alone < 2 * MEASUREMENT) while (repeats < MAX_REPEATS && (await measure(reference, repeats)) < alone + MEASUREMENT) repeats *= 4 // prettier-ignore
  let running = contenders.map((contender) => ({ ...contender, times: [] as number[] }))
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < deadline); round++) {
    for (const contender of running) contender.times.push(await measure(contender, repeats))
    const best = Math.min(...running.map(({ times }) => median(times)))
    if (round === 0) running = running.filter(({ times }) => times[0]! <= FAR_BEHIND * best)
  }
  const best = running.reduce((x, y) => (median(y.times) < median(x.times) ? y : x))
  const first = running.find(({ variant }) => variant === reference.variant)
  const kept = first !== undefined && median(best.times) > (1 - LEAST_GAIN) * median(first.times)
  return kept ? reference.variant : best.variant
}
