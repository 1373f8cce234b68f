// What losses and metrics ask of class labels: integer indices of the logits' leading shape, or probabilities of the logits' own
// shape. Anything else is an error that says how to get there.

import { formatAval } from '../core/aval.ts'
import { isFloating, isInteger } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'

/** How labels name the class: by its index, or by a probability of each class (one-hot among them). */
export type LabelKind = 'indices' | 'probabilities'

/**
 * Which kind of labels these are for logits `[..., C]`: integers `[...]` or floats `[..., C]`.
 * @throws ShapeError when the shapes do not fit, DTypeError when the dtypes do not.
 */
export function labelKind(operation: string, logits: Tensor, labels: Tensor): LabelKind {
  const fail = (remedy: string): never => {
    throw new ShapeError(
      `${operation}: labels ${formatAval(labels.aval)} do not fit logits ${formatAval(logits.aval)}: ${remedy}`,
    )
  }
  if (logits.rank === 0) fail('logits need a last axis of classes')
  if (!isFloating(logits.dtype)) {
    throw new DTypeError(
      `${operation}: logits must be floats, got ${formatAval(logits.aval)}. Are logits and labels swapped?`,
    )
  }
  const leading = logits.shape.slice(0, -1)
  const classes = logits.shape.at(-1)!
  if (isInteger(labels.dtype)) {
    if (sameShape(labels.shape, leading)) return 'indices'
    if (sameShape(labels.shape, logits.shape))
      return fail(`one label per class must be a float: cast(labels, '${logits.dtype}')`)
    if (sameShape(labels.shape, [...leading, 1])) return fail(`drop the last axis: squeeze(labels, -1)`)
    return fail(`expected integers of shape ${formatShape(leading)}`)
  }
  if (isFloating(labels.dtype)) {
    if (sameShape(labels.shape, logits.shape)) return 'probabilities'
    if (sameShape(labels.shape, leading)) {
      throw new DTypeError(
        `${operation}: labels ${formatAval(labels.aval)} have the shape of class indices, which must be integers: cast(labels, 'int32')`,
      )
    }
    return fail(
      `expected probabilities of shape ${formatShape(logits.shape)}, or integers (0 to ${classes - 1}) of shape ${formatShape(leading)}`,
    )
  }
  throw new DTypeError(
    `${operation}: labels must be integers or floats, got ${formatAval(labels.aval)}: cast(labels, 'float32')`,
  )
}
