// Learning rate schedules: functions on the host from a step number, counted from 0, to a rate. The rate is an argument of each
// step, so a schedule is no part of a compiled program.

import { ArgumentError } from '../core/errors.ts'

/** The learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number

/** The learning rate of a step, from a number or a schedule. */
export function learningRateAt(learningRate: number | Schedule, step: number): number {
  return typeof learningRate === 'number' ? learningRate : learningRate(step)
}

function check(schedule: string, options: Readonly<Record<string, number>>, positive: readonly string[] = []): void {
  for (const [option, value] of Object.entries(options)) {
    const fits =
      typeof value === 'number' && Number.isFinite(value) && (positive.includes(option) ? value > 0 : value >= 0)
    if (fits) continue
    throw new ArgumentError(
      `schedules.${schedule}: ${option} must be a ${positive.includes(option) ? 'positive number' : 'number >= 0'}, got ${value}`,
    )
  }
}

/** The same rate always. */
export function constant(rate: number): Schedule {
  check('constant', { rate })
  return () => rate
}

/** Options of `stepDecay` and `exponentialDecay`: the rate is multiplied by `factor` over `every` steps. */
export interface DecayOptions {
  readonly rate: number
  readonly factor: number
  readonly every: number
}

/** `rate · factor^⌊step / every⌋`. */
export function stepDecay({ rate, factor, every }: DecayOptions): Schedule {
  check('stepDecay', { rate, factor, every }, ['every'])
  return (step) => rate * factor ** Math.floor(step / every)
}

/** `rate · factor^(step / every)`. */
export function exponentialDecay({ rate, factor, every }: DecayOptions): Schedule {
  check('exponentialDecay', { rate, factor, every }, ['every'])
  return (step) => rate * factor ** (step / every)
}

/** Options of `cosineDecay`. */
export interface CosineDecayOptions {
  readonly rate: number
  /** After how many steps the final rate is reached. */
  readonly steps: number
  /** The rate from then on; default 0. */
  readonly final?: number
}

/** From `rate` to `final` along half a cosine wave. Loshchilov and Hutter, 2017. */
export function cosineDecay({ rate, steps, final = 0 }: CosineDecayOptions): Schedule {
  check('cosineDecay', { rate, steps, final }, ['steps'])
  return (step) => final + ((rate - final) * (1 + Math.cos(Math.PI * Math.min(step / steps, 1)))) / 2
}

/** Options of `linearWarmup`. */
export interface WarmupOptions {
  /** How many steps the warm-up takes. */
  readonly steps: number
  /** What follows: a rate, or a schedule that counts its steps from the end of the warm-up. */
  readonly after: number | Schedule
}

/** Rises evenly to the first rate of `after`, which step `steps - 1` has; step 0 has `1 / steps` of it. */
export function linearWarmup({ steps, after }: WarmupOptions): Schedule {
  check('linearWarmup', typeof after === 'number' ? { steps, after } : { steps }, ['steps'])
  const target = learningRateAt(after, 0)
  return (step) => (step < steps ? (target * (step + 1)) / steps : learningRateAt(after, step - steps))
}
