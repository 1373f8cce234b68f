// Exponentials, logarithms, powers and the functions made of them. What overflows or cancels when written out is a primitive of
// its own, so that values and derivatives keep their digits; derivatives use the output where that saves memory.

import { binary, constant, type Scalar, select as selectScalar, unary } from '../ir/scalar.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add, div, mul, select, sub } from './arithmetic.ts'
import { and, equal, greater } from './comparison.ts'
import { defineBinary, defineUnary, through, zeroOf } from './elementwiseRules.ts'
import { fullLike, literalValue } from './literal.ts'

const one = (like: Tensor): Tensor => fullLike(like, 1)

/** `e^x`. */
export const exp = defineUnary('exp', { operand: 'float', reference: Math.exp, element: through('exp'), vjp: ({ output, cotangent }) => mul([cotangent, output], null) }) // prettier-ignore

/** `e^x - 1`, right to rounding near 0 too. */
export const expm1 = defineUnary('expm1', { operand: 'float', reference: Math.expm1, element: through('expm1'), vjp: ({ inputs, cotangent }) => mul([cotangent, exp(inputs, null)], null) }) // prettier-ignore

/** Natural logarithm. */
export const log = defineUnary('log', { operand: 'float', reference: Math.log, element: through('log'), vjp: ({ inputs, cotangent }) => div([cotangent, inputs[0]!], null) }) // prettier-ignore

/** `log(1 + x)`, right to rounding near 0 too. */
export const log1p = defineUnary('log1p', { operand: 'float', reference: Math.log1p, element: through('log1p'), vjp: ({ inputs: [x], cotangent }) => div([cotangent, add([x!, one(x!)], null)], null) }) // prettier-ignore

/** Logarithm to base 2, exact for powers of 2. */
export const log2 = defineUnary('log2', {
  operand: 'float',
  reference: Math.log2,
  element: through('log2'),
  // d log2(x) = dx / (x ln 2)
  vjp: ({ inputs: [x], cotangent }) => div([cotangent, mul([x!, fullLike(x!, Math.LN2)], null)], null),
})

/** Square root. */
export const sqrt = defineUnary('sqrt', {
  operand: 'float',
  reference: Math.sqrt,
  element: through('sqrt'),
  vjp: ({ output, cotangent }) => div([cotangent, mul([output, fullLike(output, 2)], null)], null),
})

/** Hyperbolic sine. */
export const sinh = defineUnary('sinh', { operand: 'float', reference: Math.sinh, element: through('sinh'), vjp: ({ inputs, cotangent }) => mul([cotangent, cosh(inputs, null)], null) }) // prettier-ignore

/** Hyperbolic cosine. */
export const cosh = defineUnary('cosh', { operand: 'float', reference: Math.cosh, element: through('cosh'), vjp: ({ inputs, cotangent }) => mul([cotangent, sinh(inputs, null)], null) }) // prettier-ignore

/** Hyperbolic tangent. */
export const tanh = defineUnary('tanh', {
  operand: 'float',
  reference: Math.tanh,
  element: through('tanh'),
  // d tanh(x) = (1 - tanh(x)²) dx
  vjp: ({ output, cotangent }) => mul([cotangent, sub([one(output), mul([output, output], null)], null)], null),
})

/** Inverse hyperbolic sine. */
export const asinh = defineUnary('asinh', {
  operand: 'float',
  reference: Math.asinh,
  element: through('asinh'),
  // d asinh(x) = dx / √(x² + 1)
  vjp: ({ inputs: [x], cotangent }) => div([cotangent, sqrt([add([mul([x!, x!], null), one(x!)], null)], null)], null),
})

/** Inverse hyperbolic cosine; NaN below 1. */
export const acosh = defineUnary('acosh', {
  operand: 'float',
  reference: Math.acosh,
  element: through('acosh'),
  // d acosh(x) = dx / (√(x - 1) √(x + 1))
  vjp: ({ inputs: [x], cotangent }) =>
    div([cotangent, mul([sqrt([sub([x!, one(x!)], null)], null), sqrt([add([x!, one(x!)], null)], null)], null)], null),
})

