// What repeated measurements say.

import type { DispatchTime } from './backend.ts'

/** The middle value (the upper of two); NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

/** The time of one execution, from measurements in milliseconds of `repeats` executions each. */
export function dispatchTime(measured: readonly number[], repeats: number, clock: DispatchTime['clock']): DispatchTime {
  return {
    milliseconds: median(measured) / repeats,
    leastMilliseconds: Math.min(...measured) / repeats,
    repeats,
    clock,
  }
}
