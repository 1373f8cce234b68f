// The scalar IR: the typed expression of one element of a kernel's output. Every target prints it (WGSL, JavaScript).
// Nodes are immutable and built by the constructors of this file and of indexMap.ts, which fold constants; `hash` identifies a
// node by its structure, so that printers emit equal subexpressions once.

import { type DType, isFloating } from '../core/dtype.ts'
import { InternalError } from '../core/errors.ts'
import type { Aval } from '../core/aval.ts'

/**
 * Functions of one value. `round` is to nearest, ties to even; `pow2` is 2^x of a whole number from -126 to 127 held in a float.
 */
export type UnaryFn =
  | 'neg' | 'abs' | 'floor' | 'ceil' | 'round' | 'trunc' | 'sqrt' | 'pow2'
  | 'exp' | 'expm1' | 'log' | 'log1p' | 'log2'
  | 'sin' | 'cos' | 'asin' | 'acos' | 'atan'
  | 'sinh' | 'cosh' | 'tanh' | 'asinh' | 'acosh' | 'atanh'
  | 'not' | 'bitnot' // prettier-ignore

/**
 * Functions of two values of one dtype. Integer `div` and `rem` truncate and give 0 for a divisor of 0; `min` and `max` give NaN if
 * an operand is NaN; the comparisons give bool, and with a NaN false (`ne`: true); `atan2(y, x)` is the angle of (x, y).
 */
export type BinaryFn =
  | 'add' | 'sub' | 'mul' | 'div' | 'rem' | 'pow' | 'atan2' | 'min' | 'max'
  | 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'
  | 'and' | 'or' | 'xor' | 'shl' | 'shr' // prettier-ignore

/** How the values of a fold are combined. `argmax` and `argmin` give the first index of the extreme. */
export type Combine = 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin'

/** What a load reads: anything with an aval (a tensor); identity matters, not content. */
export interface Loadable {
  readonly id: number
  readonly aval: Aval
}

/** A loop coordinate: an int32 that runs over `0 .. extent - 1`. */
export interface Variable {
  readonly op: 'variable'
  readonly dtype: 'int32'
  readonly hash: number
  readonly name: string
  readonly extent: number
}

/** `constant + Σ factor · scalar`, the canonical form of index arithmetic (built by indexMap.ts). */
export interface Affine {
  readonly op: 'affine'
  readonly dtype: 'int32'
  readonly hash: number
  readonly terms: readonly { readonly scalar: Scalar; readonly factor: number }[]
  readonly constant: number
}

/** One node of the scalar IR. */
export type Scalar =
  | { readonly op: 'const'; readonly dtype: DType; readonly hash: number; readonly value: number }
  | Variable
  | Affine
  /** Floor division and the matching non-negative remainder of an int32 by a positive constant. */
  | {
      readonly op: 'quotient' | 'remainder'
      readonly dtype: 'int32'
      readonly hash: number
      readonly x: Scalar
      readonly by: number
    }
  /** The element of `source` at a flat, row-major index. */
  | {
      readonly op: 'load'
      readonly dtype: DType
      readonly hash: number
      readonly source: Loadable
      readonly index: Scalar
    }
  /** A value of the argument row: what changes from step to step. */
  | { readonly op: 'argument'; readonly dtype: DType; readonly hash: number; readonly source: Loadable }
  | { readonly op: 'unary'; readonly dtype: DType; readonly hash: number; readonly fn: UnaryFn; readonly x: Scalar }
  | {
      readonly op: 'binary'
      readonly dtype: DType
      readonly hash: number
      readonly fn: BinaryFn
      readonly x: Scalar
      readonly y: Scalar
    }
  | {
      readonly op: 'select'
      readonly dtype: DType
      readonly hash: number
      readonly condition: Scalar
      readonly x: Scalar
      readonly y: Scalar
    }
  | { readonly op: 'cast' | 'bitcast'; readonly dtype: DType; readonly hash: number; readonly x: Scalar }
  /** The values of `body` for all `variable`, combined in order. */
  | {
      readonly op: 'fold'
      readonly dtype: DType
      readonly hash: number
      readonly combine: Combine
      readonly variable: Variable
      readonly body: Scalar
    }
  /** An array of `variable.extent` elements `body`, computed once where its free variables are known, read at `index`. */
  | {
      readonly op: 'local'
      readonly dtype: DType
      readonly hash: number
      readonly variable: Variable
      readonly body: Scalar
      readonly index: Scalar
    }
  /** `x`, not before `on` could be computed: an order without a value. Printers write `x` alone. */
  | { readonly op: 'after'; readonly dtype: DType; readonly hash: number; readonly x: Scalar; readonly on: Scalar }
  /** The finished sum of a contraction, in its epilogue. */
  | { readonly op: 'accumulator'; readonly dtype: DType; readonly hash: number }

