// Exponentials, logarithms, hyperbolic functions and powers of float32 to 2 or 3 ULP, from +, -, ·, / and bit operations alone.
// e^x = 2^n (1 + p) with x = n ln 2 + r; ln x = e ln 2 + ln(1 + f) with 1 + f in [√½, √2]. Coefficients: S. Moshier's Cephes
// (logf, tanhf), else polynomials of least greatest relative error in the ranges stated. Float operations must not be regrouped.

import { add, div, greater, leading, less, mul, polynomial, signBit, sub } from './arithmetic.ts'
import { binary, bitcast, cast, constant, type Scalar, select, unary } from './scalar.ts'

const f = (value: number): Scalar => constant('float32', value)
const i = (value: number): Scalar => constant('int32', value)

const GREATEST = 3.4028234663852886e38
const SMALLEST_NORMAL = 2 ** -126
/** ln 2 in two parts; the first has 9 bits, so that small multiples of it are exact. */
const LN2_HIGH = 0.693359375
const LN2_LOW = -0.00021219444005469057

/** Where `e^x` leaves float32. */
const OVERFLOWS = 89
const UNDERFLOWS = -104

interface Reduced {
  /** A whole number. */
  readonly n: Scalar
  /** `e^r - 1` for the rest. */
  readonly p: Scalar
}

/** `x + tail = n ln 2 + r`; the tail is far smaller than x. */
function reduceExp(x: Scalar, tail?: Scalar): Reduced {
  const n = unary('round', mul(x, Math.LOG2E))
  const high = sub(sub(x, mul(n, LN2_HIGH)), mul(n, LN2_LOW))
  const r = tail === undefined ? high : add(high, tail)
  const p = polynomial(r, [0.000198502721106, 0.00139410011665, 0.00833338205368, 0.0416663559069, 0.166666663991, 0.500000004557]) // prettier-ignore
  return { n, p: add(mul(mul(r, r), p), r) }
}

/** `x · 2^n`, in two steps, since 2^n alone may be no float32. */
function scale(x: Scalar, n: Scalar): Scalar {
  const half = unary('floor', mul(n, 0.5))
  return mul(mul(x, unary('pow2', half)), unary('pow2', sub(n, half)))
}

/** A function of x with the limits of the exponential put in: `limit · inf` above, `below` below. */
function within(x: Scalar, value: Scalar, below: number): Scalar {
  return select(greater(x, OVERFLOWS), f(Infinity), select(less(x, UNDERFLOWS), f(below), value))
}

/** `e^(x + tail)`; 0 or infinity where it leaves float32. */
export function accurateExp(x: Scalar, tail?: Scalar): Scalar {
  const { n, p } = reduceExp(x, tail)
  return within(x, scale(add(p, 1), n), 0)
}

/** `e^x - 1`, right to rounding near 0 too. */
export function accurateExpm1(x: Scalar): Scalar {
  const { n, p } = reduceExp(x)
  // 2^n (1 + p) - 1 = 2 (2^h p + (2^h - 1/2)) with h = n - 1, since 2^128 is no float32
  const power = unary('pow2', sub(n, 1))
  const value = select(less(x, -30), f(-1), mul(add(mul(power, p), sub(power, 0.5)), 2))
  // half of the least numbers would be 0 on a device without subnormal ones
  return within(x, select(less(unary('abs', x), 2 ** -26), x, value), -1)
}

/** `e^x / 2`: finite wherever the hyperbolic functions are. */
function halfExp(x: Scalar): Scalar {
  const { n, p } = reduceExp(x)
  return select(greater(x, OVERFLOWS + 1), f(Infinity), scale(add(p, 1), sub(n, 1)))
}

/** `sinh x`. */
export function accurateSinh(x: Scalar): Scalar {
  const z = mul(x, x)
  const near = polynomial(z, [2.81695451443e-6, 0.000198361591078, 0.00833335006241, 0.166666664975])
  const half = halfExp(unary('abs', x))
  const far = sub(half, div(0.25, half))
  const size = select(signBit(x), unary('neg', far), far)
  return select(less(unary('abs', x), 1), add(mul(mul(near, z), x), x), size)
}

/** `cosh x`. */
export function accurateCosh(x: Scalar): Scalar {
  const half = halfExp(unary('abs', x))
  return add(half, div(0.25, half))
}

/** `tanh x`, saturating without overflow. */
export function accurateTanh(x: Scalar): Scalar {
  const size = unary('abs', x)
  const z = mul(x, x)
  const near = polynomial(
    z,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  )
  const small = add(mul(mul(near, z), x), x)
  const doubled = halfExp(mul(select(greater(size, 10), f(10), size), 2))
  const large = sub(1, div(1, add(doubled, 0.5)))
  return select(less(size, 0.625), small, select(signBit(x), unary('neg', large), large))
}

interface Split {
  /** The exponent, a whole number. */
  readonly e: Scalar
  /** The mantissa less 1, in [√½ - 1, √2 - 1]. */
  readonly m: Scalar
}

/** `x = 2^e (1 + m)` for positive finite x, subnormal ones too. */
function splitFloat(x: Scalar): Split {
  const tiny = less(x, SMALLEST_NORMAL)
  const bits = bitcast('int32', select(tiny, mul(x, 2 ** 23), x))
  const exponent = sub(binary('and', binary('shr', bits, i(23)), i(0xff)), select(tiny, i(126 + 23), i(126)))
  const mantissa = bitcast('float32', binary('or', binary('and', bits, i(0x007fffff)), i(0x3f000000)))
  const low = less(mantissa, Math.SQRT1_2)
  return {
    e: cast('float32', select(low, sub(exponent, i(1)), exponent)),
    m: sub(select(low, add(mantissa, mantissa), mantissa), 1),
  }
}

