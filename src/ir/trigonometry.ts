// Angles in float32 to 2 or 3 ULP, from +, -, ·, / and √ alone: sine and cosine, and their inverses. Coefficients: S. Moshier's
// Cephes (sinf, cosf), else polynomials of least greatest relative error in the ranges stated.

import { add, div, greater, less, mul, polynomial, signBit, sub } from './arithmetic.ts'
import { binary, constant, type Scalar, select, unary } from './scalar.ts'

const f = (value: number): Scalar => constant('float32', value)

/** π/2 in four parts: the first three have 8 bits, so that their products with whole numbers below 2^16 are exact. */
const HALF_PI = [1.5703125, 4.825592041015625e-4, 1.2665987014770508e-6, 9.92093629470503e-10]

/** `sin x` or `cos x`, accurate for |x| up to 10^5; farther out the angle itself is lost. */
export function accurateSinCos(x: Scalar, cosine: boolean): Scalar {
  const q = unary('round', mul(x, 2 / Math.PI))
  const r = HALF_PI.reduce((rest, part) => sub(rest, mul(q, part)), x)
  const z = mul(r, r)
  const even = polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])
  const odd = polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])
  const cosPart = add(sub(mul(mul(even, z), z), mul(z, 0.5)), 1)
  const sinPart = add(mul(mul(odd, z), r), r)
  // the quadrant: 0, 1, 2 or 3
  const place = sub(q, mul(unary('floor', mul(q, 0.25)), 4))
  const swapped = binary('or', binary('eq', place, f(1)), binary('eq', place, f(3)))
  const value = cosine ? select(swapped, sinPart, cosPart) : select(swapped, cosPart, sinPart)
  const flipped = cosine
    ? binary('or', binary('eq', place, f(1)), binary('eq', place, f(2)))
    : binary('or', binary('eq', place, f(2)), binary('eq', place, f(3)))
  return select(flipped, unary('neg', value), value)
}

/** `atan q` for 0 <= q <= 1. */
function nearAtan(q: Scalar): Scalar {
  const z = mul(q, q)
  const tail = polynomial(z, [-0.00179295440118, 0.0109116125948, -0.0311722576376, 0.0579519763698, -0.0840312212719, 0.10952073676, -0.142642203883, 0.199985463106, -0.333332990257]) // prettier-ignore
  return add(mul(mul(tail, z), q), q)
}

/** π/2 less its float32. */
const HALF_PI_LOW = -4.371139000186241e-8

/** `atan x`. */
export function accurateAtan(x: Scalar): Scalar {
  const size = unary('abs', x)
  const far = greater(size, 1)
  const near = nearAtan(select(far, div(1, size), size))
  const value = select(far, add(sub(Math.PI / 2, near), HALF_PI_LOW), near)
  return select(signBit(x), unary('neg', value), value)
}

/** The angle of the point (x, y), from -π to π; signed zeros and infinities as in IEEE 754. */
export function accurateAtan2(y: Scalar, x: Scalar): Scalar {
  const [height, width] = [unary('abs', y), unary('abs', x)]
  const steep = greater(height, width)
  const [least, greatest] = [select(steep, width, height), select(steep, height, width)]
  const diagonal = select(binary('eq', greatest, f(0)), f(0), f(1))
  const near = nearAtan(select(binary('eq', least, greatest), diagonal, div(least, greatest)))
  const quarter = select(steep, add(sub(Math.PI / 2, near), HALF_PI_LOW), near)
  const half = select(signBit(x), add(sub(Math.PI, quarter), 2 * HALF_PI_LOW), quarter)
  return select(signBit(y), unary('neg', half), half)
}

/** `asin s` for 0 <= s <= 1/2. */
function nearAsin(s: Scalar): Scalar {
  const z = mul(s, s)
  const tail = polynomial(z, [0.0375158120075, 0.0144390375305, 0.0318076139642, 0.044516965612, 0.0750050415, 0.166666599912]) // prettier-ignore
  return add(mul(mul(tail, z), s), s)
}

/** asin of the size of x, or of √((1 - |x|) / 2), whichever is at most 1/2. */
function reducedAsin(x: Scalar): { readonly far: Scalar; readonly angle: Scalar; readonly outside: Scalar } {
  const size = unary('abs', x)
  const far = greater(size, 0.5)
  const angle = nearAsin(select(far, unary('sqrt', mul(sub(1, size), 0.5)), size))
  return { far, angle, outside: greater(size, 1) }
}

/** `asin x`; NaN outside -1 .. 1. */
export function accurateAsin(x: Scalar): Scalar {
  const { far, angle, outside } = reducedAsin(x)
  const value = select(far, add(sub(Math.PI / 2, add(angle, angle)), HALF_PI_LOW), angle)
  return select(outside, f(Number.NaN), select(signBit(x), unary('neg', value), value))
}

/** `acos x`; NaN outside -1 .. 1. */
export function accurateAcos(x: Scalar): Scalar {
  const { far, angle, outside } = reducedAsin(x)
  const doubled = add(angle, angle)
  const negative = less(x, 0)
  const ends = select(negative, add(sub(Math.PI, doubled), 2 * HALF_PI_LOW), doubled)
  const middle = add(sub(Math.PI / 2, select(negative, unary('neg', angle), angle)), HALF_PI_LOW)
  return select(outside, f(Number.NaN), select(far, ends, middle))
}
