// WGSL as a target of emit.ts. Four lanes are vec4 values; loads and stores go through the access functions of the module, so
// that a buffer's declaration (scalar or vec4 elements) is nobody else's matter.

import { type DType, isFloating } from '../../core/dtype.ts'
import { DTypeError, InternalError } from '../../core/errors.ts'
import type { Loadable, Scalar } from '../../ir/scalar.ts'
import type { FoldText, LoadAccess, Syntax } from '../syntax.ts'
import { divisionText } from './division.ts'

/** How a tensor is reached in WGSL: the buffer's name and the index of the tensor's first element in it. */
export interface Reach {
  readonly buffer: string
  readonly offset: number
  readonly dtype: DType
  /** Text that is added to the offset: the ring row's start. */
  readonly dynamicOffset: string | null
}

/** What the syntax asks of the module being written. */
export interface WgslNames {
  readonly reach: (source: { readonly id: number }) => Reach
  /** The position of an argument in the row, in words after the header. */
  readonly argument: (source: { readonly id: number }) => number
  /** Notes that a buffer is read or written four elements at a time. */
  readonly useWide: (buffer: string) => void
  /** Names an array in workgroup memory that all invocations of a group share. */
  readonly sharedArray?: (name: string, dtype: DType, extent: number) => void
}

/** The WGSL type of a dtype's values. */
export function typeOf(dtype: DType): string {
  switch (dtype) {
    case 'float32':
      return 'f32'
    case 'int32':
      return 'i32'
    case 'uint32':
    case 'uint8':
      return 'u32'
    case 'bool':
      return 'bool'
    case 'float16':
      return 'f16'
    case 'float64':
      throw new InternalError('float64 does not exist on WebGPU')
  }
}

const vectorType = (dtype: DType, lanes: number): string => (lanes === 1 ? typeOf(dtype) : `vec4<${typeOf(dtype)}>`)

/** A literal; infinities and NaN come from the argument row, since constant ones do not compile. */
export function literalText(dtype: DType, value: number): string {
  switch (dtype) {
    case 'bool':
      return value ? 'true' : 'false'
    case 'int32':
      return value === -(2 ** 31) ? '(-2147483647i - 1i)' : value < 0 ? `(${value}i)` : `${value}i`
    case 'uint32':
    case 'uint8':
      return `${value}u`
    default: {
      if (Number.isNaN(value)) return 'bitcast<f32>(args[0].z)'
      if (value === Infinity) return 'bitcast<f32>(args[0].x)'
      if (value === -Infinity) return 'bitcast<f32>(args[0].y)'
      const text = Object.is(value, -0)
        ? '-0.0'
        : Number.isInteger(value) && Math.abs(value) < 1e15
          ? `${value}.0`
          : String(value)
      return value < 0 || Object.is(value, -0) ? `(${text}f)` : `${text}f`
    }
  }
}

