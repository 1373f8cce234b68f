// The operations of the scalar IR as instructions, for single values and for vectors of four. A bool is 0 or 1, in vectors all bits or
// none; integers of 8 bits are held in 32.

import type { DType } from '../../../core/dtype.ts'
import { InternalError } from '../../../core/errors.ts'
import type { Scalar } from '../../../ir/scalar.ts'

/** The nodes that are one operation. */
export type Operation = Extract<Scalar, { op: 'unary' | 'binary' | 'select' | 'cast' | 'bitcast' }>

/** Functions without instructions, which JavaScript computes one by one. */
export const FOREIGN = ['log2', 'sin', 'cos', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'asinh', 'acosh', 'atanh', 'atan2', 'pow', 'rem'] as const // prettier-ignore

const FOREIGN_NAMES: ReadonlySet<string> = new Set(FOREIGN)

/** A constant in all lanes. */
export function constantText(dtype: DType, value: number, lanes: number): string {
  const float = dtype === 'float32'
  const number = Object.is(value, -0) ? '-0' : String(dtype === 'uint32' ? value | 0 : value)
  if (lanes === 1) return `(${float ? 'f32' : 'i32'}.const ${number})`
  const lane = dtype === 'bool' ? String(value ? -1 : 0) : number
  return `(v128.const ${float ? 'f32x4' : 'i32x4'} ${lane})`
}

/** A single value in all lanes. */
export function splatText(dtype: DType, x: string): string {
  if (dtype === 'float32') return `(f32x4.splat ${x})`
  return dtype === 'bool' ? `(i32x4.splat (i32.sub (i32.const 0) ${x}))` : `(i32x4.splat ${x})`
}

/** A vector whose lanes are computed one by one: `lane` is given what reads a lane of an operand. */
export function lanesText(result: DType, lane: (read: (dtype: DType, x: string) => string) => string): string {
  const kind = result === 'float32' ? 'f32x4' : 'i32x4'
  const at = (i: number): string => {
    const value = lane((dtype, x) => `(${dtype === 'float32' ? 'f32x4' : 'i32x4'}.extract_lane ${i} ${x})`)
    return result === 'bool' ? `(i32.sub (i32.const 0) ${value})` : value
  }
  const rest = [1, 2, 3].reduce((text, i) => `(${kind}.replace_lane ${i} ${text} ${at(i)})`, `(${kind}.splat ${at(0)})`)
  return rest
}

const i32 = (value: number): string => `(i32.const ${value})`
const all = (value: number): string => constantText('int32', value, 4)

/** The instruction `name` for single values or vectors of floats or integers. */
const instruction = (dtype: DType, lanes: number, name: string): string =>
  `${dtype === 'float32' ? 'f32' : 'i32'}${lanes === 1 ? '' : 'x4'}.${name}`

const UNARY: Readonly<Record<string, string>> = { neg: 'neg', abs: 'abs', floor: 'floor', ceil: 'ceil', round: 'nearest', trunc: 'trunc', sqrt: 'sqrt' } // prettier-ignore

function unaryText(node: Extract<Scalar, { op: 'unary' }>, x: string, lanes: number): string {
  const { fn, dtype } = node
  if (dtype === 'float32') {
    const name = UNARY[fn]
    if (name !== undefined) return `(${instruction(dtype, lanes, name)} ${x})`
    if (fn === 'pow2')
      return lanes === 1
        ? `(f32.reinterpret_i32 (i32.shl (i32.add (i32.trunc_sat_f32_s ${x}) ${i32(127)}) ${i32(23)}))`
        : `(i32x4.shl (i32x4.add (i32x4.trunc_sat_f32x4_s ${x}) ${all(127)}) ${i32(23)})`
    if (FOREIGN_NAMES.has(fn))
      return lanes === 1 ? `(call $${fn} ${x})` : lanesText(dtype, (read) => `(call $${fn} ${read(dtype, x)})`)
  }
  switch (fn) {
    case 'not':
      return lanes === 1 ? `(i32.eqz ${x})` : `(v128.not ${x})`
    case 'bitnot':
      return lanes === 1 ? `(i32.xor ${x} ${i32(-1)})` : `(v128.not ${x})`
    case 'neg':
      return lanes === 1 ? `(i32.sub ${i32(0)} ${x})` : `(i32x4.neg ${x})`
    case 'abs':
      return lanes === 1 ? `(select ${x} (i32.sub ${i32(0)} ${x}) (i32.ge_s ${x} ${i32(0)}))` : `(i32x4.abs ${x})`
    default:
      throw new InternalError(`${fn} of ${dtype} is not printed for WebAssembly`)
  }
}

const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])

