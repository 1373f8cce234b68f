// A primitive is declared in one place: its shape rule, its meaning (reference), what the compiler sees of it (lower), its
// derivative (vjp) and its algebraic identities (rewrite). `definePrimitive` turns the typed declaration into the erased
// record that graphs hold and the typed function that composites call.

import type { Aval } from '../core/aval.ts'
import { formatAval } from '../core/aval.ts'
import { ShapeError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Lowering } from './lowering.ts'
import {
  apply,
  applyRule,
  type Param,
  type Primitive,
  type ReferenceArray,
  type Tensor,
  type VjpContext,
} from './tensor.ts'

/** A primitive's declaration. */
export interface Declaration<P extends Param> {
  readonly name: string
  /** The output's aval. Throws typed errors that name the shapes. */
  readonly shape: (inputs: readonly Aval[], params: P) => Aval
  /** The meaning, in float64, written independently of `lower`. */
  readonly reference: (inputs: readonly ReferenceArray[], params: P, output: Aval) => ArrayLike<number>
  readonly lower: (inputs: readonly Aval[], params: P, output: Aval) => Lowering
  /** Cotangents of the inputs; null where none flows (integers, piecewise constants). */
  readonly vjp: (context: VjpContext<P>) => readonly (Tensor | null)[]
  /** A simpler equal tensor, or null. */
  readonly rewrite?: (inputs: readonly Tensor[], params: P, output: Aval) => Tensor | null
  /** Samples of this primitive are kinks or constants: `vjp` gives null everywhere. */
  readonly differentiable?: false
}

/** A declared primitive: called with its operands and parameters, it makes a graph node. */
export interface PrimitiveFunction<P extends Param> {
  (inputs: readonly Tensor[], params: P): Tensor
  readonly primitive: Primitive
}

/** Declares a primitive. The one place where a parameter's type is restored from its erased form. */
export function definePrimitive<P extends Param>(declaration: Declaration<P>): PrimitiveFunction<P> {
  const { name, vjp, rewrite } = declaration
  const primitive: Primitive = {
    name,
    differentiable: declaration.differentiable ?? true,
    shape: (inputs, params) => declaration.shape(inputs, params as P),
    reference: (inputs, params, output) => {
      const data = Float64Array.from(declaration.reference(inputs, params as P, output))
      if (data.length !== sizeOf(output.shape)) {
        throw new ShapeError(`${name}: the reference gave ${data.length} elements for ${formatAval(output)}`)
      }
      return { shape: output.shape, dtype: output.dtype, data }
    },
    lower: (inputs, params, output) => declaration.lower(inputs, params as P, output),
    vjp: (context) => applyRule(context.output, () => vjp(context as VjpContext<P>)),
    rewrite: (inputs, params, output) => rewrite?.(inputs, params as P, output) ?? null,
  }
  const call = (inputs: readonly Tensor[], params: P): Tensor => {
    const avals = inputs.map((input) => input.aval)
    return apply(primitive, params, inputs, primitive.shape(avals, params))
  }
  return Object.assign(call, { primitive })
}

/** A parameter as text; equal texts mean equal parameters (also for NaN, infinities and -0). */
export function formatParam(param: Param): string {
  if (typeof param === 'number') return Object.is(param, -0) ? '-0' : String(param)
  if (Array.isArray(param)) return `[${param.map(formatParam).join(',')}]`
  if (param !== null && typeof param === 'object') {
    return Object.entries(param)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]: [string, Param]) => `${key}=${formatParam(value)}`)
      .join(' ')
  }
  return JSON.stringify(param)
}
