// How often the greatest logit is at the label.

import type { Tensor } from '../ir/tensor.ts'
import { cast, equal } from '../ops/arithmetic.ts'
import { labelKind } from '../ops/labels.ts'
import { argMax } from '../ops/reductions.ts'

/**
 * 1 where the first greatest logit is the label's class, else 0, as float32: logits `[..., C]` and integer labels `[...]`, or
 * probabilities `[..., C]`, of which the greatest counts. Gives `[...]`.
 * @throws ShapeError or DTypeError when labels do not fit the logits.
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  const expected = labelKind('accuracy', logits, labels) === 'indices' ? labels : argMax(labels)
  return cast(equal(argMax(logits), expected), 'float32')
}
