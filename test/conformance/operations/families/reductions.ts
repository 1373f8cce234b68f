// Reductions over axes and what derives from them: entries of src/ops/reductions.ts, cumulative.ts and sorting.ts.

import { ShapeError } from '../../../../src/core/errors.ts'
import * as ops from '../../../../src/ops/index.ts'
import type { Family, Result } from '../entry.ts'
import type { Tensor } from '../../../../src/ir/tensor.ts'
import { ALL, distinct, flat, over, real, refusing, smooth } from '../templates.ts'

const some = real(-2, 2, { integers: [-9, 9] })
const far = real(-3, 3, { edges: [[-90, -80], [80, 90]] }) // prettier-ignore
const untied = distinct()
const factors = real(0.5, 1.5, { integers: [-2, 2] })
const noValue = { refuses: refusing(ShapeError, 'empty') }

type Reduce = (x: Tensor, axes?: number | readonly number[], keepDims?: boolean) => Result

/** All axes, one, and one that is kept. */
const reduced = (call: Reduce, operand = some, options: Parameters<typeof over>[2] = {}) => [
  over((x) => call(x), operand, options),
  over((x) => call(x, 1), operand, { name: 'axis 1' }),
  over((x) => call(x, [-1], true), operand, { name: 'kept axis' }),
]
/** Along the last axis and along the first. */
const along = (call: (x: Tensor, axis?: number) => Result, operand = some, options: Parameters<typeof over>[2] = {}) => [
  over((x) => call(x), operand),
  over((x) => call(x, 0), operand, { ...options, name: 'axis 0' }),
] // prettier-ignore

/** Entries by name. */
export const reductions = {
  sum: smooth(ALL, ['torch.sum', 'jnp.sum', 'tf.sum'], ...reduced(ops.sum)),
  mean: smooth(ALL, ['torch.mean', 'jnp.mean', 'tf.mean'], ...reduced(ops.mean)),
  prod: smooth(ALL, ['torch.prod', 'jnp.prod', 'tf.prod'], ...reduced(ops.prod, factors)),
  max: smooth(ALL, ['torch.amax', 'jnp.max', 'tf.max'], ...reduced(ops.max, untied, noValue)),
  min: smooth(ALL, ['torch.amin', 'jnp.min', 'tf.min'], ...reduced(ops.min, untied, noValue)),
  any: flat(ALL, ['torch.any', 'jnp.any', 'tf.any'], ...reduced(ops.any)),
  all: flat(ALL, ['torch.all', 'jnp.all', 'tf.all'], ...reduced(ops.all)),
  argMax: flat(ALL, ['torch.argmax', 'jnp.argmax', 'tf.argMax'], ...along(ops.argMax, untied, noValue)),
  argMin: flat(ALL, ['torch.argmin', 'jnp.argmin', 'tf.argMin'], ...along(ops.argMin, untied, noValue)),
  logSumExp: smooth(ALL, ['torch.logsumexp', 'jax.nn.logsumexp', 'tf.logSumExp'], ...reduced(ops.logSumExp, far)),
  variance: smooth(
    ALL,
    ['torch.var', 'jnp.var', 'tf.moments'],
    over((x) => ops.variance(x), some),
    over((x) => ops.variance(x, 1, { correction: Math.min(1, x.shape[1]! - 1), keepDims: true }), some, {
      name: 'corrected',
    }),
  ),
  standardDeviation: smooth(
    ALL,
    ['torch.std', 'jnp.std', null],
    over((x) => ops.standardDeviation(x), some),
    over((x) => ops.standardDeviation(x, 1, { keepDims: true }), some, { name: 'axis 1' }),
  ),
  norm: smooth(
    ALL,
    ['torch.linalg.norm', 'jnp.linalg.norm', 'tf.norm'],
    over((x) => ops.norm(x), real(0.2, 2)),
    over((x) => ops.norm(x, { order: 1, axes: 1 }), real(-2, 2, { kinks: [0] }), { name: 'order 1' }),
    over((x) => ops.norm(x, { order: 'inf', axes: -1, keepDims: true }), distinct(0.1, 3), { name: 'order inf' }), // prettier-ignore
    over((x) => ops.norm(x, { order: 'fro' }), real(0.2, 2), { name: 'Frobenius' }),
  ),
  softmax: smooth(ALL, ['torch.softmax', 'jax.nn.softmax', 'tf.softmax'], ...along(ops.softmax, far)),
  logSoftmax: smooth(ALL, ['torch.log_softmax', 'jax.nn.log_softmax', 'tf.logSoftmax'], ...along(ops.logSoftmax, far)), // prettier-ignore
  cumsum: smooth(
    ALL,
    ['torch.cumsum', 'jnp.cumsum', 'tf.cumsum'],
    over((x) => ops.cumsum(x, -1), some),
    over((x) => ops.cumsum(x, 0, { reverse: true }), some, { name: 'reverse' }),
    over((x) => ops.cumsum(x, 1, { exclusive: true }), some, { name: 'exclusive' }),
  ),
  cumprod: smooth(
    ALL,
    ['torch.cumprod', 'jnp.cumprod', 'tf.cumprod'],
    over((x) => ops.cumprod(x, -1), factors),
    over((x) => ops.cumprod(x, 0, { reverse: true }), factors, { name: 'reverse' }),
    over((x) => ops.cumprod(x, 1, { exclusive: true }), factors, { name: 'exclusive' }),
  ),
  cummax: smooth(
    ALL,
    ['torch.cummax', 'lax.cummax', null],
    over((x) => ops.cummax(x, -1), untied),
    over((x) => ops.cummax(x, 0, { reverse: true }), untied, { name: 'reverse' }),
  ),
  cummin: smooth(
    ALL,
    ['torch.cummin', 'lax.cummin', null],
    over((x) => ops.cummin(x, -1), untied),
    over((x) => ops.cummin(x, 0, { reverse: true }), untied, { name: 'reverse' }),
  ),
  sort: smooth(
    ALL,
    ['torch.sort', 'jnp.sort', null],
    over((x) => ops.sort(x), untied),
    over((x) => ops.sort(x, 0, { descending: true }), untied, { name: 'descending' }),
  ),
  argsort: flat(
    ALL,
    ['torch.argsort', 'jnp.argsort', null],
    over((x) => ops.argsort(x), untied),
    over((x) => ops.argsort(x, 0, { descending: true }), untied, { name: 'descending' }),
  ),
  topK: smooth(ALL, ['torch.topk', 'lax.top_k', 'tf.topk'], over((x) => ops.topK(x, Math.min(2, x.shape.at(-1)!)), untied)), // prettier-ignore
} satisfies Family
