// Arithmetic, comparison, logic, selection and conversion, elementwise: NumPy broadcasting and promotion around the primitives.
//
// Promotion. The dtype of two tensors is the later one of: bool, uint8, uint32, int32, float16, float32, float64. A JavaScript number
// takes the dtype of the tensors that it meets, but a fraction that meets integers makes them float32.
//
//   functions                                          bool     uint8    uint32   int32    float
//   add sub mul rem mod minimum maximum neg abs sign   int32    int32    uint32   int32    itself
//   relu clip less .. greaterEqual (compared in)       int32    int32    uint32   int32    itself
//   where equal notEqual (compared in)                 bool     int32    uint32   int32    itself
//   div reciprocal pow atan2, floor ceil round trunc   float32  float32  float32  float32  itself
//   all functions of elementary.ts, other activations  float32  float32  float32  float32  itself
//   and or xor, not (bool: logical; integers: bits)    bool     int32    uint32   int32    error
//   shiftLeft shiftRight (by the low 5 bits)           error    int32    uint32   int32    error
//   isNaN isFinite isInf, comparisons (result)         bool     bool     bool     bool     bool

import { type DType, isFloating } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { broadcastShapes } from '../core/shape.ts'
import type { PrimitiveFunction } from '../ir/primitive.ts'
import type { Tensor } from '../ir/tensor.ts'
import * as p from '../primitives/elementwise.ts'
import { asTensor, broadcastTensor, castTo, checkOperand, commonDType, ofReal, type TensorLike, toNumber, unify } from './operand.ts' // prettier-ignore

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

/** The dtype of quotients: that of the operands if it is a float, else float32. */
const real =
  (name: string, primitive: PrimitiveFunction<null>): Binary =>
  (a, b) => {
    const dtype = commonDType([a, b])
    return primitive(unify(name, [a, b], isFloating(dtype) ? dtype : 'float32'), null)
  }

/** `a + b`. NumPy broadcasting; dtypes are promoted; bool counts as int32. */
export const add: Binary = binary('add', p.add)
/** `a - b`. */
export const sub: Binary = binary('sub', p.sub)
/** `a · b`. */
export const mul: Binary = binary('mul', p.mul)
/** `a / b`; integers divide to float32. */
export const div: Binary = real('div', p.div)
/** `1 / x`; of integers as float32. */
export const reciprocal = (x: TensorLike): Tensor => div(1, x)
/**
 * The remainder of truncating division, with the sign of `a`; for integers 0 when `b` is 0. On WebGPU it is exact for quotients below
 * 2^24; the derivative by `b` is the negative quotient.
 */
export const rem: Binary = binary('rem', p.rem)

/** The remainder of flooring division, with the sign of `b`, as Python's `%`; for integers 0 when `b` is 0. Exact as `rem`. */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  const rest = rem(a, b)
  const [r, y] = unify('mod', [rest, b], rest.dtype)
  if (rest.dtype === 'uint32') return rest
  const opposed = notEqual(less(r!, 0), less(y!, 0))
  return where(and(notEqual(r!, 0), opposed), add(r!, y!), r!)
}

/**
 * `a^b`; integers are computed as float32. 0^0 is 1; a negative `a` and a fraction `b` give NaN. The derivative by `b` is taken as 0
 * where `a` <= 0; the one by `a` is finite at 0 wherever mathematics says so.
 */
export const pow: Binary = real('pow', p.pow)
/** The greater of `a` and `b`, NaN if either is; at ties either gets half of the cotangent. */
export const maximum: Binary = binary('maximum', p.maximum)
/** The lesser of `a` and `b`, NaN if either is; at ties either gets half of the cotangent. */
export const minimum: Binary = binary('minimum', p.minimum)

/** `a == b` as bool; false where either is NaN, as all comparisons but `notEqual`. */
export const equal: Binary = comparison('equal', p.equal)
/** `a != b` as bool; true where either is NaN. */
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

