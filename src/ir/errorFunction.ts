// The error function and the normal distribution's, as scalar IR of float32 and float64: no target has them as builtins. Both
// come from erfcx(t) = e^(t²) erfc(t), a smooth function for which one polynomial in (t - 3) / (t + 3) does for all t >= 0.
// Coefficients: least greatest relative error, below 3e-9 (float32) and 1e-17 (float64).

import { add, div, greater, leading, less, mul, polynomial, sub } from './arithmetic.ts'
import { cast, constant, type Scalar, select, unary } from './scalar.ts'

/** `erf(x) / x` in x² up to 1. */
const NEAR32 = [-9.64143574326e-6, 0.000112569195391, -0.000848282490319, 0.00522094516061, -0.0268653999454, 0.112837819725, -0.376126384345, 1.12837916706] // prettier-ignore
const NEAR64 = [5.94523682128617341e-11, -1.13656509405401873e-9, 1.46578758821613918e-8, -1.63500246229454357e-7, 1.64609727594310943e-6, -0.0000149255935032364091, 0.000120553310367449157, -0.000854832697873788855, 0.00522397762478079026, -0.0268661706450728869, 0.112837916709548574, -0.376126389031837476, 1.12837916709551257] // prettier-ignore

/** `(t + 3) erfcx(t)` in (t - 3) / (t + 3). */
const SCALED32 = [-0.000326601810211, -0.000485618390645, 0.00307979847548, -0.0012251859111, -0.0268393474522, 0.119528861538, -0.310466083862, 0.590228310817, -0.88339448386, 1.07400690763] // prettier-ignore
const SCALED64 = [3.69132112897019858e-10, 1.06193023327538667e-9, -1.93718561854417693e-9, -9.87072393242915576e-9, 9.98845430898337491e-10, 5.36017088540632303e-8, 4.36858939465871615e-8, -2.36708910491335163e-7, -4.06137873776497494e-7, 1.00094699558576591e-6, 2.76446489396487108e-6, -4.75007041573324068e-6, -0.0000174702608145489918, 0.0000303983875255704721, 0.000107561422988647081, -0.000276777883859081022, -0.000548309683792006158, 0.00303406200495594158, -0.00121241662775992135, -0.0268272346246825527, 0.119527761287308646, -0.310467261900562542, 0.590228357104101612, -0.883394453169883661, 1.0740069070883397] // prettier-ignore

/** `e^(t²) erfc(t)` for t >= 0. */
function scaledComplement(t: Scalar): Scalar {
  const by = add(t, 3)
  return div(polynomial(div(sub(t, 3), by), t.dtype === 'float64' ? SCALED64 : SCALED32), by)
}

/** `2/√π ∫₀ˣ e^(-t²) dt`. */
export function errorFunction(x: Scalar): Scalar {
  const size = unary('abs', x)
  const z = mul(x, x)
  const near = mul(x, polynomial(z, x.dtype === 'float64' ? NEAR64 : NEAR32))
  // beyond 6 the result is 1; a greater x must not overflow its square
  const t = select(greater(size, 6), constant(x.dtype, 6), size)
  const far = sub(1, mul(unary('exp', unary('neg', mul(t, t))), scaledComplement(t)))
  return select(less(size, 1), near, select(less(x, 0), unary('neg', far), far))
}

/** The head of a float of which the square is exact. */
const head = (x: Scalar): Scalar => (x.dtype === 'float64' ? cast('float64', cast('float32', x)) : leading(x))

/** `(1 + erf(x/√2)) / 2`, with the digits of small results. */
export function normalDistribution(x: Scalar): Scalar {
  const size = unary('abs', x)
  // where the tail is 0: e^(-x²/2) must lose no digits before that
  const limit = x.dtype === 'float64' ? 39 : 15
  const t = select(greater(size, limit), constant(x.dtype, limit), size)
  const t1 = head(t)
  const rest = mul(mul(sub(t, t1), add(t, t1)), -0.5)
  const power = mul(
    unary('exp', mul(mul(t1, t1), -0.5)),
    add(mul(rest, polynomial(rest, [1 / 24, 1 / 6, 1 / 2, 1])), 1),
  )
  const product = mul(mul(power, scaledComplement(mul(t, Math.SQRT1_2))), 0.5)
  const tail = select(greater(size, limit), constant(x.dtype, 0), product)
  const far = select(greater(x, 0), sub(1, tail), tail)
  const z = mul(mul(x, x), 0.5)
  const near = add(mul(mul(x, Math.SQRT1_2 / 2), polynomial(z, x.dtype === 'float64' ? NEAR64 : NEAR32)), 0.5)
  return select(less(size, 1), near, far)
}
