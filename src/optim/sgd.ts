// Stochastic gradient descent with PyTorch's semantics: the velocity is not scaled by the learning rate, so that a new rate scales
// the whole step.

import { ArgumentError } from '../core/errors.ts'
import { add, mul, sub } from '../ops/arithmetic.ts'
import { checkRange, type Optimizer, optimizer } from './optimizer.ts'
import type { Schedule } from './schedules.ts'

/** Options of `sgd`. */
export interface SgdOptions {
  /** Default 0.01. */
  readonly learningRate?: number | Schedule
  /** Default 0: none. */
  readonly momentum?: number
  /** Nesterov's momentum; default false. */
  readonly nesterov?: boolean
  /** The factor of the parameters that is added to their gradients (L2); default 0. */
  readonly weightDecay?: number
}

/**
 * `g ← g + weightDecay w; v ← momentum v + g; w ← w - learningRate v` (with Nesterov `w ← w - learningRate (g + momentum v)`).
 * State `{ velocity }`, or `{}` without momentum.
 * @throws ArgumentError for options out of range.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options
  checkRange('sgd', 'momentum', momentum, 0, 1)
  checkRange('sgd', 'weightDecay', weightDecay, 0)
  if (nesterov && momentum === 0) throw new ArgumentError('sgd: nesterov needs a momentum above 0, e.g. momentum: 0.9')

  return optimizer('sgd', learningRate, momentum === 0 ? [] : ['velocity'], (leaf, velocity) => {
    const gradient = weightDecay === 0 ? leaf.gradient : add(leaf.gradient, mul(leaf.parameter, weightDecay))
    if (velocity === undefined) return [sub(leaf.parameter, mul(gradient, leaf.learningRate))]
    const next = add(mul(velocity, momentum), gradient)
    const direction = nesterov ? add(gradient, mul(next, momentum)) : next
    return [sub(leaf.parameter, mul(direction, leaf.learningRate)), next]
  })
}