/** `(ln(1 + m) - m + m²/2) / m³`. */
const logTail = (m: Scalar): Scalar =>
  polynomial(m, [7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1]) // prettier-ignore

/** `ln(1 + m) - m`. */
function logRest(m: Scalar, shift?: Scalar): Scalar {
  const z = mul(m, m)
  const cubic = mul(mul(logTail(m), m), z)
  return sub(shift === undefined ? cubic : add(cubic, shift), mul(z, 0.5))
}

/** `e ln 2 + ln(1 + m)`. */
function logOf({ e, m }: Split): Scalar {
  return add(add(m, logRest(m, mul(e, LN2_LOW))), mul(e, LN2_HIGH))
}

/** A logarithm with its limits put in: -inf at 0, NaN below, inf at inf. */
function positive(x: Scalar, value: Scalar): Scalar {
  const above = select(greater(x, GREATEST), x, value)
  const outside = select(binary('eq', x, f(0)), f(-Infinity), f(Number.NaN))
  return select(greater(x, 0), above, select(binary('le', x, f(0)), outside, x))
}

/** `ln x`. */
export const accurateLog = (x: Scalar): Scalar => positive(x, logOf(splitFloat(x)))

/** The logarithm to base 2, exact for powers of 2. */
export function accurateLog2(x: Scalar): Scalar {
  const { e, m } = splitFloat(x)
  const rest = logRest(m)
  const beyond = Math.LOG2E - 1
  return positive(x, add(add(add(mul(rest, beyond), mul(m, beyond)), add(rest, m)), e))
}

/** `ln(1 + x)`, right to rounding near 0 too. */
export function accurateLog1p(x: Scalar): Scalar {
  const near = binary('and', greater(x, -0.29), less(x, 0.41))
  const shifted = add(x, 1)
  const { e, m } = splitFloat(shifted)
  const value = logOf({ e: select(near, f(0), e), m: select(near, x, m) })
  return select(near, value, positive(shifted, value))
}

/** Where the square of x is all of x² + 1. */
const FAR = 2 ** 14

/** `asinh x`. */
export function accurateAsinh(x: Scalar): Scalar {
  const size = unary('abs', x)
  const square = mul(size, size)
  const near = add(size, div(square, add(unary('sqrt', add(square, 1)), 1)))
  const far = greater(size, FAR)
  // ln(x + √(x² + 1)); far out it is ln x + ln 2 = ln(1 + (x - 1)) + ln 2
  const value = add(accurateLog1p(select(far, sub(size, 1), near)), select(far, f(Math.LN2), f(0)))
  return select(signBit(x), unary('neg', value), value)
}

/** `acosh x`; NaN below 1. */
export function accurateAcosh(x: Scalar): Scalar {
  const t = sub(x, 1)
  const far = greater(x, FAR)
  const near = add(t, unary('sqrt', mul(t, add(t, 2))))
  const value = add(accurateLog1p(select(far, t, near)), select(far, f(Math.LN2), f(0)))
  return select(less(x, 1), f(Number.NaN), value)
}

/** `atanh x`; infinite at -1 and 1, NaN outside. */
export function accurateAtanh(x: Scalar): Scalar {
  const size = unary('abs', x)
  const doubled = add(size, size)
  // ln((1 + x) / (1 - x)) / 2
  const value = mul(accurateLog1p(div(doubled, sub(1, size))), 0.5)
  const inside = select(binary('eq', size, f(1)), f(Infinity), select(greater(size, 1), f(Number.NaN), value))
  return select(signBit(x), unary('neg', inside), inside)
}

/** `ln x` for positive x as a sum of two float32, right to about 2^-32 of itself or of 1. */
function logInTwo(x: Scalar): { readonly high: Scalar; readonly low: Scalar } {
  const { e, m } = splitFloat(x)
  const m1 = leading(m)
  // m²/2 in an exact part and the rest
  const square = mul(mul(m1, m1), -0.5)
  const rest = mul(mul(sub(m, m1), add(m, m1)), -0.5)
  const cubic = mul(mul(mul(m, m), m), logTail(m))
  const whole = mul(e, LN2_HIGH)
  const first = add(whole, m)
  const lost = sub(m, sub(first, whole))
  const second = add(first, square)
  const lostToo = sub(square, sub(second, first))
  const low = add(add(add(add(lost, lostToo), rest), cubic), mul(e, LN2_LOW))
  const high = add(second, low)
  return { high, low: sub(low, sub(high, second)) }
}

/** `x^y` for x >= 0: e^(y ln x) with the product in two parts. */
export function accuratePow(x: Scalar, y: Scalar): Scalar {
  const log = logInTwo(x)
  // a NaN has bits that look like those of a number
  const limit = select(binary('eq', x, f(0)), f(-Infinity), x)
  const high = select(greater(x, 0), select(greater(x, GREATEST), f(Infinity), log.high), limit)
  const product = mul(high, y)
  const [h1, y1] = [leading(log.high), leading(y)]
  const [h2, y2] = [sub(log.high, h1), sub(y, y1)]
  const lost = add(add(add(sub(mul(h1, y1), product), mul(h1, y2)), mul(h2, y1)), mul(h2, y2))
  return accurateExp(product, add(lost, mul(log.low, y)))
}
