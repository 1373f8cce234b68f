// Elementwise primitives: unary functions, arithmetic, comparison, logic, selection and conversion. Operands have one shape;
// broadcasting is the composites' matter. Derivatives use the output where that saves memory.

import type { Aval } from '../core/aval.ts'
import { type DType, isFloating } from '../core/dtype.ts'
import { formatAval, sameAval } from '../core/aval.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, type BinaryFn, cast as castScalar, bitcast as bitcastScalar, constant, select as selectScalar, type Scalar, unary, roundTo, type UnaryFn } from '../ir/scalar.ts' // prettier-ignore
import type { Tensor, VjpContext } from '../ir/tensor.ts'
import { elementwise, roundInteger } from './reference.ts'
import { fullLike, literalValue } from './literal.ts'

type Operand = 'number' | 'float' | 'integer' | 'bool' | 'bits' | 'any'

function checkOperand(name: string, operand: Operand, aval: Aval): void {
  const { dtype } = aval
  const number = isFloating(dtype) || dtype === 'int32' || dtype === 'uint32'
  const accepted: Record<Operand, boolean> = {
    number,
    float: isFloating(dtype),
    integer: number && !isFloating(dtype),
    bool: dtype === 'bool',
    bits: dtype === 'bool' || (number && !isFloating(dtype)),
    any: number || dtype === 'bool',
  }
  if (!accepted[operand]) {
    throw new DTypeError(
      `${name}: takes ${operand === 'any' ? 'numbers or bool' : `${operand} operands`}, got ${formatAval(aval)}; cast it first`,
    )
  }
}

interface UnaryRule {
  readonly operand: Operand
  readonly reference: (x: number, dtype: DType) => number
  readonly element: (x: Scalar) => Scalar
  /** The cotangent of the operand, or absent where the derivative is 0 almost everywhere. */
  readonly vjp?: (context: VjpContext<null>) => Tensor
}

function defineUnary(name: string, rule: UnaryRule): PrimitiveFunction<null> {
  return definePrimitive<null>({
    name,
    ...(rule.vjp === undefined ? { differentiable: false as const } : {}),
    shape: ([x]) => {
      checkOperand(name, rule.operand, x!)
      return x!
    },
    reference: ([x]) => elementwise([x!], (value) => roundInteger(x!.dtype, rule.reference(value!, x!.dtype))),
    lower: () => ({ kind: 'map', element: ([x]) => rule.element(x!) }),
    vjp: (context) => [rule.vjp?.(context) ?? null],
  })
}

const through = (fn: UnaryFn) => (x: Scalar): Scalar => unary(fn, x) // prettier-ignore
const zeroOf = (x: Scalar): Scalar => constant(x.dtype, 0)

/** `-x`. */
export const neg = defineUnary('neg', { operand: 'number', reference: (x) => -x, element: (x) => (x.dtype === 'uint32' ? binary('sub', zeroOf(x), x) : unary('neg', x)), vjp: ({ cotangent }) => neg([cotangent], null) }) // prettier-ignore

/** `|x|`; the derivative at 0 is 0. */
export const abs = defineUnary('abs', {
  operand: 'number',
  reference: Math.abs,
  element: (x) => (x.dtype === 'uint32' ? x : unary('abs', x)),
  vjp: ({ inputs, cotangent }) => mul([cotangent, sign([inputs[0]!], null)], null),
})

/** -1, 0 or 1. */
export const sign = defineUnary('sign', {
  operand: 'number',
  reference: Math.sign,
  element: (x) => {
    const negative = selectScalar(binary('lt', x, zeroOf(x)), constant(x.dtype, x.dtype === 'uint32' ? 0 : -1), x)
    return selectScalar(binary('gt', x, zeroOf(x)), constant(x.dtype, 1), negative)
  },
})

/** The greatest integer at most `x`. */
export const floor = defineUnary('floor', { operand: 'float', reference: Math.floor, element: through('floor') })

/** The least integer at least `x`. */
export const ceil = defineUnary('ceil', { operand: 'float', reference: Math.ceil, element: through('ceil') })

/** The nearest integer, ties to even. */
export const round = defineUnary('round', {
  operand: 'float',
  reference: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  element: through('round'),
})

/** `e^x`. */
export const exp = defineUnary('exp', { operand: 'float', reference: Math.exp, element: through('exp'), vjp: ({ output, cotangent }) => mul([cotangent, output], null) }) // prettier-ignore

/** Natural logarithm. */
export const log = defineUnary('log', { operand: 'float', reference: Math.log, element: through('log'), vjp: ({ inputs, cotangent }) => div([cotangent, inputs[0]!], null) }) // prettier-ignore

