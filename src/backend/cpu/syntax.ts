// JavaScript as a target of emit.ts. Arithmetic is in float64 and rounds when it is stored, so float32 results are at least as
// exact as the WebGPU backend's; integers wrap as on the device.

import { type DType, isFloating } from '../../core/dtype.ts'
import { InternalError } from '../../core/errors.ts'
import type { Scalar } from '../../ir/scalar.ts'
import type { FoldText, Syntax } from '../syntax.ts'

const wrap = (dtype: DType, text: string): string =>
  dtype === 'int32' ? `(${text}) | 0` : dtype === 'uint32' ? `(${text}) >>> 0` : text

const number = (value: number): string => (Object.is(value, -0) ? '-0' : value < 0 ? `(${value})` : String(value))

/** Terms of a fold that are written out, so that positions in a window are numbers. */
const UNROLLED = 9

const COMPARISON: Record<string, string> = { eq: '===', ne: '!==', lt: '<', le: '<=', gt: '>', ge: '>=' }

/** How JavaScript names what a kernel binds. */
export interface Names {
  readonly array: (source: { readonly id: number }) => string
  readonly argument: (source: { readonly id: number }) => string
}

function unaryText(node: Extract<Scalar, { op: 'unary' }>, x: string): string {
  switch (node.fn) {
    case 'neg':
      return wrap(node.dtype, `-${x}`)
    case 'abs':
      return wrap(node.dtype, `Math.abs(${x})`)
    case 'not':
      return `${x} ? 0 : 1`
    case 'bitnot':
      return wrap(node.dtype, `~${x}`)
    case 'round':
      return `(Math.abs(${x} % 1) === 0.5 ? 2 * Math.round(${x} / 2) : Math.round(${x}))`
    case 'pow2':
      return `2 ** ${x}`
    default:
      return `Math.${node.fn}(${x})`
  }
}

function binaryText(node: Extract<Scalar, { op: 'binary' }>, x: string, y: string): string {
  const { dtype, fn } = node
  const integer = dtype === 'int32' || dtype === 'uint32'
  switch (fn) {
    case 'add':
      return wrap(dtype, `${x} + ${y}`)
    case 'sub':
      return wrap(dtype, `${x} - ${y}`)
    case 'mul':
      return integer ? wrap(dtype, `Math.imul(${x}, ${y})`) : `${x} * ${y}`
    case 'div':
      return integer ? `${y} === 0 ? 0 : ${wrap(dtype, `${x} / ${y}`)}` : `${x} / ${y}`
    case 'rem':
      return integer ? `${y} === 0 ? 0 : ${wrap(dtype, `${x} % ${y}`)}` : `${x} % ${y}`
    case 'pow':
    case 'atan2':
      return `Math.${fn}(${x}, ${y})`
    case 'min':
      return integer ? `${x} < ${y} ? ${x} : ${y}` : `Math.min(${x}, ${y})`
    case 'max':
      return integer ? `${x} > ${y} ? ${x} : ${y}` : `Math.max(${x}, ${y})`
    case 'and':
      return wrap(dtype, `${x} & ${y}`)
    case 'or':
      return wrap(dtype, `${x} | ${y}`)
    case 'xor':
      return wrap(dtype, `${x} ^ ${y}`)
    case 'shl':
      return wrap(dtype, `${x} << ${y}`)
    case 'shr':
      return dtype === 'uint32' ? `${x} >>> ${y}` : `${x} >> ${y}`
    default:
      return `${x} ${COMPARISON[fn]} ${y} ? 1 : 0`
  }
}

/** Floats end at the range of an integer dtype and give 0 for NaN; integers keep their low bits. */
function castText(to: DType, from: DType, x: string): string {
  const ended = (least: number, greatest: number): string =>
    isFloating(from) ? `Math.min(Math.max(${x}, ${least}), ${greatest})` : x
  switch (to) {
    case 'bool':
      return `${x} !== 0 ? 1 : 0`
    case 'int32':
      return `${ended(-(2 ** 31), 2 ** 31 - 1)} | 0`
    case 'uint32':
      return `${ended(0, 2 ** 32 - 1)} >>> 0`
    case 'uint8':
      return `${ended(0, 255)} & 255`
    default:
      return to === 'float32' && from === 'float64' ? `Math.fround(${x})` : x
  }
}

