// Elementwise composites: broadcasting and promotion around the elementwise primitives.

import type { DType } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { broadcastShapes } from '../core/shape.ts'
import type { PrimitiveFunction } from '../ir/primitive.ts'
import type { Tensor } from '../ir/tensor.ts'
import * as p from '../primitives/elementwise.ts'
import { asTensor, broadcastTensor, castTo, checkOperand, commonDType, type TensorLike, unify } from './operand.ts'

type Binary = (a: TensorLike, b: TensorLike) => Tensor

const binary =
  (name: string, primitive: PrimitiveFunction<null>): Binary =>
  (a, b) => {
    const dtype = commonDType([a, b])
    return primitive(unify(name, [a, b], dtype === 'bool' ? 'int32' : dtype), null)
  }

const comparison =
  (name: string, primitive: PrimitiveFunction<null>): Binary =>
  (a, b) => {
    const dtype = commonDType([a, b])
    return primitive(
      unify(name, [a, b], dtype === 'bool' && primitive !== p.equal && primitive !== p.notEqual ? 'int32' : dtype),
      null,
    )
  }

const bits =
  (name: string, primitive: PrimitiveFunction<null>): Binary =>
  (a, b) =>
    primitive(unify(name, [a, b]), null)

/** The dtype in which a function of real numbers works: floats keep theirs, integers and bool become float32. */
function toFloat(name: string, x: TensorLike): Tensor {
  const tensor = asTensor(name, x)
  return tensor.dtype === 'float32' || tensor.dtype === 'float64' || tensor.dtype === 'float16'
    ? tensor
    : castTo(tensor, 'float32')
}

const real =
  (name: string, primitive: PrimitiveFunction<null>) =>
  (x: TensorLike): Tensor =>
    primitive([toFloat(name, x)], null)

/** `a + b`. NumPy broadcasting; dtypes are promoted; bool counts as int32. */
export const add: Binary = binary('add', p.add)
/** `a - b`. */
export const sub: Binary = binary('sub', p.sub)
/** `a · b`. */
export const mul: Binary = binary('mul', p.mul)
/** `a / b`; integers divide to float32. */
export const div: Binary = (a, b) => {
  const dtype = commonDType([a, b])
  return p.div(unify('div', [a, b], dtype === 'float64' || dtype === 'float16' ? dtype : 'float32'), null)
}
/** The remainder of truncating division, with the sign of `a`. */
export const rem: Binary = binary('rem', p.rem)
/** `a^b`; integers are computed as float32. */
export const pow: Binary = (a, b) => {
  const dtype = commonDType([a, b])
  return p.pow(unify('pow', [a, b], dtype === 'float64' || dtype === 'float16' ? dtype : 'float32'), null)
}
/** The greater of `a` and `b`; at ties either gets half of the cotangent. */
export const maximum: Binary = binary('maximum', p.maximum)
/** The lesser of `a` and `b`; at ties either gets half of the cotangent. */
export const minimum: Binary = binary('minimum', p.minimum)

/** `a == b` as bool. */
export const equal: Binary = comparison('equal', p.equal)
/** `a != b` as bool. */
export const notEqual: Binary = comparison('notEqual', p.notEqual)
/** `a < b` as bool. */
export const less: Binary = comparison('less', p.less)
/** `a <= b` as bool. */
export const lessEqual: Binary = comparison('lessEqual', p.lessEqual)
/** `a > b` as bool. */
export const greater: Binary = comparison('greater', p.greater)
/** `a >= b` as bool. */
export const greaterEqual: Binary = comparison('greaterEqual', p.greaterEqual)

/** Logical (bool) or bitwise (integers) and. */
export const and: Binary = bits('and', p.and)
/** Logical (bool) or bitwise (integers) or. */
export const or: Binary = bits('or', p.or)
/** Logical (bool) or bitwise (integers) exclusive or. */
export const xor: Binary = bits('xor', p.xor)
/** `a << b` for integers, modulo 32. */
export const shiftLeft: Binary = bits('shiftLeft', p.shiftLeft)
/** `a >> b` for integers, modulo 32. */
export const shiftRight: Binary = bits('shiftRight', p.shiftRight)

/** `-x`. */
export const neg = (x: TensorLike): Tensor => p.neg([asTensor('neg', x)], null)
/** `|x|`; the derivative at 0 is 0. */
export const abs = (x: TensorLike): Tensor => p.abs([asTensor('abs', x)], null)
/** -1, 0 or 1. */
export const sign = (x: TensorLike): Tensor => p.sign([asTensor('sign', x)], null)
/** The greatest integer at most `x`, as a float. */
export const floor = real('floor', p.floor)
/** The least integer at least `x`, as a float. */
export const ceil = real('ceil', p.ceil)
/** The nearest integer, ties to even, as a float. */
export const round = real('round', p.round)
/** `e^x`. */
export const exp = real('exp', p.exp)
/** Natural logarithm. */
export const log = real('log', p.log)
/** Square root. */
export const sqrt = real('sqrt', p.sqrt)
/** Sine; radians. */
export const sin = real('sin', p.sin)
/** Cosine; radians. */
export const cos = real('cos', p.cos)
/** Tangent; radians. */
export const tan = (x: TensorLike): Tensor => div(sin(x), cos(x))
/** Hyperbolic tangent. */
export const tanh = real('tanh', p.tanh)
/** `1 / (1 + e^-x)`. */
export const sigmoid = real('sigmoid', p.sigmoid)
/** `max(x, 0)`; the derivative at 0 is 0. */
export const relu = (x: TensorLike): Tensor => p.relu([asTensor('relu', x)], null)
/** `x²`. */
export const square = (x: TensorLike): Tensor => mul(x, x)
/** `x` for positive `x`, else `negativeSlope · x`. */
export const leakyRelu = (x: TensorLike, negativeSlope = 0.01): Tensor => where(greater(x, 0), x, mul(x, negativeSlope))
/** Logical negation of bool, or the bitwise complement of integers. */
export const not = (x: TensorLike): Tensor => {
  const tensor = asTensor('not', x)
  return tensor.dtype === 'bool' ? p.not([tensor], null) : p.bitNot([tensor], null)
}

/**
 * `a` where `condition` holds, else `b`; all three broadcast.
 * @throws DTypeError when the condition is not bool.
 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  checkOperand('where', condition)
  const test = asTensor('where', condition)
  if (test.dtype !== 'bool')
    throw new DTypeError(`where: the condition must be bool, got ${test.dtype}: compare it first, e.g. greater(x, 0)`)
  const [x, y] = unify('where', [a, b])
  const shape = broadcastShapes('where', test.shape, x!.shape)
  return p.select([broadcastTensor(test, shape), broadcastTensor(x!, shape), broadcastTensor(y!, shape)], null)
}

/** `x` in another dtype: floats to integers truncate, numbers to bool are `x != 0`. */
export const cast = (x: TensorLike, dtype: DType): Tensor => castTo(asTensor('cast', x), dtype)

/** The 32 bits of `x` read as another 32-bit dtype. */
export const bitcast = (x: TensorLike, dtype: DType): Tensor => p.bitcast([asTensor('bitcast', x)], { dtype })

/** `x`, through which no derivative flows. */
export const stopGradient = (x: TensorLike): Tensor => p.stopGradient([asTensor('stopGradient', x)], null)
