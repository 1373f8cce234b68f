// Cross-entropy over classes: logits and labels (indices or probabilities) in, one value per sample out. Everything is written from
// `x - max(x)`, so that no exponential overflows and no digits go to a common offset of the logits; comparisons with the class
// coordinate stand for gathers, since they stay in the row of the sums, and so do their derivatives.

import { formatAval } from '../core/aval.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { Tensor } from '../ir/tensor.ts'
import { add, equal, maximum, minimum, mul, notEqual, stopGradient, sub, where } from './arithmetic.ts'
import { exp, log } from './elementary.ts'
import { full, indices } from './creation.ts'
import { labelKind } from './labels.ts'
import { type LossOptions, reduceLoss, weightedMean } from './lossReduction.ts'
import { asTensor, castTo, scalar, type TensorLike } from './operand.ts'
import { max, sum } from './reductions.ts'
import { expandDims } from './shaping.ts'

/** Options of `softmaxCrossEntropy`. */
export interface CrossEntropyOptions extends LossOptions {
  /** How much of each label is spread evenly over all classes, `0 <= ε <= 1`: `(1 - ε) y + ε / C`. Default 0. Szegedy et al., 2016. */
  readonly labelSmoothing?: number
  /** A weight per class, `[C]`: the term of class `c` is multiplied by its weight. With index labels `mean` divides by the labels' weights. */
  readonly classWeights?: Tensor | readonly number[]
  /** Index labels equal to this integer count for nothing: loss 0, gradient 0, and `mean` leaves them out. Default: none. */
  readonly ignoreIndex?: number
}

/** What the label of a sample asks of its row: the terms' factors, and how much the sample counts in a mean. */
interface Row {
  /** `[..., C]`; null for the plain one-hot row of `hit`. */
  readonly factors: Tensor | null
  readonly hit: Tensor | null
  readonly weight: Tensor | null
  readonly counted: Tensor | null
}

const NAME = 'softmaxCrossEntropy'

/**
 * Cross-entropy of `softmax(logits)`: logits `[..., C]`; labels are integer class indices `[...]`, or probabilities `[..., C]`. Gives
 * `[...]`, or with `reduction` a scalar. The gradient is `softmax(logits) - labels`, finite for all finite logits. Indices out of
 * `0 .. C - 1` are clamped. PyTorch's semantics throughout: `mean` divides by the sum of the counted labels' class weights for indices
 * and by the number of samples for probabilities; only, where no label counts, the mean is 0 (PyTorch: NaN). `reduction: 'none'`
 * followed by a mean of one's own, as the trainer takes it, divides by the number of samples instead.
 * @throws ShapeError or DTypeError when labels or weights do not fit the logits, ArgumentError for options out of range.
 */
export function softmaxCrossEntropy(logits: TensorLike, labels: TensorLike, options: CrossEntropyOptions = {}): Tensor {
  const x = asTensor(NAME, logits)
  const y = asTensor(NAME, labels)
  const kind = labelKind(NAME, x, y)
  checkOptions(options, kind)
  const weights = weightsOf(x, options.classWeights)
  const { labelSmoothing = 0 } = options
  const row = kind === 'indices' ? indexRow(x, y, weights, options) : softRow(x, y, weights, labelSmoothing)

  const greatest = stopGradient(max(x, -1, true))
  const shifted = sub(x, greatest)
  const logZ = log(sum(exp(shifted), -1))
  let loss: Tensor
  if (row.factors === null) {
    loss = sub(logZ, sum(where(row.hit!, shifted, 0), -1))
  } else {
    // halves: x - max(x) of finite logits may overflow, and 0 · -inf would be NaN; x/2 - max(x)/2 does not
    const halves = sub(mul(x, 0.5), mul(greatest, 0.5))
    loss = sub(mul(logZ, sum(row.factors, -1)), mul(sum(mul(row.factors, halves), -1), 2))
  }
  if (row.counted !== null) loss = where(row.counted, loss, 0)
  if (options.reduction !== 'mean' || (row.weight === null && row.counted === null)) {
    return reduceLoss(NAME, loss, options)
  }
  const one = scalar(1, x.dtype)
  const weight = row.counted === null ? row.weight! : where(row.counted, row.weight ?? one, 0)
  return weightedMean(loss, castTo(weight, x.dtype))
}

