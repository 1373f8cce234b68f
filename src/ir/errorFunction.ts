// The error function and the normal distribution's, as scalar IR of float32 and float64: no target has them as builtins. Both
// come from erfcx(t) = e^(t²) erfc(t), a smooth function for which one polynomial in (t - 3) / (t + 3) does for all t >= 0.
// Coefficients: least greatest relative error, below 3e-9 (float32) and 1e-17 (float64).

import { add, div, greater, leading, less, mul, polynomial, sub } from './arithmetic.ts'
import { cast, constant, type Scalar, select, unary } from './scalar.ts'

/** `erf(x) / x` in x² up to 1. */
const NEAR32 = [-9.64143574326e-6, 0.000112569195391, -0.000848282490319, 0.00522094516061, -0.0268653999454, 0.112837819725, -0.376126384345, 1.12837916706] // prettier-ignore
const NEAR64 = [5.945236821286173e-11, -1.1365650940540188e-9, 1.4657875882161392e-8, -1.6350024622945436e-7, 1.6460972759431095e-6, -1.4925593503236408e-5, 0.00012055331036744916, -0.0008548326978737888, 0.00522397762478079, -0.026866170645072886, 0.11283791670954857, -0.3761263890318375, 1.1283791670955126] // prettier-ignore

/** `(t + 3) erfcx(t)` in (t - 3) / (t + 3). */
const SCALED32 = [-0.000326601810211, -0.000485618390645, 0.00307979847548, -0.0012251859111, -0.0268393474522, 0.119528861538, -0.310466083862, 0.590228310817, -0.88339448386, 1.07400690763] // prettier-ignore
const SCALED64 = [3.6913211289701986e-10, 1.0619302332753867e-9, -1.937185618544177e-9, -9.870723932429155e-9, 9.988454308983374e-10, 5.3601708854063233e-8, 4.368589394658716e-8, -2.3670891049133517e-7, -4.061378737764975e-7, 1.000946995585766e-6, 2.764464893964871e-6, -4.75007041573324e-6, -1.747026081454899e-5, 3.039838752557047e-5, 0.00010756142298864707, -0.000276777883859081, -0.0005483096837920062, 0.0030340620049559416, -0.0012124166277599213, -0.026827234624682554, 0.11952776128730865, -0.31046726190056256, 0.5902283571041016, -0.8833944531698836, 1.0740069070883398] // prettier-ignore

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
