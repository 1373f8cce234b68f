// Arithmetic, comparison, logic and conversion: entries of src/ops/arithmetic.ts.

import * as ops from '../../../../src/ops/index.ts'
import type { Family, Range } from '../entry.ts'
import { ALL, binary, condition, distinct, flat, form, INTEGERS, real, smooth, THREE, unary } from '../templates.ts' // prettier-ignore

const SMALL: Range = [-9, 9]
const WIDE_APART: readonly Range[] = [
  [-1e4, -9e3],
  [1e-4, 2e-4],
  [9e3, 1e4],
]
const STEPS = { kinks: [-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3], integers: SMALL } as const
const some = real(-2, 2, { integers: SMALL })
const exact = real(-2, 2, { integers: SMALL, edges: WIDE_APART })
const apartFromZero = real(0.5, 2, { integers: [1, 9], edges: [[0.01, 0.02], [50, 99]] }) // prettier-ignore
/** Quotients of floats keep away from integers, where a remainder jumps: 0.1 .. 0.9 by 1 .. 2, so that 0 < a / b < 0.9. */
const part = real(0.1, 0.9, { integers: SMALL })
const whole = real(1, 2, { integers: [1, 5] })
const rounded = (name: string): [string, string, string] => [`torch.${name}`, `jnp.${name}`, `tf.${name}`]
const compared = distinct()

