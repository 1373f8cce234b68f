// Adam and AdamW with PyTorch's semantics. The bias corrections come from the step number, a tensor, so that no step is baked in.

import type { Tensor } from '../ir/tensor.ts'
import { add, div, mul, neg, square, sub } from '../ops/arithmetic.ts'
import { expm1, sqrt } from '../ops/elementary.ts'
import { checkRange, type Optimizer, optimizer } from './optimizer.ts'
import type { Schedule } from './schedules.ts'

/** Options of `adam` and `adamw`. */
export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number | Schedule
  /** How much of the mean of the gradients is kept per step; default 0.9. */
  readonly beta1?: number
  /** How much of the mean of their squares is kept per step; default 0.999. */
  readonly beta2?: number
  /** Added to the root of the mean of the squares; default 1e-8. */
  readonly epsilon?: number
  /** Default 0 for `adam`, where it is added to the gradient (L2), and 0.01 for `adamw`, where it shrinks the parameters. */
  readonly weightDecay?: number
}

/** `1 - beta^count`, accurate also where beta^count is close to 1. */
function correction(beta: number, count: Tensor): Tensor | number {
  return beta === 0 ? 1 : neg(expm1(mul(count, Math.log(beta))))
}

function adamWith(name: string, options: AdamOptions, decoupled: boolean): Optimizer {
  const {
    learningRate = 1e-3,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = decoupled ? 0.01 : 0,
  } = options
  checkRange(name, 'beta1', beta1, 0, 1)
  checkRange(name, 'beta2', beta2, 0, 1)
  checkRange(name, 'epsilon', epsilon, 0)
  checkRange(name, 'weightDecay', weightDecay, 0)

  return optimizer(name, learningRate, ['mean', 'variance'], (leaf, mean, variance) => {
    const decays = weightDecay !== 0
    const gradient = decays && !decoupled ? add(leaf.gradient, mul(leaf.parameter, weightDecay)) : leaf.gradient
    const parameter =
      decays && decoupled ? mul(leaf.parameter, sub(1, mul(leaf.learningRate, weightDecay))) : leaf.parameter
    const nextMean = add(mul(mean!, beta1), mul(gradient, 1 - beta1))
    const nextVariance = add(mul(variance!, beta2), mul(square(gradient), 1 - beta2))
    const deviation = add(div(sqrt(nextVariance), sqrt(correction(beta2, leaf.count))), epsilon)
    const rate = div(leaf.learningRate, correction(beta1, leaf.count))
    return [sub(parameter, mul(rate, div(nextMean, deviation))), nextMean, nextVariance]
  })
}

/**
 * Adam: `w ← w - learningRate m̂ / (√v̂ + epsilon)` with bias-corrected means `m̂` of the gradients and `v̂` of their squares.
 * Kingma and Ba, 2015. State `{ mean, variance }`.
 * @throws ArgumentError for options out of range.
 */
export const adam = (options: AdamOptions = {}): Optimizer => adamWith('adam', options, false)

/**
 * Adam whose weight decay does not pass through the means: `w ← (1 - learningRate weightDecay) w` first. Loshchilov and Hutter, 2019.
 * @throws ArgumentError for options out of range.
 */
export const adamw = (options: AdamOptions = {}): Optimizer => adamWith('adamw', options, true)