/** `-x`; bool and uint8 count as int32, uint32 wraps. */
export const neg = (x: TensorLike): Tensor => p.neg([toNumber('neg', x)], null)
/** `|x|`; the derivative at 0 is 0. */
export const abs = (x: TensorLike): Tensor => p.abs([toNumber('abs', x)], null)
/** -1, 0 or 1; NaN of NaN. */
export const sign = (x: TensorLike): Tensor => p.sign([toNumber('sign', x)], null)
/** The greatest integer at most `x`, as a float. */
export const floor = ofReal('floor', p.floor)
/** The least integer at least `x`, as a float. */
export const ceil = ofReal('ceil', p.ceil)
/** The nearest integer, ties to even, as a float. */
export const round = ofReal('round', p.round)
/** The integer next to `x` toward 0, as a float. */
export const trunc = ofReal('trunc', p.trunc)
/** `x²`. */
export const square = (x: TensorLike): Tensor => mul(x, x)
/** Logical negation of bool, or the bitwise complement of integers; uint8 counts as int32. */
export const not = (x: TensorLike): Tensor => {
  const tensor = asTensor('not', x)
  return tensor.dtype === 'bool' ? p.not([tensor], null) : p.bitNot([toNumber('not', tensor)], null)
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

/**
 * `x` limited to `low` .. `high`, either of which may be missing; `high` wins where it is below `low`. NaN stays NaN. The derivative by
 * `x` is 1 from `low` to `high`, both included, and 0 outside, where it goes to the bound.
 */
export function clip(x: TensorLike, low?: TensorLike, high?: TensorLike): Tensor {
  const raised = low === undefined ? asTensor('clip', x) : limited('clip', less, x, low)
  return high === undefined ? raised : limited('clip', greater, raised, high)
}

/** `bound` where `x` is beyond it, else `x`. */
function limited(operation: string, beyond: Binary, x: TensorLike, bound: TensorLike): Tensor {
  const dtype = commonDType([x, bound])
  const held = dtype === 'uint32' && typeof bound === 'number' ? Math.max(0, bound) : bound // below 0 bounds nothing there
  const [value, limit] = unify(operation, [x, held], dtype === 'bool' ? 'int32' : dtype)
  return where(beyond(value!, limit!), limit!, value!)
}

/**
 * `x` in another dtype. Floats to integers truncate, end at the dtype's range and give 0 for NaN; integers to integers keep the low
 * bits; anything to bool is `x != 0`.
 */
export const cast = (x: TensorLike, dtype: DType): Tensor => castTo(asTensor('cast', x), dtype)

/** The 32 bits of `x` read as another 32-bit dtype. */
export const bitcast = (x: TensorLike, dtype: DType): Tensor => p.bitcast([asTensor('bitcast', x)], { dtype })

/** The bits of a float32 without its sign: those of infinity are 0x7f800000, greater ones are NaN. */
const magnitudeBits = (x: Tensor): Tensor => and(bitcast(x, 'uint32'), 0x7fffffff)
const INFINITY_BITS = 0x7f800000

/** A test of a float; by bits for float32, since devices may assume that there is no NaN. Other dtypes give `otherwise`. */
const tested =
  (
    operation: string,
    ofBits: (word: Tensor) => Tensor,
    ofWide: (x: Tensor) => Tensor,
    otherwise: (x: Tensor, y: Tensor) => Tensor,
  ) =>
  (x: TensorLike): Tensor => {
    const tensor = asTensor(operation, x)
    if (tensor.dtype === 'float32') return ofBits(magnitudeBits(tensor))
    return isFloating(tensor.dtype) ? ofWide(tensor) : otherwise(tensor, tensor)
  }

/** Whether `x` is NaN, as bool; on every device. */
export const isNaN = tested('isNaN', (word) => greater(word, INFINITY_BITS), (x) => notEqual(x, x), notEqual) // prettier-ignore
/** Whether `x` is neither NaN nor infinite, as bool; on every device. */
export const isFinite = tested('isFinite', (word) => less(word, INFINITY_BITS), (x) => less(abs(x), Infinity), equal) // prettier-ignore
/** Whether `x` is infinite, as bool; on every device. */
export const isInf = tested('isInf', (word) => equal(word, INFINITY_BITS), (x) => equal(abs(x), Infinity), notEqual) // prettier-ignore

/** `x`, through which no derivative flows. */
export const stopGradient = (x: TensorLike): Tensor => p.stopGradient([asTensor('stopGradient', x)], null)
