// Elementary functions of real numbers, elementwise: integers and bool are computed as float32. Outside its domain a function is
// NaN. On WebGPU float32 results are within 6 ULP of the exact ones on every device: scripts/accuracy.mjs prints a table.

import { isFloating } from '../core/dtype.ts'
import type { Tensor } from '../ir/tensor.ts'
import * as p from '../primitives/elementwise.ts'
import { div } from './arithmetic.ts'
import { commonDType, ofReal, type TensorLike, toFloat, unify } from './operand.ts'

/** `e^x`. */
export const exp = ofReal('exp', p.exp)
/** `e^x - 1`, right to rounding also for `x` so small that `e^x` rounds to 1. */
export const expm1 = ofReal('expm1', p.expm1)
/** Natural logarithm; -infinity at 0. */
export const log = ofReal('log', p.log)
/** `log(1 + x)`, right to rounding also for `x` so small that `1 + x` rounds to 1. */
export const log1p = ofReal('log1p', p.log1p)
/** Logarithm to base 2, exact for powers of 2. */
export const log2 = ofReal('log2', p.log2)
/** Square root. */
export const sqrt = ofReal('sqrt', p.sqrt)
/** `1 / √x`. */
export const rsqrt = (x: TensorLike): Tensor => div(1, sqrt(x))
/** Sine; radians. On WebGPU for |x| up to 10^5: farther out the digits of the angle are lost. */
export const sin = ofReal('sin', p.sin)
/** Cosine; radians, as `sin`. */
export const cos = ofReal('cos', p.cos)

/** Tangent; radians, as `sin`. */
export function tan(x: TensorLike): Tensor {
  const angle = toFloat('tan', x)
  return div(sin(angle), cos(angle))
}

/** The angle in -π/2 .. π/2 whose sine is `x`. */
export const asin = ofReal('asin', p.asin)
/** The angle in 0 .. π whose cosine is `x`. */
export const acos = ofReal('acos', p.acos)
/** The angle in -π/2 .. π/2 whose tangent is `x`. */
export const atan = ofReal('atan', p.atan)

/** The angle in -π .. π of the point (x, y), with IEEE 754's signs of zero; its derivatives at the origin are taken as 0. */
export function atan2(y: TensorLike, x: TensorLike): Tensor {
  const dtype = commonDType([y, x])
  return p.atan2(unify('atan2', [y, x], isFloating(dtype) ? dtype : 'float32'), null)
}

/** Hyperbolic sine. */
export const sinh = ofReal('sinh', p.sinh)
/** Hyperbolic cosine. */
export const cosh = ofReal('cosh', p.cosh)
/** Hyperbolic tangent. */
export const tanh = ofReal('tanh', p.tanh)
/** Inverse hyperbolic sine. */
export const asinh = ofReal('asinh', p.asinh)
/** Inverse hyperbolic cosine, for `x` from 1. */
export const acosh = ofReal('acosh', p.acosh)
/** Inverse hyperbolic tangent, for `x` between -1 and 1; infinite at both. */
export const atanh = ofReal('atanh', p.atanh)
/** The error function, `2/√π ∫₀ˣ e^(-t²) dt`. */
export const erf = ofReal('erf', p.erf)