/** Square root. */
export const sqrt = defineUnary('sqrt', {
  operand: 'float',
  reference: Math.sqrt,
  element: through('sqrt'),
  vjp: ({ output, cotangent }) => div([cotangent, mul([output, fullLike(output, 2)], null)], null),
})

/** Sine of an angle in radians. */
export const sin = defineUnary('sin', { operand: 'float', reference: Math.sin, element: through('sin'), vjp: ({ inputs, cotangent }) => mul([cotangent, cos(inputs, null)], null) }) // prettier-ignore

/** Cosine of an angle in radians. */
export const cos = defineUnary('cos', { operand: 'float', reference: Math.cos, element: through('cos'), vjp: ({ inputs, cotangent }) => neg([mul([cotangent, sin(inputs, null)], null)], null) }) // prettier-ignore

/** Hyperbolic tangent. */
export const tanh = defineUnary('tanh', {
  operand: 'float',
  reference: Math.tanh,
  element: through('tanh'),
  // d tanh(x) = (1 - tanh(x)²) dx
  vjp: ({ output, cotangent }) => mul([cotangent, sub([fullLike(output, 1), mul([output, output], null)], null)], null),
})

/** `1 / (1 + e^-x)`, without overflow for any finite `x`. */
export const sigmoid = defineUnary('sigmoid', {
  operand: 'float',
  reference: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  element: (x) => {
    const one = constant(x.dtype, 1)
    const e = unary('exp', unary('neg', unary('abs', x)))
    return binary('div', selectScalar(binary('ge', x, zeroOf(x)), one, e), binary('add', one, e))
  },
  // d σ(x) = σ(x) (1 - σ(x)) dx
  vjp: ({ output, cotangent }) => mul([cotangent, mul([output, sub([fullLike(output, 1), output], null)], null)], null),
})

/** `max(x, 0)`; the derivative at 0 is 0, and is read from the output, so that the input need not be kept. */
export const relu = defineUnary('relu', {
  operand: 'number',
  reference: (x) => (x <= 0 ? 0 : x),
  element: (x) => binary('max', x, zeroOf(x)),
  vjp: ({ output, cotangent }) =>
    select([greater([output, fullLike(output, 0)], null), cotangent, fullLike(cotangent, 0)], null),
})

/** Logical negation. */
export const not = defineUnary('not', { operand: 'bool', reference: (x) => (x ? 0 : 1), element: through('not') })

/** Bitwise complement. */
export const bitNot = defineUnary('bitNot', { operand: 'integer', reference: (x) => ~x, element: through('bitnot') })

/** The value itself: marks where a derivative is taken. */
export const identity: PrimitiveFunction<null> = definePrimitive({
  name: 'identity',
  shape: ([x]) => x!,
  reference: ([x]) => x!.data,
  lower: () => ({ kind: 'map', element: ([x]) => x! }),
  vjp: ({ cotangent }) => [cotangent],
  rewrite: ([x]) => x!,
})

/** The value itself, through which no derivative flows. */
export const stopGradient: PrimitiveFunction<null> = definePrimitive({
  name: 'stopGradient',
  shape: ([x]) => x!,
  reference: ([x]) => x!.data,
  lower: () => ({ kind: 'map', element: ([x]) => x! }),
  vjp: () => [null],
  rewrite: ([x]) => x!,
})

interface BinaryRule {
  readonly operand: Operand
  readonly fn: BinaryFn
  readonly comparison?: true
  readonly reference: (x: number, y: number, dtype: DType) => number
  /** The element where it is not `fn` of the operands alone. */
  readonly element?: (x: Scalar, y: Scalar) => Scalar
  readonly vjp?: (context: VjpContext<null>) => readonly (Tensor | null)[]
  readonly rewrite?: (x: Tensor, y: Tensor) => Tensor | null
}

function defineBinary(name: string, rule: BinaryRule): PrimitiveFunction<null> {
  return definePrimitive<null>({
    name,
    ...(rule.vjp === undefined ? { differentiable: false as const } : {}),
    shape: ([x, y]) => {
      if (!sameAval(x!, y!)) throw new ShapeError(`${name}: operands differ: ${formatAval(x!)} and ${formatAval(y!)}`)
      checkOperand(name, rule.operand, x!)
      return rule.comparison ? { shape: x!.shape, dtype: 'bool' } : x!
    },
    reference: ([x, y], _, output) =>
      elementwise([x!, y!], (a, b) => roundInteger(output.dtype, rule.reference(a!, b!, x!.dtype))),
    lower: () => ({ kind: 'map', element: ([x, y]) => (rule.element ?? ((a, b) => binary(rule.fn, a, b)))(x!, y!) }),
    vjp: (context) => rule.vjp?.(context) ?? [null, null],
    rewrite: ([x, y]) => rule.rewrite?.(x!, y!) ?? null,
  })
}

