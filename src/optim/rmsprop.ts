// RMSprop with PyTorch's semantics.

import { add, div, mul, square, sub } from '../ops/arithmetic.ts'
import { sqrt } from '../ops/elementary.ts'
import { checkRange, type Optimizer, optimizer } from './optimizer.ts'
import type { Schedule } from './schedules.ts'

/** Options of `rmsprop`. */
export interface RmspropOptions {
  /** Default 0.01. */
  readonly learningRate?: number | Schedule
  /** How much of the mean of the squares is kept per step; default 0.99. */
  readonly decay?: number
  /** Added to the root of that mean; default 1e-8. */
  readonly epsilon?: number
  /** Default 0: none. */
  readonly momentum?: number
  /** The factor of the parameters that is added to their gradients (L2); default 0. */
  readonly weightDecay?: number
}

/**
 * `s ← decay s + (1 - decay) g²; w ← w - learningRate g / (√s + epsilon)`. Tieleman and Hinton, 2012. State `{ meanSquare }`, and
 * `velocity` with momentum.
 * @throws ArgumentError for options out of range.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { learningRate = 0.01, decay = 0.99, epsilon = 1e-8, momentum = 0, weightDecay = 0 } = options
  checkRange('rmsprop', 'decay', decay, 0, 1)
  checkRange('rmsprop', 'epsilon', epsilon, 0)
  checkRange('rmsprop', 'momentum', momentum, 0, 1)
  checkRange('rmsprop', 'weightDecay', weightDecay, 0)

  const slots = momentum === 0 ? ['meanSquare'] : ['meanSquare', 'velocity']
  return optimizer('rmsprop', learningRate, slots, (leaf, meanSquare, velocity) => {
    const gradient = weightDecay === 0 ? leaf.gradient : add(leaf.gradient, mul(leaf.parameter, weightDecay))
    const next = add(mul(meanSquare!, decay), mul(square(gradient), 1 - decay))
    const scaled = div(gradient, add(sqrt(next), epsilon))
    if (velocity === undefined) return [sub(leaf.parameter, mul(scaled, leaf.learningRate)), next]
    const moved = add(mul(velocity, momentum), scaled)
    return [sub(leaf.parameter, mul(moved, leaf.learningRate)), next, moved]
  })
}
