// Losses: predictions and targets in, one value per sample out (per label for classes), or their mean or sum when asked for.
// Values per sample are the default, since a trainer that splits a batch needs them.

import { formatAval } from '../core/aval.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { abs, equal, lessEqual, mul, neg, square, sub, where } from './arithmetic.ts'
import { softplus } from './activations.ts'
import { labelKind } from './labels.ts'
import { asTensor, castTo, type TensorLike } from './operand.ts'
import { logSoftmax, logSumExp, mean, sum } from './reductions.ts'
import { expandDims } from './shaping.ts'
import { indices } from './creation.ts'

/** `none` (the default): one value per sample; `mean` and `sum` reduce over all samples. */
export type Reduction = 'none' | 'mean' | 'sum'

/** Options of every loss. */
export interface LossOptions {
  readonly reduction?: Reduction
}

function reduce(operation: string, perSample: Tensor, { reduction = 'none' }: LossOptions): Tensor {
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

/**
 * Cross-entropy of `softmax(logits)`: logits `[..., C]`; labels are integer class indices `[...]`, or probabilities `[..., C]`. Gives `[...]`.
 * Labels must lie in 0 .. C - 1: one outside counts as a class of logit 0.
 * @throws ShapeError or DTypeError when labels do not fit the logits.
 */
export function softmaxCrossEntropy(logits: TensorLike, labels: TensorLike, options: LossOptions = {}): Tensor {
  const x = asTensor('softmaxCrossEntropy', logits)
  const y = asTensor('softmaxCrossEntropy', labels)
  if (labelKind('softmaxCrossEntropy', x, y) === 'probabilities') {
    return reduce('softmaxCrossEntropy', neg(sum(mul(y, logSoftmax(x)), -1)), options)
  }
  // a comparison with the class coordinate instead of a gather: it stays in the row of the sums, and so does its derivative
  const hit = equal(indices(x.shape, x.rank - 1), expandDims(castTo(y, 'int32'), -1))
  return reduce('softmaxCrossEntropy', sub(logSumExp(x), sum(where(hit, x, 0), -1)), options)
}

/** `element` of predictions and targets of one shape `[B, ...]`, averaged over all axes but the first. */
function elementwiseLoss(
  operation: string,
  predictions: TensorLike,
  targets: TensorLike,
  options: LossOptions,
  element: (prediction: Tensor, target: Tensor) => Tensor,
): Tensor {
  const x = asTensor(operation, predictions)
  const y = asTensor(operation, targets)
  if (!sameShape(x.shape, y.shape)) {
    const remedy = x.size === y.size ? ': reshape one of them' : ''
    throw new ShapeError(
      `${operation}: predictions ${formatAval(x.aval)} and targets ${formatAval(y.aval)} differ in shape${remedy}`,
    )
  }
  const loss = element(x, y)
  const axes = x.shape.map((_, axis) => axis).slice(1)
  return reduce(operation, axes.length === 0 ? loss : mean(loss, axes), options)
}

/** Squared error, averaged within each sample: `[B, ...]` gives `[B]`. Its `mean` is PyTorch's mse_loss. */
export function meanSquaredError(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return elementwiseLoss('meanSquaredError', predictions, targets, options, (x, y) => square(sub(x, y)))
}

/** Absolute error, averaged within each sample: `[B, ...]` gives `[B]`. */
export function meanAbsoluteError(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return elementwiseLoss('meanAbsoluteError', predictions, targets, options, (x, y) => abs(sub(x, y)))
}

/** Cross-entropy of `sigmoid(logits)` against targets in 0 .. 1, averaged within each sample: `[B, ...]` gives `[B]`. */
export function sigmoidBinaryCrossEntropy(logits: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  // -z log σ(x) - (1 - z) log(1 - σ(x)) = log(1 + e^x) - x z
  return elementwiseLoss('sigmoidBinaryCrossEntropy', logits, targets, options, (x, z) => sub(softplus(x), mul(x, z)))
}

/** Options of `huber`. */
export interface HuberOptions extends LossOptions {
  /** Up to which absolute error the loss is quadratic; default 1. */
  readonly delta?: number
}

/**
 * Half the squared error up to `delta`, linear beyond it, averaged within each sample: `[B, ...]` gives `[B]`. Huber, 1964.
 * @throws ArgumentError unless `delta` is positive.
 */
export function huber(predictions: TensorLike, targets: TensorLike, options: HuberOptions = {}): Tensor {
  const { delta = 1 } = options
  if (!(delta > 0 && Number.isFinite(delta)))
    throw new ArgumentError(`huber: delta must be a positive number, got ${delta}`)
  return elementwiseLoss('huber', predictions, targets, options, (x, y) => {
    const error = sub(x, y)
    const size = abs(error)
    return where(lessEqual(size, delta), mul(square(error), 0.5), mul(sub(size, delta / 2), delta))
  })
}
