// What losses have in common: an option that turns values per sample into their mean or sum.

import { ArgumentError } from '../core/errors.ts'
import type { Tensor } from '../ir/tensor.ts'
import { div, greater, where } from './arithmetic.ts'
import { mean, sum } from './reductions.ts'

/** `none` (the default): one value per sample; `mean` and `sum` reduce over all samples. */
export type Reduction = 'none' | 'mean' | 'sum'

/** Options of every loss. */
export interface LossOptions {
  readonly reduction?: Reduction
}

/**
 * Values per sample, reduced as the options say.
 * @throws ArgumentError for an unknown reduction.
 */
export function reduceLoss(operation: string, perSample: Tensor, { reduction = 'none' }: LossOptions): Tensor {
  switch (reduction) {
    case 'none':
      return perSample
    case 'mean':
      return mean(perSample)
    case 'sum':
      return sum(perSample)
    default:
      throw new ArgumentError(
        `${operation}: reduction must be 'none', 'mean' or 'sum', got ${JSON.stringify(reduction)}`,
      )
  }
}

/** `Σ loss / Σ weight`, the losses being weighted already; 0 where all weights are 0. */
export function weightedMean(losses: Tensor, weights: Tensor): Tensor {
  const total = sum(weights)
  const any = greater(total, 0)
  return where(any, div(sum(losses), where(any, total, 1)), 0)
}
