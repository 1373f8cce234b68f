// Comparisons, logic and bit operations: no derivative flows through them. A comparison with NaN is false, `notEqual` true.

import type { BinaryFn } from '../ir/scalar.ts'
import { defineBinary, defineUnary, type Operand, through } from './elementwiseRules.ts'

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

/** Logical negation. */
export const not = defineUnary('not', { operand: 'bool', reference: (x) => (x ? 0 : 1), element: through('not') })
/** Bitwise complement. */
export const bitNot = defineUnary('bitNot', { operand: 'integer', reference: (x) => ~x, element: through('bitnot') })

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