/** The value that a fold starts from. */
function startOf(fold: FoldText): string {
  const integer = fold.dtype === 'int32' || fold.dtype === 'uint32'
  switch (fold.combine) {
    case 'sum':
      return '0'
    case 'prod':
      return '1'
    case 'max':
    case 'argmax':
      return integer ? (fold.dtype === 'uint32' ? '0' : '-2147483648') : '-Infinity'
    case 'min':
    case 'argmin':
      return integer ? (fold.dtype === 'uint32' ? '4294967295' : '2147483647') : 'Infinity'
  }
}

function foldText(fold: FoldText): string[] {
  const { name, combine, dtype, terms } = fold
  const { value, variable, extent } = terms
  const loop = (lines: readonly string[]): string[] => {
    const body = [...terms.body, ...lines, '}']
    if (extent > UNROLLED) return [`for (let ${variable} = 0; ${variable} < ${extent}; ${variable}++) {`, ...body]
    return Array.from({ length: extent }, (_, i) => ['{', `const ${variable} = ${i};`, ...body]).flat()
  }
  const beats = combine === 'max' || combine === 'argmax' ? '>' : '<'
  switch (combine) {
    case 'sum':
      return [`let ${name} = 0;`, ...loop([`${name} = ${wrap(dtype, `${name} + ${value}`)};`])]
    case 'prod':
      return [`let ${name} = 1;`, ...loop([`${name} = ${dtype === 'int32' || dtype === 'uint32' ? wrap(dtype, `Math.imul(${name}, ${value})`) : `${name} * ${value}`};`])] // prettier-ignore
    case 'max':
    case 'min':
      return [`let ${name} = ${startOf(fold)};`, ...loop([`if (${value} ${beats} ${name} || ${value} !== ${value}) ${name} = ${value};`])] // prettier-ignore
    case 'argmax':
    case 'argmin':
      // the first NaN wins, as it does in NumPy
      return [
        `let ${name} = 0; let ${name}_best = ${startOf(fold)};`,
        ...loop([`if (${value} ${beats} ${name}_best || (${value} !== ${value} && ${name}_best === ${name}_best)) { ${name} = ${variable}; ${name}_best = ${value}; }`]), // prettier-ignore
      ]
  }
}

/** The syntax of JavaScript for kernels that bind arrays and arguments under `names`. */
export function javascript(names: Names): Syntax {
  return {
    inner: null,
    confine: null,
    constant: (_, value) => number(value),
    splat: (_, scalar) => scalar,
    lane: () => {
      throw new InternalError('JavaScript has no lanes')
    },
    declare: (name, _dtype, _lanes, value) => `const ${name} = ${value};`,
    product: (name, factor) => `Math.imul(${name}, ${factor})`,
    affine: (terms, constant) => `(${[...terms, ...(constant === 0 ? [] : [number(constant)])].join(' + ')}) | 0`,
    division: (op, x, by, range) => {
      if (op === 'quotient') return range.min >= 0 ? `(${x} / ${by}) | 0` : `Math.floor(${x} / ${by})`
      return range.min >= 0 ? `${x} % ${by}` : `((${x} % ${by}) + ${by}) % ${by}`
    },
    offsetOf: () => 0,
    load: (source, index) => `${names.array(source)}[${index}]`,
    argument: (source) => names.argument(source),
    operation: (node, operands) => {
      const [x, y, z] = operands as [string, string, string]
      switch (node.op) {
        case 'unary':
          return unaryText(node, x)
        case 'binary':
          return binaryText(node, x, y)
        case 'select':
          return `${x} ? ${y} : ${z}`
        case 'cast':
          return castText(node.dtype, node.x.dtype, x)
        case 'bitcast':
          return `(bits_${node.x.dtype}[0] = ${x}, bits_${node.dtype}[0])`
      }
    },
    fold: foldText,
    localArray: (name, _dtype, extent) => `const ${name} = scratch(${JSON.stringify(name)}, ${extent});`,
    localStore: (name, _dtype, index, value) => `${name}[${index}] = ${value};`,
    localLoad: (name, _dtype, index) => `${name}[${index}]`,
    loop: (variable, extent, body) => [
      `for (let ${variable} = 0; ${variable} < ${extent}; ${variable}++) {`,
      ...body,
      '}',
    ],
  }
}
