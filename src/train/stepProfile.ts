// What trainer.profile() gives: a step's dispatches with their times, costs and origins.

import type { Backend, DispatchTime } from '../backend/backend.ts'
import type { Roofline } from '../runtime/roofline.ts'
import type { ProfiledKernel } from './profiledKernel.ts'

/** One dispatch of a step. */
export interface ProfiledDispatch extends DispatchTime {
  /** Its position in its program. */
  readonly index: number
  /** How often a step runs it: more than once where micro-batches share a program. */
  readonly timesPerStep: number
  readonly kernels: readonly ProfiledKernel[]
  /** Floating-point operations of the mathematics: a multiply-add is 2; tiles that compute something twice do more. */
  readonly flops: number
  /** Bytes of the distinct elements read and written: what a cold cache that holds everything would move. */
  readonly bytes: number
  /** FLOPs per byte. */
  readonly intensity: number
  /** Which of the device's bounds is the lower one at this intensity. */
  readonly bound: 'compute' | 'memory'
  /** The least time by that bound, over the time taken. Above 1 where data stays in a cache that is faster than the measured copy. */
  readonly share: number
  /** The code: WGSL, or JavaScript on the CPU. */
  readonly source: string
}

/** Where the time of a step goes. */
export interface StepProfile {
  readonly device: { readonly kind: Backend['kind']; readonly name: string }
  /** Samples of the step. */
  readonly batchSize: number
  /** Wall time of a step when many are run one after another. */
  readonly stepMilliseconds: number
  readonly samplesPerSecond: number
  /** The sum over the dispatches: less than the wall time by what the host and the gaps between dispatches take. */
  readonly dispatchMilliseconds: number
  readonly roofline: Roofline
  /** In the order in which they run. */
  readonly dispatches: readonly ProfiledDispatch[]
  /** The step's dispatches laid end to end, for chrome://tracing and ui.perfetto.dev: write `JSON.stringify(profile.trace())` to a file. */
  readonly trace: () => ChromeTrace
  /** All of it as a table. */
  readonly toString: () => string
}

/** An event of a trace; times are microseconds. */
export interface TraceEvent {
  readonly name: string
  /** `X`: a span; `M`: a name of a process or thread. */
  readonly ph: 'X' | 'M'
  readonly pid: number
  readonly tid: number
  readonly ts?: number
  readonly dur?: number
  readonly args: Readonly<Record<string, unknown>>
}

/** The trace-event format of Chrome and Perfetto, as an object for `JSON.stringify`. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms'
  readonly traceEvents: readonly TraceEvent[]
  readonly otherData: Readonly<Record<string, string | number>>
}
