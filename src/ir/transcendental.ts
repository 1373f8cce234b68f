// Accurate float32 polynomials for the functions whose builtins are coarse on some devices (SwiftShader: sin and cos err by 2e-4,
// log and tanh by 3e-5). They are ordinary scalar IR, so every target could print them; those with exact functions of their own
// (JavaScript) do not. Coefficients: S. Moshier, Cephes single precision library (sinf, cosf, logf, tanhf); errors below 2 ULP
// in the ranges stated.

import { binary, bitcast, cast, constant, type Scalar, select, unary, type UnaryFn } from './scalar.ts'

const f = (value: number): Scalar => constant('float32', value)
const i = (value: number): Scalar => constant('int32', value)
const add = (x: Scalar, y: Scalar): Scalar => binary('add', x, y)
const sub = (x: Scalar, y: Scalar): Scalar => binary('sub', x, y)
const mul = (x: Scalar, y: Scalar): Scalar => binary('mul', x, y)

/** Horner's rule, highest coefficient first. */
function polynomial(x: Scalar, coefficients: readonly number[]): Scalar {
  return coefficients.slice(1).reduce((sum, c) => add(mul(sum, x), f(c)), f(coefficients[0]!))
}

const SMALLEST_NORMAL = 2 ** -126

/** ln x for every float32: -inf at 0, NaN below, inf at inf. */
function accurateLog(x: Scalar): Scalar {
  const tiny = binary('lt', x, f(SMALLEST_NORMAL))
  const normal = select(tiny, mul(x, f(2 ** 23)), x)
  const bits = bitcast('int32', normal)
  const exponent = sub(binary('and', binary('shr', bits, i(23)), i(0xff)), select(tiny, i(126 + 23), i(126)))
  const mantissa = bitcast('float32', binary('or', binary('and', bits, i(0x007fffff)), i(0x3f000000)))
  const low = binary('lt', mantissa, f(Math.SQRT1_2))
  const e = cast('float32', select(low, sub(exponent, i(1)), exponent))
  const m = sub(select(low, add(mantissa, mantissa), mantissa), f(1))
  const z = mul(m, m)
  const tail = polynomial(m, [7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1]) // prettier-ignore
  const y = add(add(mul(mul(tail, m), z), mul(e, f(-2.1219444e-4))), mul(z, f(-0.5)))
  const finite = add(add(m, y), mul(e, f(0.693359375)))
  const outside = select(binary('eq', x, f(0)), f(-Infinity), f(Number.NaN))
  const positive = select(binary('gt', x, f(3.4028234663852886e38)), x, finite)
  return select(binary('gt', x, f(0)), positive, select(binary('le', x, f(0)), outside, x))
}

/** tanh x, saturating without overflow. */
function accurateTanh(x: Scalar): Scalar {
  const size = unary('abs', x)
  const z = mul(x, x)
  const near = polynomial(
    z,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  )
  const small = add(mul(mul(near, z), x), x)
  const doubled = unary('exp', mul(binary('min', size, f(10)), f(2)))
  const large = sub(f(1), binary('div', f(2), add(doubled, f(1))))
  return select(binary('lt', size, f(0.625)), small, select(binary('lt', x, f(0)), unary('neg', large), large))
}

const FOUR_OVER_PI = 1.27323954473516

/** sin x or cos x; the reduction is exact enough up to |x| = 8192. */
function accurateSinCos(x: Scalar, cosine: boolean): Scalar {
  const size = unary('abs', x)
  const octant = cast('int32', mul(size, f(FOUR_OVER_PI)))
  const even = add(octant, binary('and', octant, i(1)))
  const y = cast('float32', even)
  const r = sub(
    sub(sub(size, mul(y, f(0.78515625))), mul(y, f(2.4187564849853516e-4))),
    mul(y, f(3.774894977445941e-8)),
  )
  const z = mul(r, r)
  const cosPart = add(
    sub(
      mul(mul(polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]), z), z),
      mul(z, f(0.5)),
    ),
    f(1),
  )
  const sinPart = add(mul(mul(polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]), z), r), r)
  const place = binary('and', even, i(7))
  const quarter = binary('and', place, i(3))
  const swapped = binary('eq', quarter, i(2))
  const flipped = binary('ge', place, i(4))
  if (!cosine) {
    const value = select(swapped, cosPart, sinPart)
    const negative = binary('xor', flipped, binary('lt', x, f(0)))
    return select(negative, unary('neg', value), value)
  }
  const value = select(swapped, sinPart, cosPart)
  return select(binary('xor', flipped, swapped), unary('neg', value), value)
}

/** The polynomial of a function of a float32, or null where the builtin is kept. */
export function expandUnary(fn: UnaryFn, x: Scalar): Scalar | null {
  if (x.dtype !== 'float32') return null
  switch (fn) {
    case 'log':
      return accurateLog(x)
    case 'tanh':
      return accurateTanh(x)
    case 'sin':
      return accurateSinCos(x, false)
    case 'cos':
      return accurateSinCos(x, true)
    default:
      return null
  }
}