const OP_CODES = ['const', 'variable', 'affine', 'quotient', 'remainder', 'load', 'argument', 'unary', 'binary', 'select', 'cast', 'bitcast', 'fold', 'local', 'accumulator', 'after'] // prettier-ignore

/** Mixes numbers and strings into 52 bits; equal inputs give equal results on every machine. */
export function hashOf(...parts: readonly (number | string)[]): number {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  const mix = (word: number): void => {
    a = Math.imul(a ^ word, 0x2c1b3c6d)
    a ^= a >>> 15
    b = Math.imul(b + word + (a << 3), 0x297a2d39)
    b ^= b >>> 13
  }
  for (const part of parts) {
    if (typeof part === 'string') {
      for (let i = 0; i < part.length; i++) mix(part.charCodeAt(i))
      mix(part.length + 7)
    } else if (Number.isSafeInteger(part) && !Object.is(part, -0)) {
      mix(part | 0)
      mix((part / 2 ** 32) | 0)
    } else {
      const words = new Uint32Array(new Float64Array([part]).buffer)
      mix(words[0]!)
      mix(words[1]! + 1)
    }
  }
  return (a >>> 0) * 2 ** 20 + ((b >>> 0) % 2 ** 20)
}

const code = (op: string): number => OP_CODES.indexOf(op)

/** Rounds a JavaScript number to what `dtype` holds. */
export function roundTo(dtype: DType, value: number): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(value)
    case 'int32':
      return value | 0
    case 'uint32':
      return value >>> 0
    case 'uint8':
      return value & 255
    case 'bool':
      return value ? 1 : 0
    default:
      return value
  }
}

/** A constant of `dtype`. */
export function constant(dtype: DType, value: number): Scalar {
  const rounded = roundTo(dtype, value)
  return { op: 'const', dtype, value: rounded, hash: hashOf(code('const'), dtype, rounded) }
}

/** A loop coordinate; `name` must be unique within a kernel. */
export function variable(name: string, extent: number): Variable {
  return { op: 'variable', dtype: 'int32', name, extent, hash: hashOf(code('variable'), name, extent) }
}

/** The element of `source` at a flat index. */
export function load(source: Loadable, index: Scalar): Scalar {
  return { op: 'load', dtype: source.aval.dtype, source, index, hash: hashOf(code('load'), source.id, index.hash) }
}

/** A per-step value. */
export function argument(source: Loadable): Scalar {
  return { op: 'argument', dtype: source.aval.dtype, source, hash: hashOf(code('argument'), source.id) }
}

const FOLD_UNARY: Partial<Record<UnaryFn, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  not: (x) => (x ? 0 : 1),
}

/** `fn(x)`; the dtype is kept. */
export function unary(fn: UnaryFn, x: Scalar): Scalar {
  const known = FOLD_UNARY[fn]
  if (known !== undefined && x.op === 'const') return constant(x.dtype, known(x.value))
  return { op: 'unary', dtype: x.dtype, fn, x, hash: hashOf(code('unary'), fn, x.hash) }
}

const COMPARISONS: ReadonlySet<BinaryFn> = new Set<BinaryFn>(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])

const FOLD_BINARY: Partial<Record<BinaryFn, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  min: Math.min,
  max: Math.max,
  eq: (x, y) => Number(x === y),
  ne: (x, y) => Number(x !== y),
  lt: (x, y) => Number(x < y),
  le: (x, y) => Number(x <= y),
  gt: (x, y) => Number(x > y),
  ge: (x, y) => Number(x >= y),
}