/** Inverse hyperbolic tangent; infinite at -1 and 1, NaN outside. */
export const atanh = defineUnary('atanh', {
  operand: 'float',
  reference: Math.atanh,
  element: through('atanh'),
  // d atanh(x) = dx / ((1 - x) (1 + x))
  vjp: ({ inputs: [x], cotangent }) =>
    div([cotangent, mul([sub([one(x!), x!], null), add([one(x!), x!], null)], null)], null),
})

const expOfMinusSize = (x: Scalar): Scalar => unary('exp', unary('neg', unary('abs', x)))

/** `1 / (1 + e^-x)`, without overflow for any finite `x`. */
export const sigmoid = defineUnary('sigmoid', {
  operand: 'float',
  reference: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  element: (x) => {
    const unit = constant(x.dtype, 1)
    const e = expOfMinusSize(x)
    return binary('div', selectScalar(binary('ge', x, zeroOf(x)), unit, e), binary('add', unit, e))
  },
  // d σ(x) = σ(x) (1 - σ(x)) dx
  vjp: ({ output, cotangent }) => mul([cotangent, mul([output, sub([one(output), output], null)], null)], null),
})

/** `log(1 + e^x)`, without overflow for any finite `x`. */
export const softplus = defineUnary('softplus', {
  operand: 'float',
  reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  element: (x) => binary('add', binary('max', x, zeroOf(x)), unary('log1p', expOfMinusSize(x))),
  // d log(1 + e^x) = σ(x) dx
  vjp: ({ inputs, cotangent }) => mul([cotangent, sigmoid(inputs, null)], null),
})

/** Powers of magnitudes with the sign put back: a device's `pow` knows no negative base. */
function signedPower(x: Scalar, y: Scalar): Scalar {
  const isWhole = (value: Scalar): Scalar =>
    value.op === 'const'
      ? constant('bool', Number(Number.isInteger(value.value)))
      : binary('eq', value, unary('floor', value))
  const half = binary('mul', y, constant(y.dtype, 0.5))
  const power = selectScalar(binary('eq', y, zeroOf(y)), constant(x.dtype, 1), binary('pow', unary('abs', x), y))
  const ofNegative = selectScalar(
    isWhole(half),
    power,
    selectScalar(isWhole(y), unary('neg', power), constant(x.dtype, Number.NaN)),
  )
  return selectScalar(binary('lt', x, zeroOf(x)), ofNegative, power)
}

const isZero = (x: Tensor): Tensor => equal([x, fullLike(x, 0)], null)
const isPositive = (x: Tensor): Tensor => greater([x, fullLike(x, 0)], null)

/** `y - 1`, but 0 for 0^0: there y x^(y - 1) would be 0 · ∞. */
const lessOne = (x: Tensor, y: Tensor): Tensor =>
  sub([select([and([isZero(x), isZero(y)], null), one(y), y], null), one(y)], null)

/** `log x`, but 0 for x <= 0, with no NaN in its derivatives there. */
const logOfPositive = (x: Tensor): Tensor => log([select([isPositive(x), x, one(x)], null)], null)

/**
 * `x^y` for floats; 0^0 is 1, and NaN comes of a negative `x` and a fraction `y`. The derivative by `y` is taken as 0 where x <= 0;
 * the one by `x` is finite at x = 0 wherever mathematics says so, and 0 for y = 0.
 */
export const pow = defineBinary('pow', {
  operand: 'float',
  fn: 'pow',
  reference: Math.pow,
  element: signedPower,
  // d x^y = y x^(y-1) dx + x^y ln x dy
  vjp: ({ inputs: [x, y], output, cotangent, needs }) => [
    needs[0] ? mul([cotangent, mul([y!, pow([x!, lessOne(x!, y!)], null)], null)], null) : null,
    needs[1] ? mul([cotangent, select([isPositive(x!), mul([output, logOfPositive(x!)], null), fullLike(x!, 0)], null)], null) : null, // prettier-ignore
  ],
  rewrite: (x, y) => {
    const exponent = literalValue(y)
    return exponent === 1 ? x : exponent === 2 ? mul([x, x], null) : exponent === -1 ? div([one(x), x], null) : null
  },
})