/** Entries by name. */
export const arithmetic = {
  add: smooth(ALL, ['torch.add', 'jnp.add', 'tf.add'], binary(ops.add, exact), unary((x) => ops.add(x, 0.5), some, { name: 'number' })), // prettier-ignore
  sub: smooth(ALL, ['torch.sub', 'jnp.subtract', 'tf.sub'], binary(ops.sub, exact), unary((x) => ops.sub(1, x), some, { name: 'number' })), // prettier-ignore
  mul: smooth(ALL, ['torch.mul', 'jnp.multiply', 'tf.mul'], binary(ops.mul, some), unary((x) => ops.mul(x, 3), some, { name: 'number' })), // prettier-ignore
  div: smooth(ALL, ['torch.div', 'jnp.divide', 'tf.div'], binary(ops.div, some, apartFromZero), unary((x) => ops.div(1, x), apartFromZero, { name: 'number' })), // prettier-ignore
  pow: smooth(
    ALL,
    ['torch.pow', 'jnp.power', 'tf.pow'],
    binary(ops.pow, real(0.3, 2, { integers: [1, 3], edges: [[0.01, 0.02], [9, 10]] }), real(-2, 3, { integers: [0, 3] })), // prettier-ignore
    unary((x) => ops.pow(x, 3), some, { name: 'cube' }),
    unary((x) => ops.pow(x, 2), some, { name: 'square' }),
    unary((x) => ops.pow(2, x), some, { name: 'of 2' }),
  ),
  rem: smooth(ALL, ['torch.fmod', 'jnp.fmod', null], binary(ops.rem, part, whole), unary((x) => ops.rem(x, 7), some, { name: 'number' })), // prettier-ignore
  mod: smooth(ALL, ['torch.remainder', 'jnp.remainder', 'tf.mod'], binary(ops.mod, part, whole), unary((x) => ops.mod(x, 7), real(-2, 2, { kinks: [0], integers: SMALL }), { name: 'number' })), // prettier-ignore
  neg: smooth(ALL, ['torch.neg', 'jnp.negative', 'tf.neg'], unary(ops.neg, exact)),
  abs: smooth(ALL, ['torch.abs', 'jnp.abs', 'tf.abs'], unary(ops.abs, real(-2, 2, { kinks: [0], edges: WIDE_APART, integers: SMALL }))), // prettier-ignore
  sign: flat(ALL, ['torch.sign', 'jnp.sign', 'tf.sign'], unary(ops.sign, real(-2, 2, { kinks: [0], edges: WIDE_APART, integers: SMALL }))), // prettier-ignore
  floor: flat(ALL, rounded('floor'), unary(ops.floor, real(-3.4, 3.4, STEPS))),
  ceil: flat(ALL, rounded('ceil'), unary(ops.ceil, real(-3.4, 3.4, STEPS))),
  round: flat(ALL, rounded('round'), unary(ops.round, real(-3.4, 3.4, STEPS))),
  trunc: flat(ALL, ['torch.trunc', 'jnp.trunc', null], unary(ops.trunc, real(-3.4, 3.4, STEPS))),
  square: smooth(ALL, ['torch.square', 'jnp.square', 'tf.square'], unary(ops.square, some)),
  reciprocal: smooth(ALL, ['torch.reciprocal', 'jnp.reciprocal', 'tf.reciprocal'], unary(ops.reciprocal, apartFromZero)), // prettier-ignore
  minimum: smooth(ALL, ['torch.minimum', 'jnp.minimum', 'tf.minimum'], binary(ops.minimum, compared), unary((x) => ops.minimum(x, 0), real(-2, 2, { kinks: [0] }), { name: 'number' })), // prettier-ignore
  maximum: smooth(ALL, ['torch.maximum', 'jnp.maximum', 'tf.maximum'], binary(ops.maximum, compared), unary((x) => ops.maximum(x, 0), real(-2, 2, { kinks: [0] }), { name: 'number' })), // prettier-ignore
  clip: smooth(
    ALL,
    ['torch.clamp', 'jnp.clip', 'tf.clipByValue'],
    unary((x) => ops.clip(x, -1, 1), real(-2, 2, { kinks: [-1, 1], integers: SMALL })),
    unary((x) => ops.clip(x, -1), real(-2, 2, { kinks: [-1] }), { name: 'low' }),
    unary((x) => ops.clip(x, undefined, 1), real(-2, 2, { kinks: [1] }), { name: 'high' }),
  ),
  where: smooth(
    ALL,
    ['torch.where', 'jnp.where', 'tf.where'],
    form([condition, some, some], THREE, ([test, a, b]) => ops.where(test!, a!, b!)),
    form([condition, some], { ...THREE, broadcast: [[3, 1], [4]] }, ([test, a]) => ops.where(test!, a!, 0), { name: 'number' }), // prettier-ignore
  ),
  equal: flat(ALL, ['torch.eq', 'jnp.equal', 'tf.equal'], binary(ops.equal, some)),
  notEqual: flat(ALL, ['torch.ne', 'jnp.not_equal', 'tf.notEqual'], binary(ops.notEqual, some)),
  less: flat(ALL, ['torch.lt', 'jnp.less', 'tf.less'], binary(ops.less, some)),
  lessEqual: flat(ALL, ['torch.le', 'jnp.less_equal', 'tf.lessEqual'], binary(ops.lessEqual, some)),
  greater: flat(ALL, ['torch.gt', 'jnp.greater', 'tf.greater'], binary(ops.greater, some)),
  greaterEqual: flat(ALL, ['torch.ge', 'jnp.greater_equal', 'tf.greaterEqual'], binary(ops.greaterEqual, some)),
  and: flat([...INTEGERS, 'uint8', 'bool'], ['torch.bitwise_and', 'jnp.bitwise_and', 'tf.logicalAnd'], binary(ops.and, some)), // prettier-ignore
  or: flat([...INTEGERS, 'uint8', 'bool'], ['torch.bitwise_or', 'jnp.bitwise_or', 'tf.logicalOr'], binary(ops.or, some)), // prettier-ignore
  xor: flat([...INTEGERS, 'uint8', 'bool'], ['torch.bitwise_xor', 'jnp.bitwise_xor', 'tf.logicalXor'], binary(ops.xor, some)), // prettier-ignore
  not: flat(
    [...INTEGERS, 'uint8', 'bool'],
    ['torch.bitwise_not', 'jnp.bitwise_not', 'tf.logicalNot'],
    unary(ops.not, some),
  ),
  shiftLeft: flat([...INTEGERS, 'uint8'], ['torch.bitwise_left_shift', 'jnp.left_shift', null], binary(ops.shiftLeft, some, real(0, 5, { integers: [0, 35] }))), // prettier-ignore
  shiftRight: flat([...INTEGERS, 'uint8'], ['torch.bitwise_right_shift', 'jnp.right_shift', null], binary(ops.shiftRight, some, real(0, 5, { integers: [0, 35] }))), // prettier-ignore
  cast: smooth(
    ALL,
    ['Tensor.to', 'jnp.astype', 'tf.cast'],
    unary((x) => ops.cast(x, x.dtype === 'float32' || x.dtype === 'float64' ? x.dtype : 'float32'), some),
    unary((x) => ops.cast(ops.cast(x, 'float32'), 'float32'), some, { name: 'twice' }),
  ),
  bitcast: flat(['float32', ...INTEGERS], ['Tensor.view', 'lax.bitcast_convert_type', null], unary((x) => ops.bitcast(x, x.dtype === 'uint32' ? 'int32' : 'uint32'), some)), // prettier-ignore
  isNaN: flat(ALL, ['torch.isnan', 'jnp.isnan', 'tf.isNaN'], unary(ops.isNaN, exact)),
  isFinite: flat(ALL, ['torch.isfinite', 'jnp.isfinite', 'tf.isFinite'], unary(ops.isFinite, exact)),
  isInf: flat(ALL, ['torch.isinf', 'jnp.isinf', 'tf.isInf'], unary(ops.isInf, exact)),
  stopGradient: flat(ALL, ['Tensor.detach', 'lax.stop_gradient', null], unary(ops.stopGradient, some)),
} satisfies Family