/** `x + y`. */
export const add = defineBinary('add', {
  operand: 'number',
  fn: 'add',
  reference: (x, y) => x + y,
  vjp: ({ cotangent }) => [cotangent, cotangent],
  rewrite: (x, y) => (literalValue(y) === 0 ? x : literalValue(x) === 0 ? y : null),
})

/** `x - y`. */
export const sub = defineBinary('sub', {
  operand: 'number',
  fn: 'sub',
  reference: (x, y) => x - y,
  vjp: ({ cotangent, needs }) => [cotangent, needs[1] ? neg([cotangent], null) : null],
  rewrite: (x, y) => (literalValue(y) === 0 ? x : null),
})

/** `x · y`; integers wrap. */
export const mul = defineBinary('mul', {
  operand: 'number',
  fn: 'mul',
  reference: (x, y, dtype) => (isFloating(dtype) ? x * y : Math.imul(x, y)),
  vjp: ({ inputs: [x, y], cotangent, needs }) => [
    needs[0] ? mul([cotangent, y!], null) : null,
    needs[1] ? mul([cotangent, x!], null) : null,
  ],
  rewrite: (x, y) => (literalValue(y) === 1 ? x : literalValue(x) === 1 ? y : null),
})

/** `x / y`; integers truncate toward zero, and division by 0 gives 0 for them. */
export const div = defineBinary('div', {
  operand: 'number',
  fn: 'div',
  reference: (x, y, dtype) => (isFloating(dtype) ? x / y : y === 0 ? 0 : Math.trunc(x / y)),
  vjp: ({ inputs: [, y], output, cotangent, needs }) => {
    const dx = div([cotangent, y!], null)
    return [dx, needs[1] ? neg([mul([dx, output], null)], null) : null]
  },
  rewrite: (x, y) => (literalValue(y) === 1 ? x : null),
})

