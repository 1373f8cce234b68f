// How long the device works at what is queued, by its own clock: timestamps at the beginning and the end of every pass, resolved and
// read back behind them. A measurement costs a small copy, so that callers take one now and then.

import type { Stopwatch } from '../backend.ts'

/** Stopwatches that may run or wait for their result at once. */
const MOST = 4
/** Passes that one stopwatch can measure: more make it give up. */
const MOST_PASSES = 8
const BYTES = MOST_PASSES * 16

/** The clock of a device. */
export interface DeviceClock {
  /** Starts a stopwatch; null without timestamps, and while enough of them are out. A pass that is open must end first. */
  readonly start: () => Stopwatch | null
  /** What a pass that begins now writes down, if anything. */
  readonly timestamps: () => GPUComputePassTimestampWrites | undefined
  /** Says that everything encoded so far was submitted. */
  readonly submitted: () => void
}

interface Watch {
  readonly set: GPUQuerySet
  readonly resolved: GPUBuffer
  readonly staging: GPUBuffer
  passes: number
}

/** The clock of `device`; `encoder` gives the open command encoder, outside of any pass. */
export function createDeviceClock(device: GPUDevice, encoder: () => GPUCommandEncoder): DeviceClock {
  const hasClock = device.features.has('timestamp-query')
  const idle: Watch[] = []
  let made = 0
  let running: Watch | null = null
  let unsubmitted: (() => void)[] = []

  const make = (): Watch => {
    made++
    return {
      set: device.createQuerySet({ type: 'timestamp', count: 2 * MOST_PASSES }),
      resolved: device.createBuffer({ size: BYTES, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC }),
      staging: device.createBuffer({ size: BYTES, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
      passes: 0,
    }
  }

  const readingsOf = async ({ set, resolved, staging, passes }: Watch): Promise<BigUint64Array> => {
    const target = encoder()
    target.resolveQuerySet(set, 0, 2 * passes, resolved, 0)
    target.copyBufferToBuffer(resolved, 0, staging, 0, 16 * passes)
    await new Promise<void>((resolve) => unsubmitted.push(resolve))
    await staging.mapAsync(GPUMapMode.READ, 0, 16 * passes)
    const readings = new BigUint64Array(staging.getMappedRange(0, 16 * passes).slice(0))
    staging.unmap()
    return readings
  }

  return {
    start: () => {
      if (!hasClock || running !== null || (idle.length === 0 && made === MOST)) return null
      const watch = idle.pop() ?? make()
      watch.passes = 0
      running = watch
      const milliseconds = async (): Promise<number | null> => {
        if (running === watch) running = null
        if (watch.passes === 0 || watch.passes > MOST_PASSES) {
          idle.push(watch)
          return null
        }
        try {
          const readings = await readingsOf(watch)
          idle.push(watch)
          let nanoseconds = 0
          for (let i = 0; i < readings.length; i += 2) nanoseconds += Number(readings[i + 1]! - readings[i]!)
          return nanoseconds > 0 ? nanoseconds / 1e6 : null
        } catch {
          return null // a lost device: whoever waits for results is told
        }
      }
      return { milliseconds }
    },
    timestamps: () => {
      if (running === null || ++running.passes > MOST_PASSES) return undefined
      const first = 2 * (running.passes - 1)
      return { querySet: running.set, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 }
    },
    submitted: () => {
      const resolves = unsubmitted
      unsubmitted = []
      for (const resolve of resolves) resolve()
    },
  }
}