const OPERATORS: Record<string, string> = { add: '+', sub: '-', mul: '*', eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=', and: '&', or: '|', xor: '^' } // prettier-ignore

/** Whether a float is NaN, by its bits: drivers may assume that no value is. */
const nanText = (x: string, lanes: number): string =>
  lanes === 1
    ? `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)`
    : `((bitcast<vec4<u32>>(${x}) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u))`

/** A comparison of floats, or their lesser or greater one, in which NaN counts as it must. Constants are never NaN here. */
function floatText(node: Extract<Scalar, { op: 'binary' }>, x: string, y: string, lanes: number): string {
  const { fn } = node
  const nans = [node.x.op === 'const' ? null : x, node.y.op === 'const' ? null : y].filter((text) => text !== null)
  if (fn === 'min' || fn === 'max')
    return nans.reduceRight((text, name) => `select(${text}, ${name}, ${nanText(name, lanes)})`, `${fn}(${x}, ${y})`)
  const compared = `${x} ${OPERATORS[fn]} ${y}`
  if (fn === 'ne') return [`(${compared})`, ...nans.map((name) => nanText(name, lanes))].join(' | ')
  // with one constant there is nothing that a driver could conclude without comparing
  return nans.length < 2 ? compared : [`(${compared})`, ...nans.map((name) => `!${nanText(name, lanes)}`)].join(' & ')
}

function binaryText(node: Extract<Scalar, { op: 'binary' }>, x: string, y: string, lanes: number): string {
  const { fn } = node
  const operand = node.x.dtype
  const integer = operand === 'int32' || operand === 'uint32'
  const type = vectorType(operand, lanes)
  switch (fn) {
    case 'div':
    case 'rem': {
      const operator = fn === 'div' ? '/' : '%'
      if (!integer) return `${x} ${operator} ${y}`
      const zero = `${type}(${literalText(operand, 0)})`
      return `select(${x} ${operator} ${y}, ${zero}, ${y} == ${zero})`
    }
    case 'pow':
    case 'atan2':
      return `${fn}(${x}, ${y})`
    case 'min':
    case 'max':
      return isFloating(operand) ? floatText(node, x, y, lanes) : `${fn}(${x}, ${y})`
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return isFloating(operand) ? floatText(node, x, y, lanes) : `${x} ${OPERATORS[fn]} ${y}`
    case 'shl':
    case 'shr': {
      const shift = lanes === 1 ? `(u32(${y}) & 31u)` : `(vec4<u32>(${y}) & vec4<u32>(31u))`
      return `${x} ${fn === 'shl' ? '<<' : '>>'} ${shift}`
    }
    case 'xor':
      return operand === 'bool' ? `${x} != ${y}` : `${x} ^ ${y}`
    default:
      return `${x} ${OPERATORS[fn]} ${y}`
  }
}

function unaryText(node: Extract<Scalar, { op: 'unary' }>, x: string, lanes: number): string {
  switch (node.fn) {
    case 'neg':
      return `-${x}`
    case 'not':
      return `!${x}`
    case 'bitnot':
      return `~${x}`
    case 'pow2':
      return lanes === 1
        ? `bitcast<f32>((i32(${x}) + 127i) << 23u)`
        : `bitcast<vec4<f32>>((vec4<i32>(${x}) + vec4<i32>(127i)) << vec4<u32>(23u))`
    case 'expm1':
    case 'log1p':
      throw new InternalError(`${node.fn} is no function of WGSL: it is printed as its expansion`)
    default:
      return `${node.fn}(${x})`
  }
}

/** Floats end at the range of an integer dtype and give 0 for NaN; integers keep their low bits. */
function castText(to: DType, from: DType, x: string, lanes: number): string {
  const type = vectorType(to, lanes)
  if (!isFloating(from)) {
    const converted = `${type}(${x})`
    return to === 'uint8' && from !== 'bool' ? `${converted} & ${type}(255u)` : converted
  }
  const float = (value: number): string => `${vectorType(from, lanes)}(${literalText(from, value)})`
  const bounded = (greatest: number, least: number): string =>
    `${type}(clamp(${x}, ${float(least)}, ${float(greatest)}))`
  const number = (text: string): string => `select(${text}, ${type}(0), ${nanText(x, lanes)})`
  switch (to) {
    case 'bool': {
      const bits = vectorType('uint32', lanes)
      return `(bitcast<${bits}>(${x}) & ${bits}(0x7fffffffu)) != ${bits}(0u)`
    }
    // the greatest float below 2^31 is no end of the range, so what is above it is selected
    case 'int32':
      return number(`select(${bounded(2 ** 31 - 128, -(2 ** 31))}, ${type}(2147483647i), ${x} >= ${float(2 ** 31)})`)
    case 'uint32':
      return number(`select(${bounded(2 ** 32 - 256, 0)}, ${type}(4294967295u), ${x} >= ${float(2 ** 32)})`)
    case 'uint8':
      return number(bounded(255, 0))
    default:
      return `${type}(${x})`
  }
}

/** Terms of a long sum that are added up on their own. */
export const SUM_BLOCK = 128

function foldLines(fold: FoldText): string[] {
  const { name, combine, dtype, lanes } = fold
  const { variable, extent, body, value } = fold.terms
  const type = vectorType(dtype, lanes)
  const limits: Record<string, readonly [number, number]> = {
    float32: [-Infinity, Infinity],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1],
  }
  const [least, greatest] = limits[dtype] ?? [0, 0]
  const start = { sum: 0, prod: 1, max: least, argmax: least, min: greatest, argmin: greatest }[combine]
  const open = `for (var ${variable}: i32 = 0; ${variable} < ${extent}; ${variable}++) {`
  const first = `${type}(${literalText(dtype, start)})`
  const float = isFloating(dtype)
  const truth = lanes === 1 ? 'bool' : 'vec4<bool>'
  if (combine === 'argmax' || combine === 'argmin') {
    const index = lanes === 1 ? 'i32' : 'vec4<i32>'
    const better = `${value} ${combine === 'argmax' ? '>' : '<'} ${name}_best`
    // the first NaN wins, and nothing after it
    const wins = float ? `!${name}_nan & ((${better}) | ${name}_now)` : better
    return [
      `var ${name}: ${index} = ${index}(0i);`,
      `var ${name}_best: ${type} = ${first};`,
      ...(float ? [`var ${name}_nan: ${truth} = ${truth}(false);`] : []),
      open,
      ...body,
      ...(float ? [`let ${name}_now = ${nanText(value, lanes)};`] : []),
      `let ${name}_wins = ${wins};`,
      `${name} = select(${name}, ${index}(${variable}), ${name}_wins);`,
      `${name}_best = select(${name}_best, ${value}, ${name}_wins);`,
      ...(float ? [`${name}_nan = ${name}_nan | ${name}_now;`] : []),
      '}',
    ]
  }
  if (float && (combine === 'max' || combine === 'min')) {
    // the extreme of what is no number is one more extreme: that of the bits without sign
    const bits = vectorType('uint32', lanes)
    return [
      `var ${name}: ${type} = ${first};`,
      `var ${name}_bits: ${bits} = ${bits}(0u);`,
      open,
      ...body,
      `${name} = ${combine}(${name}, ${value});`,
      `${name}_bits = max(${name}_bits, bitcast<${bits}>(${value}) & ${bits}(0x7fffffffu));`,
      '}',
      `${name} = select(${name}, ${type}(${literalText(dtype, Number.NaN)}), ${name}_bits > ${bits}(0x7f800000u));`,
    ]
  }
  if (combine === 'sum' && dtype === 'float32' && extent > 2 * SUM_BLOCK) {
    // sums of blocks lose far less to rounding than one long chain of additions
    return [
      `var ${name}: ${type} = ${first};`,
      `for (var ${variable}_block: i32 = 0; ${variable}_block < ${extent}; ${variable}_block += ${SUM_BLOCK}) {`,
      `var ${name}_part: ${type} = ${first};`,
      `for (var ${variable}: i32 = ${variable}_block; ${variable} < min(${variable}_block + ${SUM_BLOCK}, ${extent}); ${variable}++) {`,
      ...body,
      `${name}_part = ${name}_part + ${value};`,
      '}',
      `${name} = ${name} + ${name}_part;`,
      '}',
    ]
  }
  const update = {
    sum: `${name} + ${value}`,
    prod: `${name} * ${value}`,
    max: `max(${name}, ${value})`,
    min: `min(${name}, ${value})`,
  }[combine]
  return [`var ${name}: ${type} = ${first};`, open, ...body, `${name} = ${update};`, '}']
}

