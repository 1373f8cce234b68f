// Which functions of float32 are written out as polynomials where a target's builtins are coarse (SwiftShader: sin and cos err by
// 2e-4, log and tanh by 3e-5; WGSL promises little of the others). They are ordinary scalar IR, so every target could print
// them; those with exact functions of their own (JavaScript) do not.

import type { DType } from '../core/dtype.ts'
import { add, div, greater, leading, less, mul, sub } from './arithmetic.ts'
import { accurateAcosh, accurateAsinh, accurateAtanh, accurateCosh, accurateExp, accurateExpm1, accurateLog, accurateLog1p, accurateLog2, accuratePow, accurateSinh, accurateTanh } from './exponential.ts' // prettier-ignore
import { binary, type BinaryFn, constant, type Scalar, select, unary, type UnaryFn } from './scalar.ts'
import { accurateAcos, accurateAsin, accurateAtan, accurateAtan2, accurateSinCos } from './trigonometry.ts'

const UNARY: Partial<Record<UnaryFn, (x: Scalar) => Scalar>> = {
  exp: accurateExp,
  expm1: accurateExpm1,
  log: accurateLog,
  log1p: accurateLog1p,
  log2: accurateLog2,
  sin: (x) => accurateSinCos(x, false),
  cos: (x) => accurateSinCos(x, true),
  asin: accurateAsin,
  acos: accurateAcos,
  atan: accurateAtan,
  sinh: accurateSinh,
  cosh: accurateCosh,
  tanh: accurateTanh,
  asinh: accurateAsinh,
  acosh: accurateAcosh,
  atanh: accurateAtanh,
}

const BINARY: Partial<Record<BinaryFn, (x: Scalar, y: Scalar) => Scalar>> = {
  pow: accuratePow,
  atan2: accurateAtan2,
  rem: accurateRem,
}

/** `x - q y` for the whole quotient q below 2^12 of positive numbers, exactly. */
function remainderOf(x: Scalar, y: Scalar): Scalar {
  const q = unary('trunc', div(x, y))
  const y1 = leading(y)
  const rest = sub(sub(x, mul(q, y1)), mul(q, sub(y, y1)))
  // the quotient of a device may be off by one
  const raised = select(less(rest, 0), add(rest, y), rest)
  return select(binary('ge', raised, y), sub(raised, y), raised)
}

/** The remainder of truncating division, exact for quotients below 2^24: the builtin loses the bits of a rounded quotient. */
function accurateRem(x: Scalar, y: Scalar): Scalar {
  const [size, by] = [unary('abs', x), unary('abs', y)]
  const coarse = mul(by, 2 ** 12)
  const reduced = select(less(size, coarse), size, remainderOf(size, coarse))
  const rest = select(greater(by, reduced), reduced, remainderOf(reduced, by))
  const f = (value: number): Scalar => constant('float32', value)
  const value = select(binary('eq', by, f(0)), f(Number.NaN), rest)
  return select(less(x, 0), unary('neg', value), value)
}

/** Whether a function of a dtype is written out. */
export function isWrittenOut(fn: UnaryFn | BinaryFn, dtype: DType): boolean {
  return dtype === 'float32' && (fn in UNARY || fn in BINARY)
}

/** A function of float32 from arithmetic alone, or null where the builtin is kept. */
export function expandUnary(fn: UnaryFn, x: Scalar): Scalar | null {
  return isWrittenOut(fn, x.dtype) ? (UNARY[fn]?.(x) ?? null) : null
}

/** The same for functions of two float32. */
export function expandBinary(fn: BinaryFn, x: Scalar, y: Scalar): Scalar | null {
  return isWrittenOut(fn, x.dtype) ? (BINARY[fn]?.(x, y) ?? null) : null
}
