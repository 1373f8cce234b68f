// How many steps a submit gets, and how many submits are under way: from the times at which submits were sent and came back, and from
// the device's own clock where it has one.
// A device that reports late (Firefox looks for finished read-backs every 100 ms) gets more submits in flight, not longer ones.

/** A submit: its steps, when it was sent (milliseconds), and the steps under way right then, its own included. */
export interface Sent {
  readonly steps: number
  readonly sentAt: number
  readonly queued: number
}

/** What is under way. */
export interface UnderWay {
  readonly submits: number
  readonly steps: number
}

/** The rhythm of a trainer's submits. All times are in milliseconds. */
export interface Pace {
  /** Steps for the next submit, so that it takes the device `budget`. */
  readonly steps: (budget: number) => number
  /** Whether the next submit may be sent before one of those under way has come back. */
  readonly hasRoom: (budget: number, underWay: UnderWay) => boolean
  /** Tells of submits whose results came back together at `now`, oldest first. */
  readonly returned: (group: readonly Sent[], now: number) => void
  /** Tells how long the device worked at so many steps, by its own clock: from then on nothing else counts for the time of a step. */
  readonly measured: (steps: number, time: number) => void
  /** Tells how long a read-back took that waited for no step. */
  readonly probed: (time: number) => void
  /** The device's time for `steps` steps, as far as it is known; else 0. */
  readonly timeOf: (steps: number) => number
}

const LARGEST_SUBMIT = 512
const MOST_SUBMITS = 64
/** How much of what was known counts beside what is new. */
const MEMORY = 0.75
/** Device clocks are read in steps of 0.1 ms in browsers: less than this says little. */
const LEAST_MEASURED = 1
/** What a read-back may be believed to wait for nothing. */
const LONGEST_LATENCY = 150

/** A pace that knows nothing yet: the first submit has one step, and what is under way at most doubles per round trip. */
export function createPace(): Pace {
  // sums in which older submits count less and less: by when submits came back, and by the device's clock
  let [time, steps] = [0, 0]
  let [deviceTime, deviceSteps] = [0, 0]
  let window = 1
  let latency = 0
  let lastReturn = -Infinity

  const perStep = (): number => (deviceSteps > 0 ? deviceTime / deviceSteps : steps === 0 ? 0 : time / steps)
  const stepsFor = (budget: number): number => {
    const fitting = perStep() === 0 ? Infinity : budget / perStep()
    return Math.floor(Math.max(1, Math.min(fitting, LARGEST_SUBMIT, Math.ceil(window / 2))))
  }

  return {
    steps: stepsFor,
    hasRoom: (budget, underWay) => {
      if (underWay.submits === 0) return true
      if (underWay.steps + stepsFor(budget) > window || underWay.submits >= MOST_SUBMITS) return false
      return underWay.submits < 2 || underWay.steps * perStep() <= budget + latency
    },
    returned: (group, now) => {
      const first = group[0]
      if (first === undefined) return
      const wasIdle = first.sentAt >= lastReturn
      const elapsed = now - Math.max(first.sentAt, lastReturn)
      const count = group.reduce((total, sent) => total + sent.steps, 0)
      // an idle device was not at work while nothing but the report was waited for
      const atWork = wasIdle ? Math.min(elapsed, Math.max(elapsed - latency, count * perStep())) : elapsed
      time = MEMORY * time + atWork
      steps = MEMORY * steps + count
      window = group.reduce((most, sent) => Math.max(most, 2 * sent.queued), window)
      // What the oldest waited beyond the steps before it: a probe that the host held up is forgotten again. Several that come
      // back together say that there is a poll, which was missed by at most the oldest's own time.
      const missed = group.length > 1 ? first.steps * perStep() : 0
      const waited = Math.max(0, now - first.sentAt - first.queued * perStep()) + missed
      if (!wasIdle && waited < latency) latency = Math.max(waited, latency * 0.9)
      lastReturn = now
    },
    measured: (count, milliseconds) => {
      if (milliseconds < LEAST_MEASURED) return
      deviceTime = MEMORY * deviceTime + milliseconds
      deviceSteps = MEMORY * deviceSteps + count
    },
    probed: (measured) => {
      latency = Math.min(LONGEST_LATENCY, measured)
    },
    timeOf: (count) => count * perStep(),
  }
}