/** An index into a tensor's buffer with what is only known when the kernel runs: the ring row's start. */
function indexText(reach: Reach, index: string): string {
  return reach.dynamicOffset === null ? index : `${index} + ${reach.dynamicOffset}`
}

const COMPONENTS = ['x', 'y', 'z', 'w']

function loadText(names: WgslNames, source: Loadable, index: string, access: LoadAccess): string {
  const reach = names.reach(source)
  const one = (at: string): string => {
    if (reach.dtype === 'uint8') return `((${reach.buffer}_at((${at}) >> 2u) >> (u32((${at}) & 3) * 8u)) & 255u)`
    return `${reach.buffer}_at(${at})${reach.dtype === 'bool' ? ' != 0u' : ''}`
  }
  const at = indexText(reach, index)
  if (access === 'scalar') return one(at)
  const type = vectorType(reach.dtype, 4)
  if (access === 'gather') {
    const parts = COMPONENTS.map((component) => one(indexText(reach, `${index}.${component}`)))
    return `${type}(${parts.join(', ')})`
  }
  if (reach.dtype === 'uint8') {
    return `((vec4<u32>(${reach.buffer}_at(${at})) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u))`
  }
  names.useWide(reach.buffer)
  return `${reach.buffer}_four(${at})${reach.dtype === 'bool' ? ' != vec4<u32>(0u)' : ''}`
}

