// How long each dispatch takes on the CPU: the clock before and after, repeated where it is too coarse for one execution.

import type { DispatchTime } from '../backend.ts'
import { dispatchTime } from '../timing.ts'

/** Pages see a clock of 0.005 to 0.1 ms. */
const LEAST_MILLISECONDS = 1
const MAX_REPEATS = 1 << 14

/** Milliseconds per dispatch, medians over `rounds`, each of which runs all of them in order. */
export function profileOnHost(dispatches: readonly (() => void)[], rounds: number): DispatchTime[] {
  const measure = (dispatch: () => void, repeats: number): number => {
    const started = performance.now()
    for (let i = 0; i < repeats; i++) dispatch()
    return performance.now() - started
  }
  // JavaScript engines compile what runs often: the rounds that find out how often to repeat warm up too
  const repeats = dispatches.map((dispatch) => {
    let count = 1
    while (count < MAX_REPEATS && measure(dispatch, count) < LEAST_MILLISECONDS) count *= 2
    return count
  })
  const measured = Array.from({ length: rounds }, () => dispatches.map((dispatch, i) => measure(dispatch, repeats[i]!)))
  return repeats.map((count, i) => {
    return dispatchTime(measured.map((round) => round[i]!), count, 'host') // prettier-ignore
  })
}
