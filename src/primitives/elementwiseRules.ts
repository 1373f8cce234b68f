// What elementwise primitives have in common: one declaration per function of one or two values, with the dtypes that it takes,
// its float64 reference and its scalar expression. Operands have one shape; broadcasting is the composites' matter.

import type { Aval } from '../core/aval.ts'
import { formatAval, sameAval } from '../core/aval.ts'
import { type DType, isFloating } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, type BinaryFn, constant, type Scalar, unary, type UnaryFn } from '../ir/scalar.ts'
import type { Tensor, VjpContext } from '../ir/tensor.ts'
import { elementwise, roundInteger } from './reference.ts'

/** Which dtypes a function takes: `number` is floats, int32 and uint32; `bits` bool, int32 and uint32; `any` all of these. */
export type Operand = 'number' | 'float' | 'integer' | 'bool' | 'bits' | 'any'

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

/** A function of one value. */
interface UnaryRule {
  readonly operand: Operand
  readonly reference: (x: number, dtype: DType) => number
  readonly element: (x: Scalar) => Scalar
  /** The cotangent of the operand, or absent where the derivative is 0 almost everywhere. */
  readonly vjp?: (context: VjpContext<null>) => Tensor
}

/** Declares a function of one value. */
export function defineUnary(name: string, rule: UnaryRule): PrimitiveFunction<null> {
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

/** An instruction of the scalar IR as an element. */
export const through = (fn: UnaryFn) => (x: Scalar): Scalar => unary(fn, x) // prettier-ignore

/** 0 in the dtype of a scalar. */
export const zeroOf = (x: Scalar): Scalar => constant(x.dtype, 0)

/** A function of two values. */
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

/** Declares a function of two values of one shape and dtype. */
export function defineBinary(name: string, rule: BinaryRule): PrimitiveFunction<null> {
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