/** `fn(x, y)`; both have one dtype, which the result has too unless it is a comparison. */
export function binary(fn: BinaryFn, x: Scalar, y: Scalar): Scalar {
  if (x.dtype !== y.dtype && fn !== 'shl' && fn !== 'shr') {
    throw new InternalError(`scalar ${fn}: dtypes ${x.dtype} and ${y.dtype} differ`)
  }
  const dtype = COMPARISONS.has(fn) ? 'bool' : x.dtype
  const known = FOLD_BINARY[fn]
  const wraps = fn === 'mul' && !isFloating(x.dtype) // a product of integers may exceed 2^53
  if (known !== undefined && !wraps && x.op === 'const' && y.op === 'const')
    return constant(dtype, known(x.value, y.value))
  if (x.dtype === 'bool' && fn === 'and') {
    if (x.op === 'const') return x.value ? y : x
    if (y.op === 'const') return y.value ? x : y
  }
  // what is greater than a bound is so before it is raised to that bound: the derivative of relu need not compute relu
  if (fn === 'gt' && y.op === 'const' && x.op === 'binary' && x.fn === 'max') {
    if (x.y.hash === y.hash) return binary('gt', x.x, y)
    if (x.x.hash === y.hash) return binary('gt', x.y, y)
  }
  return { op: 'binary', dtype, fn, x, y, hash: hashOf(code('binary'), fn, x.hash, y.hash) }
}

/** `condition ? x : y`. */
export function select(condition: Scalar, x: Scalar, y: Scalar): Scalar {
  if (condition.op === 'const') return condition.value ? x : y
  if (x.hash === y.hash) return x
  return { op: 'select', dtype: x.dtype, condition, x, y, hash: hashOf(code('select'), condition.hash, x.hash, y.hash) }
}

/**
 * The value of `x` in another dtype. Floats to integers truncate and end at the dtype's range, NaN gives 0; integers to integers
 * keep the low bits; anything to bool is `x != 0`.
 */
export function cast(dtype: DType, x: Scalar): Scalar {
  if (x.dtype === dtype) return x
  if (x.op === 'const' && (isFloating(dtype) || x.dtype === 'bool')) return constant(dtype, x.value)
  return { op: 'cast', dtype, x, hash: hashOf(code('cast'), dtype, x.hash) }
}

/** The 32 bits of `x` read as another dtype. */
export function bitcast(dtype: DType, x: Scalar): Scalar {
  return x.dtype === dtype ? x : { op: 'bitcast', dtype, x, hash: hashOf(code('bitcast'), dtype, x.hash) }
}

/** The combination of `body` over all values of `over`. */
export function fold(combine: Combine, over: Variable, body: Scalar): Scalar {
  const dtype = combine === 'argmax' || combine === 'argmin' ? 'int32' : body.dtype
  return { op: 'fold', dtype, combine, variable: over, body, hash: hashOf(code('fold'), combine, over.hash, body.hash) }
}

/** Element `index` of the array whose elements are `body` for each value of `over`. */
export function local(over: Variable, body: Scalar, index: Scalar): Scalar {
  return { op: 'local', dtype: body.dtype, variable: over, body, index, hash: hashOf(code('local'), over.hash, body.hash, index.hash) } // prettier-ignore
}

/** `x`, ordered after `on`. */
export function after(x: Scalar, on: Scalar): Scalar {
  return x.op === 'const' ? x : { op: 'after', dtype: x.dtype, x, on, hash: hashOf(code('after'), x.hash, on.hash) }
}

/** The contraction's sum. */
export function accumulator(dtype: DType): Scalar {
  return { op: 'accumulator', dtype, hash: hashOf(code('accumulator'), dtype) }
}

/** An affine node with canonical terms; use the functions of indexMap.ts instead. */
export function affineNode(terms: Affine['terms'], constantPart: number): Affine {
  const hash = hashOf(code('affine'), constantPart, ...terms.flatMap((term) => [term.scalar.hash, term.factor]))
  return { op: 'affine', dtype: 'int32', terms, constant: constantPart, hash }
}

/** A quotient or remainder node; use `floorDiv` and `floorMod` of indexMap.ts instead. */
export function divisionNode(op: 'quotient' | 'remainder', x: Scalar, by: number): Scalar {
  return { op, dtype: 'int32', x, by, hash: hashOf(code(op), x.hash, by) }
}

/** The nodes that a node is made of. */
export function childrenOf(scalar: Scalar): readonly Scalar[] {
  switch (scalar.op) {
    case 'const':
    case 'variable':
    case 'argument':
    case 'accumulator':
      return []
    case 'affine':
      return scalar.terms.map((term) => term.scalar)
    case 'quotient':
    case 'remainder':
    case 'unary':
    case 'cast':
    case 'bitcast':
      return [scalar.x]
    case 'load':
      return [scalar.index]
    case 'binary':
      return [scalar.x, scalar.y]
    case 'select':
      return [scalar.condition, scalar.x, scalar.y]
    case 'fold':
      return [scalar.body]
    case 'local':
      return [scalar.body, scalar.index]
    case 'after':
      return [scalar.x, scalar.on]
  }
}
