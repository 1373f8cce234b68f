// Submits under way: steps that were encoded and sent off with the read-back of their metrics. There are never more steps under
// way than the ring has rows; nothing here waits but `land`.

import type { RuntimeDevice } from '../runtime/device.ts'
import { readRing, type Ring } from '../runtime/replay.ts'
import { createPace, type Sent } from './pace.ts'
import type { StepRecord } from './report.ts'
import { yieldToHost } from './yield.ts'

/** A step that was encoded: what is known of it before it has run, and its row of the ring. */
export interface EncodedStep {
  readonly record: Omit<StepRecord, 'values'>
  readonly ringRow: number
}

/** The submits of a trainer. Budgets are milliseconds of device time per submit. */
export interface Flights {
  /** Steps under way. */
  readonly steps: () => number
  /** The device's time for them, in milliseconds, as far as it is known. */
  readonly time: () => number
  /** Whether another submit may be sent now, and how many steps it should have; 0 if none. */
  readonly room: (budget: number) => number
  /** Encodes steps by `encode` and submits them. */
  readonly send: (encode: () => readonly EncodedStep[]) => void
  /** Waits for the oldest submit; gives the values of its steps, and of all that came back with it. */
  readonly land: () => Promise<StepRecord[]>
}

interface Flight {
  readonly sent: Sent
  readonly records: Promise<StepRecord[]>
  returnedAt: number | null
}

/** After how many milliseconds the time of an empty read-back is measured again. */
const PROBE_EVERY = 500

/** The first submits are all measured by the device's clock, later ones now and then: measuring costs a small copy. */
const MEASURED_FIRST = 8
const MEASURED_EVERY = 8

/** As many submits are under way at most where read-backs come soon. */
export const USUAL_SUBMITS = 8

/** No submit yet. */
export function createFlights(device: RuntimeDevice, ring: Ring): Flights {
  const pace = createPace()
  const flights: Flight[] = []
  const count = (): number => flights.reduce((total, { sent }) => total + sent.steps, 0)
  let probes = 0
  let nextProbe = -Infinity
  let sends = 0

  /** Measures how long a read-back takes that waits for nothing: the one before the first steps that an idle device gets. */
  const probe = async (): Promise<void> => {
    const sentAt = performance.now()
    nextProbe = sentAt + PROBE_EVERY
    probes++
    await device.backend.read({ buffer: ring.buffer, offset: 0 }, { shape: [1], dtype: 'float32' })
    pace.probed(performance.now() - sentAt)
  }

  const valuesOf = async (steps: readonly EncodedStep[]): Promise<StepRecord[]> => {
    const data = await readRing(device, ring, steps[0]!.ringRow, steps.at(-1)!.ringRow)
    return steps.map(({ record }, i) => {
      return { ...record, values: Array.from(data.subarray(i * ring.columns, (i + 1) * ring.columns)) }
    })
  }

  return {
    steps: count,
    time: () => pace.timeOf(count()),
    room: (budget) => {
      // a device that runs at the call has done its work when the call returns
      if (flights.length > 0 && device.kind === 'cpu') return 0
      const steps = count()
      if (!pace.hasRoom(budget, { submits: flights.length, steps })) return 0
      // a row of the ring is written again only when its step has landed
      return Math.min(pace.steps(budget), ring.rows - steps)
    },
    send: (encode) => {
      const sentAt = performance.now()
      // twice at first: only the second is sure to begin right after a poll
      if (device.kind !== 'cpu' && flights.length === 0 && (probes < 2 || sentAt > nextProbe))
        void probe().catch(() => undefined) // the steps' own read-back reports it
      const isMeasured = sends < MEASURED_FIRST || sends % MEASURED_EVERY === 0
      sends++
      const stopwatch = isMeasured ? (device.backend.stopwatch?.() ?? null) : null
      const steps = encode()
      void stopwatch?.milliseconds().then((time) => {
        if (time !== null) pace.measured(steps.length, time)
      })
      const flight: Flight = {
        sent: { steps: steps.length, sentAt, queued: count() + steps.length },
        records: valuesOf(steps),
        returnedAt: null,
      }
      flight.records.then(
        () => {
          flight.returnedAt = performance.now()
        },
        () => undefined, // reported by land()
      )
      flights.push(flight)
    },
    land: async () => {
      const first = flights[0]
      if (first === undefined) return []
      try {
        await first.records
      } catch (error) {
        flights.shift()
        throw error
      }
      await yieldToHost()
      const waiting = flights.findIndex(({ returnedAt }) => returnedAt === null)
      const back = flights.splice(0, waiting === -1 ? flights.length : waiting)
      const last = back.at(-1)
      if (last !== undefined) pace.returned(back.map(({ sent }) => sent), last.returnedAt!) // prettier-ignore
      return (await Promise.all(back.map(({ records }) => records))).flat()
    },
  }
}