/** Index labels: a comparison with the class coordinate, spread and weighted as the options say. */
function indexRow(x: Tensor, y: Tensor, weights: Tensor | null, options: CrossEntropyOptions): Row {
  const { labelSmoothing = 0, ignoreIndex } = options
  const classes = x.shape.at(-1)!
  const given = castTo(y, 'int32')
  const label = expandDims(minimum(maximum(given, 0), Math.max(0, classes - 1)), -1)
  const hit = equal(indices(x.shape, x.rank - 1), label)
  const counted = ignoreIndex === undefined ? null : notEqual(given, ignoreIndex)
  const weight = weights === null ? null : sum(where(hit, weights, 0), -1)
  if (labelSmoothing === 0 && weights === null) return { factors: null, hit, weight, counted }
  const share = labelSmoothing / Math.max(1, classes)
  const spread = where(hit, scalar(1 - labelSmoothing + share, x.dtype), share)
  return { factors: weights === null ? spread : mul(spread, weights), hit, weight, counted }
}

/** Probabilities, spread and weighted. */
function softRow(x: Tensor, y: Tensor, weights: Tensor | null, labelSmoothing: number): Row {
  const classes = x.shape.at(-1)!
  const probabilities = castTo(y, x.dtype)
  const spread =
    labelSmoothing === 0
      ? probabilities
      : add(mul(probabilities, 1 - labelSmoothing), labelSmoothing / Math.max(1, classes))
  return { factors: weights === null ? spread : mul(spread, weights), hit: null, weight: null, counted: null }
}

function checkOptions({ labelSmoothing = 0, ignoreIndex }: CrossEntropyOptions, kind: string): void {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ArgumentError(`${NAME}: labelSmoothing must lie in 0 .. 1, got ${labelSmoothing}`)
  if (ignoreIndex === undefined) return
  if (!Number.isInteger(ignoreIndex))
    throw new ArgumentError(`${NAME}: ignoreIndex must be an integer, got ${ignoreIndex}`)
  if (kind === 'probabilities') {
    throw new ArgumentError(
      `${NAME}: ignoreIndex ${ignoreIndex} needs labels that are class indices, got probabilities: give such samples all zeros`,
    )
  }
}

/** The class weights as a tensor of the logits' dtype. */
function weightsOf(x: Tensor, given: Tensor | readonly number[] | undefined): Tensor | null {
  if (given === undefined) return null
  const classes = x.shape.at(-1)!
  const fail = (what: string): never => {
    throw new ShapeError(`${NAME}: classWeights ${what} do not fit logits ${formatAval(x.aval)}: expected [${classes}]`)
  }
  if (given instanceof Tensor) {
    if (given.rank !== 1 || given.shape[0] !== classes) fail(formatAval(given.aval))
    return castTo(given, x.dtype)
  }
  if (
    !Array.isArray(given) ||
    given.some((weight) => typeof weight !== 'number' || !(weight >= 0 && weight < Infinity))
  )
    throw new ArgumentError(`${NAME}: classWeights must be a tensor or a list of finite numbers >= 0`)
  if (given.length !== classes) fail(`[${given.length}]`)
  return perClass(given, x)
}

/** A list as a tensor `[C]` of the logits' dtype: the commonest number, and one comparison for each class that has another. */
function perClass(given: readonly number[], x: Tensor): Tensor {
  const counts = new Map<number, number>()
  for (const weight of given) counts.set(weight, (counts.get(weight) ?? 0) + 1)
  const commonest = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), [1, 0])[0]
  const at = indices([given.length], 0)
  return given.reduce(
    (rest, weight, c) => (weight === commonest ? rest : where(equal(at, c), weight, rest)),
    full([given.length], commonest, x.dtype),
  )
}
