// Reductions, running reductions, matrix products and contractions.

import * as ops from '../../../src/ops/index.ts'
import type { TensorLike } from '../../../src/ops/operand.ts'
import { binary, type Call, type Table, unary } from './table.ts'

type Reduction = (x: TensorLike, axes?: ops.Axes, keepDims?: boolean) => ReturnType<Call>

const overAxes =
  (op: Reduction): Call =>
  ([x], { axes, keepDims }) =>
    op(x!, axes, keepDims)

const REDUCTIONS: Table = {
  sum: overAxes(ops.sum),
  mean: overAxes(ops.mean),
  prod: overAxes(ops.prod),
  max: overAxes(ops.max),
  min: overAxes(ops.min),
  any: overAxes(ops.any),
  all: overAxes(ops.all),
  argMax: ([x], { axis }) => ops.argMax(x!, axis),
  argMin: ([x], { axis }) => ops.argMin(x!, axis),
  logSumExp: ([x], { axis, keepDims }) => ops.logSumExp(x!, axis, keepDims),
  softmax: ([x], { axis }) => ops.softmax(x!, axis),
  logSoftmax: ([x], { axis }) => ops.logSoftmax(x!, axis),
  variance: ([x], { axes, correction, keepDims }) =>
    ops.variance(x!, axes, { correction: correction!, keepDims: keepDims! }),
  standardDeviation: ([x], { axes, correction, keepDims }) =>
    ops.standardDeviation(x!, axes, { correction: correction!, keepDims: keepDims! }),
  norm: ([x], { axes, order, keepDims }) => ops.norm(x!, { axes: axes!, order: order!, keepDims: keepDims! }),
  cumsum: ([x], { axis, ...options }) => ops.cumsum(x!, axis, options),
  cumprod: ([x], { axis, ...options }) => ops.cumprod(x!, axis, options),
  cummax: ([x], { axis, ...options }) => ops.cummax(x!, axis, options),
  cummin: ([x], { axis, ...options }) => ops.cummin(x!, axis, options),
}

const MATRICES: Table = {
  matmul: ([a, b], options) => ops.matmul(a!, b!, options),
  dot: binary(ops.dot),
  outer: binary(ops.outer),
  einsum: (operands, { equation }) => ops.einsum(equation!, ...operands),
  tril: ([x], { k }) => ops.tril(x!, k),
  triu: ([x], { k }) => ops.triu(x!, k),
  diag: ([x], { k }) => ops.diag(x!, k),
  trace: unary(ops.trace),
}

/** Operations of `ops-reductions.json` and `ops-linalg.json`. */
export const NUMERIC: Table = { ...REDUCTIONS, ...MATRICES }
