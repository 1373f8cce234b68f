// trainer.profile(): where the time of a step goes. The step at hand is run for real on the trainer's own buffers, which are put
// back afterwards; every dispatch is timed alone and held against what the device could do (runtime/roofline.ts).

import type { Backend, DeviceBuffer, DispatchTime, Place } from '../backend/backend.ts'
import { costOf } from '../compiler/cost.ts'
import { storesOf } from '../compiler/kernel.ts'
import { deviceBytes } from '../compiler/memory.ts'
import { ArgumentError } from '../core/errors.ts'
import { rooflineOf, shareOf } from '../runtime/roofline.ts'
import { describeKernel } from './profiledKernel.ts'
import { profileText, traceOf } from './profileText.ts'
import type { ProfiledDispatch, StepProfile } from './stepProfile.ts'
import type { Call } from './tap.ts'

/** Options of `trainer.profile()`. */
export interface ProfileOptions {
  /** How often every dispatch is timed, and the least number of steps over which the wall time is taken. Default: 10, of long steps 3. */
  readonly steps?: number
}

/** The step to profile. */
export interface StepToProfile {
  readonly calls: readonly Call[]
  readonly batchSize: number
}

/** Rounds, unless the caller says how many: fewer for long steps. */
const MOST_ROUNDS = 10
const LEAST_ROUNDS = 3
const ROUNDS_MILLISECONDS = 1000
const ENOUGH_MILLISECONDS = 100
const SUBMIT_MILLISECONDS = 50
const MOST_STEPS = 4096

/**
 * Times a step. What its programs write is put back before this resolves, so that training goes on as if nothing had been run;
 * meanwhile the device holds the state twice.
 * @throws ArgumentError when `steps` is no positive integer; DeviceError as the device gives it.
 */
export async function profileStep(
  backend: Backend,
  step: StepToProfile,
  options: ProfileOptions,
): Promise<StepProfile> {
  const { steps } = options
  if (steps !== undefined && (!Number.isInteger(steps) || steps < 1))
    throw new ArgumentError(`profile: steps must be an integer of at least 1, got ${steps}`)
  const { calls, batchSize } = step
  const roofline = await rooflineOf(backend)
  const kept = await keepWritten(backend, calls)
  const timed = new Map<Call['executable'], readonly DispatchTime[]>()
  let wall: Awaited<ReturnType<typeof wallTime>>
  try {
    wall = await wallTime(backend, calls, steps)
    for (const { executable, bindings, row } of calls) {
      kept.restore()
      if (!timed.has(executable)) timed.set(executable, await executable.profile(bindings, row, wall.rounds))
    }
  } finally {
    kept.restore()
    await backend.idle()
    kept.release()
  }
  const dispatches = [...timed].flatMap(([executable, times]) => {
    const timesPerStep = calls.filter((call) => call.executable === executable).length
    const { program } = executable
    const sources = executable.sources()
    return program.dispatches.map(({ kernels }, index): ProfiledDispatch => {
      const { flops, bytesRead, bytesWritten } = costOf(kernels)
      const bytes = bytesRead + bytesWritten
      const time = times[index]!
      return {
        index,
        timesPerStep,
        kernels: kernels.map((kernel) => describeKernel(kernel, program)),
        ...time,
        flops,
        bytes,
        intensity: flops / bytes,
        bound: flops / roofline.flopsPerSecond > bytes / roofline.bytesPerSecond ? 'compute' : 'memory',
        share: shareOf(roofline, flops, bytes, time.milliseconds / 1000),
        source: sources[index]!,
      }
    })
  })
  const profile = {
    device: { kind: backend.kind, name: backend.name },
    batchSize,
    stepMilliseconds: wall.stepMilliseconds,
    samplesPerSecond: (1000 * batchSize) / wall.stepMilliseconds,
    dispatchMilliseconds: dispatches.reduce((sum, one) => sum + one.milliseconds * one.timesPerStep, 0),
    roofline,
    dispatches,
  }
  return { ...profile, trace: () => traceOf(profile), toString: () => profileText(profile) }
}

/** Milliseconds of a step, over at least `least` steps if that is said, and the rounds in which dispatches are to be timed. */
async function wallTime(
  backend: Backend,
  calls: readonly Call[],
  least: number | undefined,
): Promise<{ readonly stepMilliseconds: number; readonly rounds: number }> {
  let stepsPerSubmit = 1
  const run = async (steps: number): Promise<number> => {
    const started = performance.now()
    for (let i = 1; i <= steps; i++) {
      for (const { executable, bindings, row } of calls) executable.run(bindings, [row])
      if (i % stepsPerSubmit === 0) backend.flush()
    }
    await backend.idle()
    return performance.now() - started
  }
  await run(1) // warms up
  const one = await run(1)
  const rounds = least ?? Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, Math.floor(ROUNDS_MILLISECONDS / one)))
  stepsPerSubmit = Math.max(1, Math.floor(SUBMIT_MILLISECONDS / one))
  let steps = Math.min(least ?? 1, MOST_STEPS)
  for (;;) {
    const elapsed = steps === 1 && one >= ENOUGH_MILLISECONDS ? one : await run(steps)
    if (elapsed >= ENOUGH_MILLISECONDS || steps >= MOST_STEPS) return { stepMilliseconds: elapsed / steps, rounds }
    steps = Math.min(MOST_STEPS, Math.max(2 * steps, Math.ceil((1.2 * steps * ENOUGH_MILLISECONDS) / elapsed)))
    stepsPerSubmit = Math.max(stepsPerSubmit, Math.floor((SUBMIT_MILLISECONDS * steps) / (2 * ENOUGH_MILLISECONDS)))
  }
}

/** Copies of everything that the calls write and that outlives them: state and the metrics ring. */
async function keepWritten(backend: Backend, calls: readonly Call[]) {
  const places = new Map<string, { readonly place: Place; readonly bytes: number }>()
  const add = (place: Place, bytes: number): void => {
    places.set(`${place.buffer.id}:${place.offset}`, { place, bytes })
  }
  for (const { executable, bindings } of calls) {
    const { dispatches, locations } = executable.program
    for (const { target } of dispatches.flatMap(({ kernels }) => kernels.flatMap(storesOf))) {
      const location = locations.get(target)
      if (location?.space === 'input') add(bindings.inputs[location.index]!, deviceBytes(target.aval))
      if (location?.space === 'output') add(bindings.outputs[location.index]!, deviceBytes(target.aval))
    }
    if (bindings.ring !== null) add({ buffer: bindings.ring, offset: 0 }, bindings.ring.bytes)
  }
  const copies: { readonly from: Place; readonly buffer: DeviceBuffer; readonly bytes: number }[] = []
  const release = (): void => copies.forEach(({ buffer }) => backend.free(buffer))
  try {
    for (const { place, bytes } of places.values()) copies.push({ from: place, buffer: backend.allocate(bytes), bytes })
    for (const { from, buffer, bytes } of copies) backend.copy(from, { buffer, offset: 0 }, bytes)
    await backend.idle()
  } catch (error) {
    release()
    throw error
  }
  const restore = (): void =>
    copies.forEach(({ from, buffer, bytes }) => backend.copy({ buffer, offset: 0 }, from, bytes))
  return { restore, release }
}
