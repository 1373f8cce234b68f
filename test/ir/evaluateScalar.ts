// A scalar expression computed in plain JavaScript, node by node: what any target's printer must agree with. Both branches of a
// select are computed, as on a GPU, and every load must stay inside its tensor, so that a missing guard shows.

import { formatAval } from '../../src/core/aval.ts'
import type { DType } from '../../src/core/dtype.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { type BinaryFn, type Loadable, roundTo, type Scalar, type UnaryFn } from '../../src/ir/scalar.ts'

/** Values of loop variables by name, the data behind loads and arguments, and a contraction's sum. */
export interface Environment {
  readonly variables: Readonly<Record<string, number>>
  readonly data: (source: Loadable) => ArrayLike<number>
  readonly accumulator?: number
}

const UNARY: Record<UnaryFn, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  trunc: Math.trunc,
  sqrt: Math.sqrt,
  pow2: (x) => 2 ** x,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  sin: Math.sin,
  cos: Math.cos,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  not: (x) => Number(x === 0),
  bitnot: (x) => ~x,
}

function binaryValue(fn: BinaryFn, integer: boolean, x: number, y: number): number {
  switch (fn) {
    case 'add':
      return x + y
    case 'sub':
      return x - y
    case 'mul':
      return integer ? Math.imul(x, y) : x * y
    case 'div':
      return integer ? (y === 0 ? 0 : Math.trunc(x / y)) : x / y
    case 'rem':
      return integer && y === 0 ? 0 : x % y
    case 'pow':
      return x ** y
    case 'atan2':
      return Math.atan2(x, y)
    case 'min':
      return Math.min(x, y)
    case 'max':
      return Math.max(x, y)
    case 'eq':
      return Number(x === y)
    case 'ne':
      return Number(x !== y)
    case 'lt':
      return Number(x < y)
    case 'le':
      return Number(x <= y)
    case 'gt':
      return Number(x > y)
    case 'ge':
      return Number(x >= y)
    case 'and':
      return x & y
    case 'or':
      return x | y
    case 'xor':
      return x ^ y
    case 'shl':
      return x << y
    case 'shr':
      return x >>> 0 === x ? x >>> y : x >> y
  }
}

/** Rounds integers as their dtype does; floats stay in float64. */
const rounded = (scalar: Scalar, value: number): number =>
  scalar.dtype === 'float32' || scalar.dtype === 'float64' ? value : roundTo(scalar.dtype, value)

/** A float cut and limited to the range of an integer dtype, 0 for NaN; an integer as it is. */
function ended(to: DType, from: DType, value: number): number {
  if (!from.startsWith('float')) return value
  const [least, greatest] = to === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, to === 'uint8' ? 255 : 2 ** 32 - 1]
  return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, least), greatest))
}

/** The value of a scalar. @throws Error where a load leaves its tensor or a variable is not bound. */
export function evaluateScalar(scalar: Scalar, environment: Environment): number {
  // equal subexpressions have one value as long as the variables do
  const known = new Map<number, number>()
  const go = (node: Scalar): number => {
    const value = known.get(node.hash) ?? evaluateNode(node, environment, go)
    known.set(node.hash, value)
    return value
  }
  return go(scalar)
}

function evaluateNode(scalar: Scalar, environment: Environment, go: (node: Scalar) => number): number {
  const at = (name: string, value: number): Environment => ({
    ...environment,
    variables: { ...environment.variables, [name]: value },
  })
  switch (scalar.op) {
    case 'const':
      return scalar.value
    case 'variable': {
      const value = environment.variables[scalar.name]
      if (value === undefined) throw new Error(`the variable ${scalar.name} is not bound`)
      return value
    }
    case 'affine':
      return scalar.terms.reduce((sum, term) => sum + term.factor * go(term.scalar), scalar.constant)
    case 'quotient':
      return Math.floor(go(scalar.x) / scalar.by)
    case 'remainder': {
      const x = go(scalar.x)
      return x - scalar.by * Math.floor(x / scalar.by)
    }
    case 'load': {
      const index = go(scalar.index)
      const size = sizeOf(scalar.source.aval.shape)
      if (index < 0 || index >= Math.max(1, size))
        throw new Error(`a load of element ${index} of ${formatAval(scalar.source.aval)}`)
      return environment.data(scalar.source)[index] ?? 0
    }
    case 'argument':
      return environment.data(scalar.source)[0]!
    case 'unary':
      return rounded(scalar, UNARY[scalar.fn](go(scalar.x)))
    case 'binary': {
      const float = scalar.x.dtype === 'float32' || scalar.x.dtype === 'float64'
      const [x, y] = [go(scalar.x), go(scalar.y)]
      if (scalar.fn === 'shr' && scalar.x.dtype === 'int32') return x >> y
      return rounded(scalar, binaryValue(scalar.fn, !float, x, y))
    }
    case 'select': {
      const [condition, x, y] = [go(scalar.condition), go(scalar.x), go(scalar.y)]
      return condition ? x : y
    }
    case 'cast':
      return scalar.dtype === 'bool'
        ? Number(go(scalar.x) !== 0)
        : rounded(
            scalar,
            scalar.dtype.startsWith('float') ? go(scalar.x) : ended(scalar.dtype, scalar.x.dtype, go(scalar.x)),
          )
    case 'bitcast': {
      const view = new DataView(new ArrayBuffer(4))
      const x = go(scalar.x)
      if (scalar.x.dtype === 'float32') view.setFloat32(0, x)
      else view.setUint32(0, x >>> 0)
      return scalar.dtype === 'float32'
        ? view.getFloat32(0)
        : scalar.dtype === 'int32'
          ? view.getInt32(0)
          : view.getUint32(0)
    }
    case 'fold': {
      const { combine, variable, body } = scalar
      const values = Array.from({ length: variable.extent }, (_, i) => evaluateScalar(body, at(variable.name, i)))
      if (combine === 'sum') return rounded(scalar, values.reduce((a, b) => a + b, 0)) // prettier-ignore
      if (combine === 'prod') return values.reduce((a, b) => (body.dtype.startsWith('float') ? a * b : rounded(scalar, Math.imul(a, b))), 1) // prettier-ignore
      const least = combine === 'min' || combine === 'argmin'
      const best = values.reduce(
        (a, b) => (Number.isNaN(a) || (least ? a < b : a > b) ? a : b),
        least ? Infinity : -Infinity,
      )
      return combine === 'max' || combine === 'min'
        ? best
        : values.findIndex((value) => Object.is(value, best) || value === best)
    }
    case 'local':
      return evaluateScalar(scalar.body, at(scalar.variable.name, go(scalar.index)))
    case 'after':
      return go(scalar.x)
    case 'accumulator':
      if (environment.accumulator === undefined) throw new Error('an accumulator outside a contraction')
      return environment.accumulator
  }
}