/** The remainder of truncating division, with the sign of `x`; 0 for integers when `y` is 0. */
export const rem = defineBinary('rem', {
  operand: 'number',
  fn: 'rem',
  reference: (x, y, dtype) => (isFloating(dtype) || y !== 0 ? x % y : 0),
  // rem(x, y) = x - trunc(x / y) y, where the quotient is an integer and constant almost everywhere
  vjp: ({ inputs: [x, y], output, cotangent, needs }) => [
    cotangent,
    needs[1] ? neg([mul([cotangent, round([div([sub([x!, output], null), y!], null)], null)], null)], null) : null,
  ],
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

/** `x^y` for floats; NaN for a negative `x` and a fraction `y`. */
export const pow = defineBinary('pow', {
  operand: 'float',
  fn: 'pow',
  reference: Math.pow,
  element: signedPower,
  vjp: ({ inputs: [x, y], output, cotangent, needs }) => [
    needs[0] ? mul([cotangent, mul([y!, pow([x!, sub([y!, fullLike(y!, 1)], null)], null)], null)], null) : null,
    // d x^y / dy = x^y ln x, taken as 0 where x = 0
    needs[1] ? mul([cotangent, select([greater([x!, fullLike(x!, 0)], null), mul([output, log([x!], null)], null), fullLike(x!, 0)], null)], null) : null, // prettier-ignore
  ],
})

/** Half of the cotangent goes to either operand at a tie. */
function extremeVjp(wins: typeof greater) {
  return ({ inputs: [x, y], cotangent }: VjpContext<null>): Tensor[] => {
    const half = mul([cotangent, fullLike(cotangent, 0.5)], null)
    const tie = equal([x!, y!], null)
    const zero = fullLike(cotangent, 0)
    const part = (a: Tensor, b: Tensor): Tensor =>
      select([tie, half, select([wins([a, b], null), cotangent, zero], null)], null)
    return [part(x!, y!), part(y!, x!)]
  }
}

const compare = (name: string, fn: BinaryFn, operand: Operand, reference: (x: number, y: number) => boolean) =>
  defineBinary(name, { operand, fn, comparison: true, reference: (x, y) => Number(reference(x, y)) })

/** `x == y` as bool. */
export const equal = compare('equal', 'eq', 'any', (x, y) => x === y)
/** `x != y` as bool. */
export const notEqual = compare('notEqual', 'ne', 'any', (x, y) => x !== y)
/** `x < y` as bool. */
export const less = compare('less', 'lt', 'number', (x, y) => x < y)
/** `x <= y` as bool. */
export const lessEqual = compare('lessEqual', 'le', 'number', (x, y) => x <= y)
/** `x > y` as bool. */
export const greater = compare('greater', 'gt', 'number', (x, y) => x > y)
/** `x >= y` as bool. */
export const greaterEqual = compare('greaterEqual', 'ge', 'number', (x, y) => x >= y)

/** The greater operand; at ties either gets half of the cotangent. */
export const maximum = defineBinary('maximum', {
  operand: 'number',
  fn: 'max',
  reference: (x, y) => Math.max(x, y),
  vjp: extremeVjp(greater),
})

/** The lesser operand; at ties either gets half of the cotangent. */
export const minimum = defineBinary('minimum', {
  operand: 'number',
  fn: 'min',
  reference: (x, y) => Math.min(x, y),
  vjp: extremeVjp(less),
})

/** Logical or bitwise and. */
export const and = defineBinary('and', { operand: 'bits', fn: 'and', reference: (x, y) => x & y })
/** Logical or bitwise or. */
export const or = defineBinary('or', { operand: 'bits', fn: 'or', reference: (x, y) => x | y })
/** Logical or bitwise exclusive or. */
export const xor = defineBinary('xor', { operand: 'bits', fn: 'xor', reference: (x, y) => x ^ y })
/** `x << (y mod 32)`. */
export const shiftLeft = defineBinary('shiftLeft', { operand: 'integer', fn: 'shl', reference: (x, y) => x << y })
/** `x >> (y mod 32)`; fills with the sign for int32, with zeros for uint32. */
export const shiftRight = defineBinary('shiftRight', { operand: 'integer', fn: 'shr', reference: (x, y, dtype) => (dtype === 'uint32' ? x >>> y : x >> y) }) // prettier-ignore

/** Operand 1 where operand 0 (bool) holds, else operand 2. */
export const select: PrimitiveFunction<null> = definePrimitive({
  name: 'select',
  shape: ([condition, x, y]) => {
    if (condition!.dtype !== 'bool')
      throw new DTypeError(`where: the condition must be bool, got ${formatAval(condition!)}`)
    if (!sameAval(x!, y!)) throw new ShapeError(`where: branches differ: ${formatAval(x!)} and ${formatAval(y!)}`)
    return x!
  },
  reference: ([condition, x, y]) => elementwise([condition!, x!, y!], (c, a, b) => (c ? a! : b!)),
  lower: () => ({ kind: 'map', element: ([condition, x, y]) => selectScalar(condition!, x!, y!) }),
  vjp: ({ inputs: [condition], cotangent, needs }) => {
    const zero = fullLike(cotangent, 0)
    return [
      null,
      needs[1] ? select([condition!, cotangent, zero], null) : null,
      needs[2] ? select([condition!, zero, cotangent], null) : null,
    ]
  },
})

/** The value in another dtype: floats to integers truncate, numbers to bool are `x != 0`. */
export const cast: PrimitiveFunction<{ dtype: DType }> = definePrimitive({
  name: 'cast',
  shape: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  reference: ([x], { dtype }) => elementwise([x!], (value) => (isFloating(dtype) ? value! : dtype === 'bool' ? Number(value !== 0) : roundTo(dtype, Math.trunc(value!)))), // prettier-ignore
  lower: (_, { dtype }) => ({ kind: 'map', element: ([x]) => castScalar(dtype, x!) }),
  vjp: ({ inputs: [x], params: { dtype }, cotangent }) => [
    isFloating(x!.dtype) && isFloating(dtype) ? cast([cotangent], { dtype: x!.dtype }) : null,
  ],
  rewrite: ([x], { dtype }) => (x!.dtype === dtype ? x! : null),
})

/** The 32 bits read as another 32-bit dtype. */
export const bitcast: PrimitiveFunction<{ dtype: DType }> = definePrimitive({
  name: 'bitcast',
  differentiable: false,
  shape: ([x], { dtype }) => {
    const wide: readonly DType[] = ['float32', 'int32', 'uint32']
    if (!wide.includes(x!.dtype) || !wide.includes(dtype))
      throw new DTypeError(`bitcast: ${x!.dtype} to ${dtype} are not both 32 bits wide`)
    return { shape: x!.shape, dtype }
  },
  reference: ([x], { dtype }) => {
    const buffer = new ArrayBuffer(4)
    const views = { float32: new Float32Array(buffer), int32: new Int32Array(buffer), uint32: new Uint32Array(buffer) }
    const view = (name: DType): Float32Array | Int32Array | Uint32Array => (name === 'float32' ? views.float32 : name === 'int32' ? views.int32 : views.uint32) // prettier-ignore
    return elementwise([x!], (value) => {
      view(x!.dtype)[0] = value!
      return view(dtype)[0]!
    })
  },
  lower: (_, { dtype }) => ({ kind: 'map', element: ([x]) => bitcastScalar(dtype, x!) }),
  vjp: () => [null],
  rewrite: ([x], { dtype }) => (x!.dtype === dtype ? x! : null),
})