function binaryText(node: Extract<Scalar, { op: 'binary' }>, x: string, y: string, lanes: number): string {
  const { fn } = node
  const operand = node.x.dtype
  const name = (text: string): string => `(${instruction(operand, lanes, text)} ${x} ${y})`
  const sign = operand === 'int32' ? 's' : 'u'
  if (fn === 'and' || fn === 'or' || fn === 'xor') return `(${lanes === 1 ? 'i32' : 'v128'}.${fn} ${x} ${y})`
  if (operand === 'float32') {
    if (!FOREIGN_NAMES.has(fn)) return name(fn)
    if (lanes === 1) return `(call $${fn} ${x} ${y})`
    return lanesText('float32', (read) => `(call $${fn} ${read(operand, x)} ${read(operand, y)})`)
  }
  if (COMPARISONS.has(fn)) return fn === 'eq' || fn === 'ne' ? name(fn) : name(`${fn}_${sign}`)
  switch (fn) {
    case 'add':
    case 'sub':
    case 'mul':
      return name(fn)
    case 'min':
    case 'max':
      if (lanes === 4) return name(`${fn}_${sign}`)
      return `(select ${x} ${y} (i32.${fn === 'min' ? 'lt' : 'gt'}_${sign} ${x} ${y}))`
    case 'div':
    case 'rem': {
      const called = `$${fn}_${sign}`
      return lanes === 1 ? `(call ${called} ${x} ${y})` : lanesText(operand, (read) => `(call ${called} ${read(operand, x)} ${read(operand, y)})`) // prettier-ignore
    }
    case 'shl':
    case 'shr': {
      const shift = fn === 'shl' ? 'shl' : operand === 'uint32' ? 'shr_u' : 'shr_s'
      if (lanes === 1) return `(i32.${shift} ${x} ${y})`
      if (node.y.op === 'const') return `(i32x4.${shift} ${x} ${i32(node.y.value)})`
      return lanesText(operand, (read) => `(i32.${shift} ${read(operand, x)} ${read(operand, y)})`)
    }
    default:
      throw new InternalError(`${fn} of ${operand} is not printed for WebAssembly`)
  }
}

/** Floats end at the range of an integer dtype and give 0 for NaN; integers keep their low bits. */
function castText(to: DType, from: DType, x: string, lanes: number): string {
  const wide = lanes === 4
  const integer = (name: string, other: string): string => (wide ? `(i32x4.${name} ${x} ${other})` : `(i32.${name} ${x} ${other})`) // prettier-ignore
  if (from === 'float32') {
    const truncated = (sign: string): string =>
      wide ? `(i32x4.trunc_sat_f32x4_${sign} ${x})` : `(i32.trunc_sat_f32_${sign} ${x})`
    switch (to) {
      case 'bool':
        return wide ? `(f32x4.ne ${x} ${constantText('float32', 0, 4)})` : `(f32.ne ${x} (f32.const 0))`
      case 'int32':
        return truncated('s')
      case 'uint8':
        return wide
          ? `(i32x4.min_u ${truncated('u')} ${all(255)})`
          : `(i32.trunc_sat_f32_u (f32.min ${x} (f32.const 255)))`
      default:
        return truncated('u')
    }
  }
  // a truth of vectors is all bits
  const number = wide && from === 'bool' ? `(v128.and ${x} ${all(1)})` : x
  switch (to) {
    case 'bool':
      return integer('ne', wide ? all(0) : i32(0))
    case 'float32': {
      const sign = from === 'int32' ? 's' : 'u'
      return wide ? `(f32x4.convert_i32x4_${sign} ${number})` : `(f32.convert_i32_${sign} ${number})`
    }
    case 'uint8':
      return wide ? `(v128.and ${number} ${all(255)})` : `(i32.and ${number} ${i32(255)})`
    default:
      return number
  }
}

/** One operation. */
export function operationText(node: Operation, operands: readonly string[], lanes: number): string {
  const [x, y, z] = operands as [string, string, string]
  switch (node.op) {
    case 'unary':
      return unaryText(node, x, lanes)
    case 'binary':
      return binaryText(node, x, y, lanes)
    case 'select':
      return lanes === 1 ? `(select ${y} ${z} ${x})` : `(v128.bitselect ${y} ${z} ${x})`
    case 'cast':
      return castText(node.dtype, node.x.dtype, x, lanes)
    case 'bitcast':
      if (lanes === 4) return x
      if ((node.dtype === 'float32') === (node.x.dtype === 'float32')) return x
      return node.dtype === 'float32' ? `(f32.reinterpret_i32 ${x})` : `(i32.reinterpret_f32 ${x})`
  }
}