/** The statement that stores a value at an index that includes the tensor's offset (of the vector, for a contiguous access). */
export function storeText(
  names: WgslNames,
  source: { readonly id: number },
  index: string,
  value: string,
  access: LoadAccess,
): string {
  const reach = names.reach(source)
  if (reach.dtype === 'uint8')
    throw new DTypeError("WebGPU reads uint8 but cannot write it: cast the result, e.g. x.cast('int32')")
  const bool = reach.dtype === 'bool'
  const at = indexText(reach, index)
  if (access === 'scalar') return `${reach.buffer}_set(${at}, ${bool ? `select(0u, 1u, ${value})` : value});`
  const four = bool ? `select(vec4<u32>(0u), vec4<u32>(1u), ${value})` : value
  if (access === 'contiguous') {
    names.useWide(reach.buffer)
    return `${reach.buffer}_set_four(${at}, ${four});`
  }
  return COMPONENTS.map((c) => `${reach.buffer}_set(${indexText(reach, `${index}.${c}`)}, (${four}).${c});`).join(' ')
}

/** The syntax of WGSL for kernels that reach tensors and arguments through `names`. */
export function wgslSyntax(names: WgslNames): Syntax {
  return {
    inner: null,
    confine: null,
    constant: (dtype, value, lanes) =>
      lanes === 1 ? literalText(dtype, value) : `${vectorType(dtype, 4)}(${literalText(dtype, value)})`,
    splat: (dtype, scalar) => `${vectorType(dtype, 4)}(${scalar})`,
    lane: () => 'vec4<i32>(0, 1, 2, 3)',
    declare: (name, dtype, lanes, value) => `let ${name}: ${vectorType(dtype, lanes)} = ${value};`,
    product: (name, factor) => `${name} * ${factor < 0 ? `(${factor})` : factor}`,
    affine: (terms, constant) =>
      [...terms, ...(constant === 0 ? [] : [constant < 0 ? `(${constant})` : String(constant)])].join(' + '),
    offsetOf: (source) => names.reach(source).offset,
    division: divisionText,
    load: (source, index, access) => loadText(names, source, index, access),
    argument: (source) => {
      const word = names.argument(source)
      const bits = `args[${1 + Math.floor(word / 4)}].${COMPONENTS[word % 4]}`
      const { dtype } = source.aval
      return dtype === 'bool'
        ? `${bits} != 0u`
        : dtype === 'uint32' || dtype === 'uint8'
          ? bits
          : `bitcast<${typeOf(dtype)}>(${bits})`
    },
    operation: (node, operands, lanes) => {
      const [x, y, z] = operands as [string, string, string]
      switch (node.op) {
        case 'unary':
          return unaryText(node, x, lanes)
        case 'binary':
          return binaryText(node, x, y, lanes)
        case 'select':
          return `select(${z}, ${y}, ${x})`
        case 'cast':
          return castText(node.dtype, node.x.dtype, x, lanes)
        case 'bitcast':
          return `bitcast<${vectorType(node.dtype, lanes)}>(${x})`
      }
    },
    fold: foldLines,
    localArray: (name, dtype, extent) => `var ${name}: array<${typeOf(dtype)}, ${extent}>;`,
    localStore: (name, _dtype, index, value) => `${name}[${index}] = ${value};`,
    localLoad: (name, _dtype, index, access) =>
      access === 'scalar' ? `${name}[${index}]` : `vec4(${COMPONENTS.map((c) => `${name}[${index}.${c}]`).join(', ')})`,
    loop: (variable, extent, body) => [
      `for (var ${variable}: i32 = 0; ${variable} < ${extent}; ${variable}++) {`,
      ...body,
      '}',
    ],
  }
}
