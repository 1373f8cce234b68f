// How long each dispatch of a program takes. With timestamps: one pass per dispatch, in the order of the program, so that every
// round is a whole run. Browsers quantise timestamps (Chrome to about 0.1 ms) and some adapters have none; then a dispatch is
// repeated until its time stands out. What the dispatches compute is left in the buffers: callers keep what they need.

import { DeviceError } from '../../core/errors.ts'
import type { DispatchTime } from '../backend.ts'
import { dispatchTime } from '../timing.ts'

/** The dispatches of a program, to be encoded one at a time. */
export interface ProfiledDispatches {
  readonly count: number
  /** Sends off what was queued, puts the argument row in place for the next submit, and gives its offset. */
  readonly begin: () => number
  readonly encode: (pass: GPUComputePassEncoder, index: number, repeats: number, offset: number) => void
}

/** A time is trusted from so many steps of the clock on: an error of at most 5 % at each end. */
const LEAST_TICKS = 20
const MAX_REPEATS = 1 << 14
/** A query set holds 4096 timestamps. */
const DISPATCHES_PER_SET = 2048
const HOST_MILLISECONDS = 10

/** Milliseconds per dispatch, medians over `rounds`. */
export async function profileDispatches(
  device: GPUDevice,
  dispatches: ProfiledDispatches,
  rounds: number,
): Promise<DispatchTime[]> {
  const times = device.features.has('timestamp-query') ? await byTimestamps(device, dispatches, rounds) : null
  return times ?? byHostClock(device, dispatches, rounds)
}

/** The step of a clock in nanoseconds, from its readings; 0 when it never moved. */
export function resolutionOf(readings: readonly bigint[]): number {
  const first = readings[0] ?? 0n
  let step = 0n
  for (const reading of readings) {
    let [a, b] = [step, reading > first ? reading - first : first - reading]
    while (b !== 0n) [a, b] = [b, a % b]
    step = a
  }
  return Number(step)
}

/** How often to repeat what took `nanoseconds` for `repeats`, so that it stands out from the clock's `resolution`. */
export function nextRepeats(nanoseconds: number, repeats: number, resolution: number): number {
  const wanted = LEAST_TICKS * resolution
  if (nanoseconds >= wanted) return repeats
  // a quarter of the clock's step is the least that a reading of nothing can stand for
  const factor = wanted / Math.max(nanoseconds, resolution / 4)
  return Math.min(MAX_REPEATS, Math.ceil(repeats * Math.min(16, factor * 1.2)))
}

/** Null when the timestamps cannot be used: they do not move, or backwards. */
async function byTimestamps(
  device: GPUDevice,
  dispatches: ProfiledDispatches,
  rounds: number,
): Promise<DispatchTime[] | null> {
  const clock = createClock(device, Math.min(DISPATCHES_PER_SET, dispatches.count))
  try {
    let repeats = Array.from({ length: dispatches.count }, () => 1)
    const readings: bigint[] = []
    const round = async (): Promise<number[]> => {
      const spans: number[] = []
      for (let from = 0; from < dispatches.count; from += DISPATCHES_PER_SET) {
        const taken = await clock.run(dispatches, repeats.slice(from, from + DISPATCHES_PER_SET), from)
        readings.push(...taken)
        for (let i = 0; i < taken.length; i += 2) spans.push(Number(taken[i + 1]! - taken[i]!))
      }
      return spans
    }
    await round() // warms up
    const spans: number[][] = []
    while (spans.length === 0) {
      const first = await round()
      const resolution = resolutionOf(readings) || 100_000
      const next = repeats.map((count, i) => nextRepeats(first[i]!, count, resolution))
      if (next.every((count, i) => count === repeats[i])) spans.push(first)
      repeats = next
    }
    while (spans.length < rounds) spans.push(await round())
    const times = repeats.map((count, i) => dispatchTime(spans.map((one) => one[i]! / 1e6), count, 'device')) // prettier-ignore
    return times.every(({ milliseconds }) => milliseconds > 0) ? times : null
  } finally {
    clock.dispose()
  }
}

/** Timestamps around passes of one dispatch each. */
function createClock(device: GPUDevice, capacity: number) {
  const bytes = Math.max(1, capacity) * 16
  const set = device.createQuerySet({ type: 'timestamp', count: Math.max(1, capacity) * 2 })
  const resolved = device.createBuffer({ size: bytes, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC })
  const staging = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  return {
    /** Runs the dispatches from `from` on, each repeated; gives the readings before and after each. */
    run: async ({ begin, encode }: ProfiledDispatches, repeats: readonly number[], from: number): Promise<bigint[]> => {
      const offset = begin()
      const encoder = device.createCommandEncoder()
      repeats.forEach((count, i) => {
        const timestampWrites = { querySet: set, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 }
        const pass = encoder.beginComputePass({ timestampWrites })
        encode(pass, from + i, count, offset)
        pass.end()
      })
      const size = repeats.length * 16
      encoder.resolveQuerySet(set, 0, repeats.length * 2, resolved, 0)
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, size)
      device.queue.submit([encoder.finish()])
      try {
        await staging.mapAsync(GPUMapMode.READ, 0, size)
      } catch (error) {
        throw new DeviceError(`timestamps could not be read back: ${String(error)}`)
      }
      const readings = [...new BigUint64Array(staging.getMappedRange(0, size))]
      staging.unmap()
      return readings
    },
    dispose: () => {
      set.destroy()
      resolved.destroy()
      staging.destroy()
    },
  }
}

/** Differences between one execution and many, waited for: what submitting and waiting takes cancels out. */
async function byHostClock(
  device: GPUDevice,
  { count, begin, encode }: ProfiledDispatches,
  rounds: number,
): Promise<DispatchTime[]> {
  const measure = async (index: number, repeats: number): Promise<number> => {
    const offset = begin()
    await device.queue.onSubmittedWorkDone()
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    encode(pass, index, repeats, offset)
    pass.end()
    const started = performance.now()
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    return performance.now() - started
  }
  const times: DispatchTime[] = []
  for (let index = 0; index < count; index++) {
    await measure(index, 1) // warms up
    const alone = await measure(index, 1)
    const wanted = Math.max(HOST_MILLISECONDS, alone / 2)
    let repeats = 1
    while (repeats < MAX_REPEATS && (await measure(index, 1 + repeats)) - alone < wanted) repeats *= 4
    const measured: number[] = []
    for (let i = 0; i < rounds; i++) {
      const many = await measure(index, 1 + repeats)
      const difference = many - (await measure(index, 1))
      // other work on the machine may have held up the one; all of the many bound what they took
      measured.push(difference > 0 ? difference : (many * repeats) / (1 + repeats))
    }
    times.push(dispatchTime(measured, repeats, 'host'))
  }
  return times
}
