// debug.nans: numerical debugging. The work is done by the runtime, which sees every run; this is its switch.

import { ArgumentError } from '../core/errors.ts'
import { watchNonFinite } from '../runtime/nonFinite.ts'

/**
 * While it is on, a value that turns NaN or infinite is an error that names the operation which made it of finite inputs, the line
 * that called it, the shapes and values of its inputs, and the result in which it was found. Reading, `realize`, the results of `jit`, a
 * trainer's steps, `evaluate` and `predict` throw it. It says what is meant, not what is allowed: infinities that were given (a mask of
 * -Infinity) and are only passed on, and values that no result depends on, are no errors.
 *
 * It covers what is asked for from this call on; compiled functions and trainers made before are covered too. Everything runs as
 * compiled, but results are read back after each run, and a trainer waits for each step; after a finding the operations run again one
 * by one on the CPU, each result rounded to its dtype. A failed trainer step leaves its state as the step made it: go back to a
 * checkpoint. Off (the default) it costs nothing. In a bundle, where wgrad's code cannot be told from the caller's, no line is named.
 * @throws ArgumentError unless `on` is a boolean.
 */
export function nans(on: boolean): void {
  if (typeof on !== 'boolean') throw new ArgumentError(`debug.nans: expected true or false, got ${String(on)}`)
  watchNonFinite(on)
}
