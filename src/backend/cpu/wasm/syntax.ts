// WebAssembly's text format as a target of emit.ts. Values are locals, vectors have four lanes; tensors are reached by the address of their
// first element, which the function is given.

import type { DType } from '../../../core/dtype.ts'
import type { Range } from '../../../ir/indexMap.ts'
import type { Variable } from '../../../ir/scalar.ts'
import { reciprocalOf } from '../../reciprocal.ts'
import type { LoadAccess, Syntax } from '../../syntax.ts'
import { foldText } from './folds.ts'
import { constantText, lanesText, operationText, splatText } from './operations.ts'
import { countText, i32, letText, valueType } from './statements.ts'

/** How the text of a function names what it is given. */
export interface WasmNames {
  /** The local that holds a tensor's address. */
  readonly address: (source: { readonly id: number }) => string
  /** The local that holds an argument. */
  readonly argument: (source: { readonly id: number }) => string
  /** The address of so many bytes that this call alone uses. */
  readonly scratch: (bytes: number) => string
}

/** Bytes of an element in memory, as a power of two. */
const shiftOf = (dtype: DType): number => (dtype === 'bool' || dtype === 'uint8' ? 0 : 2)

/** `address + index * size`. */
function addressText(address: string, dtype: DType, index: string): string {
  const shift = shiftOf(dtype)
  return `(i32.add ${address} ${shift === 0 ? index : `(i32.shl ${index} ${i32(shift)})`})`
}

const vectorAddress = (address: string, index: string): string => `(i32.add ${address} (i32.shl ${index} ${i32(4)}))`

function loadOne(dtype: DType, address: string): string {
  if (dtype === 'float32') return `(f32.load ${address})`
  return shiftOf(dtype) === 0 ? `(i32.load8_u ${address})` : `(i32.load ${address})`
}

/** Four elements from an address on. */
function loadFour(dtype: DType, address: string): string {
  if (shiftOf(dtype) !== 0) return `(v128.load ${address})`
  const widened = `(i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero ${address})))`
  return dtype === 'bool' ? `(i32x4.ne ${widened} ${constantText('int32', 0, 4)})` : widened
}

/** The first byte of every lane, in the lowest four. */
const FIRST_BYTES = '0 4 8 12 0 4 8 12 0 4 8 12 0 4 8 12'

/** A local of every function for what an expression needs twice. */
export const TWICE = '$twice'

/** The lesser or the greater of a value and a constant; not a call, which engines do not inline. */
function bounded(x: string, fn: 'min' | 'max', limit: number, lanes: number): string {
  if (lanes === 4) return `(i32x4.${fn}_s ${x} ${constantText('int32', limit, 4)})`
  const [first, again] = x.startsWith('(') ? [`(local.tee ${TWICE} ${x})`, TWICE] : [x, x]
  return `(select ${first} ${i32(limit)} (i32.${fn === 'min' ? 'lt' : 'gt'}_s ${again} ${i32(limit)}))`
}

/** The statement that stores a value at an index (a vector at that of its first lane, where they lie side by side). */
export function storeText(address: string, dtype: DType, index: string, value: string, access: LoadAccess): string {
  const narrow = shiftOf(dtype) === 0
  if (access === 'gather') {
    const stored = dtype === 'bool' ? `(v128.and ${value} ${constantText('int32', 1, 4)})` : value
    return [0, 1, 2, 3]
      .map((i) => {
        const at = addressText(address, dtype, `(i32x4.extract_lane ${i} ${index})`)
        return narrow ? `(v128.store8_lane ${4 * i} ${at} ${stored})` : `(v128.store32_lane ${i} ${at} ${stored})`
      })
      .join(' ')
  }
  const at = addressText(address, dtype, index)
  if (access === 'scalar') return `(${dtype === 'float32' ? 'f32.store' : narrow ? 'i32.store8' : 'i32.store'} ${at} ${value})` // prettier-ignore
  if (!narrow) return `(v128.store ${at} ${value})`
  const bytes = `(i8x16.shuffle ${FIRST_BYTES} ${value} ${value})`
  const stored = dtype === 'bool' ? `(v128.and ${bytes} (v128.const i32x4 16843009 0 0 0))` : bytes
  return `(v128.store32_lane 0 ${at} ${stored})`
}

function divisionText(op: 'quotient' | 'remainder', x: string, by: number, range: Range, lanes: number): string {
  if (lanes === 1) return scalarDivision(op, x, by, range)
  const isPower = (by & (by - 1)) === 0
  if (isPower) {
    const power = i32(31 - Math.clz32(by))
    return op === 'quotient' ? `(i32x4.shr_s ${x} ${power})` : `(v128.and ${x} ${constantText('int32', by - 1, 4)})`
  }
  const reciprocal = range.min < 0 ? null : reciprocalOf(by, range.max)
  if (reciprocal === null) return lanesText('int32', (read) => scalarDivision(op, read('int32', x), by, range))
  const factor = constantText('int32', reciprocal.factor, 4)
  const quotient = `(i32x4.shr_u (i32x4.mul ${x} ${factor}) ${i32(reciprocal.shift)})`
  return op === 'quotient' ? quotient : `(i32x4.sub ${x} (i32x4.mul ${quotient} ${constantText('int32', by, 4)}))`
}

function scalarDivision(op: 'quotient' | 'remainder', x: string, by: number, range: Range): string {
  if ((by & (by - 1)) === 0) {
    if (op === 'remainder') return `(i32.and ${x} ${i32(by - 1)})`
    return `(i32.shr_s ${x} ${i32(31 - Math.clz32(by))})`
  }
  if (range.min >= 0) return `(i32.${op === 'quotient' ? 'div_u' : 'rem_u'} ${x} ${i32(by)})`
  return `(call $floor_${op === 'quotient' ? 'div' : 'mod'} ${x} ${i32(by)})`
}

/** The syntax for a function that is given tensors and arguments under `names`; folds and arrays of single values are computed four at a time over `lane`. */
export function wasmSyntax(names: WasmNames, lane: Variable): Syntax {
  const arrays = new Map<string, { readonly address: string; readonly lanes: number }>()
  const sum = (terms: readonly string[], lanes: number): string =>
    terms.reduce((left, right) => `(${lanes === 1 ? 'i32' : 'i32x4'}.add ${left} ${right})`)
  return {
    inner: lane,
    constant: constantText,
    splat: splatText,
    lane: () => '(v128.const i32x4 0 1 2 3)',
    declare: (name, dtype, lanes, value) => letText(name, valueType(dtype, lanes), value),
    product: (name, factor, lanes) => {
      const isPower = factor > 0 && (factor & (factor - 1)) === 0
      const kind = lanes === 1 ? 'i32' : 'i32x4'
      return isPower
        ? `(${kind}.shl ${name} ${i32(31 - Math.clz32(factor))})`
        : `(${kind}.mul ${name} ${constantText('int32', factor, lanes)})`
    },
    affine: (terms, constant, lanes) => sum(constant === 0 ? terms : [...terms, constantText('int32', constant, lanes)], lanes), // prettier-ignore
    division: divisionText,
    offsetOf: () => 0,
    confine: (index, range, least, greatest, lanes) => {
      const lowered = range.max > greatest ? bounded(index, 'min', greatest, lanes) : index
      return range.min < least ? bounded(lowered, 'max', least, lanes) : lowered
    },
    load: (source, index, access) => {
      const { dtype } = source.aval
      const address = names.address(source)
      if (access === 'gather') {
        const read = (i: number): string => addressText(address, dtype, `(i32x4.extract_lane ${i} ${index})`)
        if (shiftOf(dtype) === 0) return lanesText(dtype, (one) => loadOne(dtype, addressText(address, dtype, one('int32', index)))) // prettier-ignore
        return [1, 2, 3].reduce((text, i) => `(v128.load32_lane ${i} ${read(i)} ${text})`, `(v128.load32_zero ${read(0)})`) // prettier-ignore
      }
      const from = addressText(address, dtype, index)
      return access === 'contiguous' ? loadFour(dtype, from) : loadOne(dtype, from)
    },
    argument: (source) => names.argument(source),
    operation: operationText,
    fold: foldText,
    localArray: (name, _dtype, extent, _filledBy, lanes) => {
      arrays.set(name, { address: names.scratch(lanes === 4 ? 16 * extent : 16 * Math.ceil(extent / 4)), lanes })
      return null
    },
    localStore: (name, dtype, index, value, access) => {
      const { address, lanes } = arrays.get(name)!
      if (lanes === 4) return `(v128.store ${vectorAddress(address, index)} ${value})`
      const stored = dtype === 'bool' && access === 'contiguous' ? `(v128.and ${value} ${constantText('int32', 1, 4)})` : value // prettier-ignore
      return storeText(address, wordOf(dtype), index, stored, access)
    },
    localLoad: (name, dtype, index, access) => {
      const { address, lanes } = arrays.get(name)!
      const word = wordOf(dtype)
      if (lanes === 4) {
        if (access === 'scalar') return `(v128.load ${vectorAddress(address, index)})`
        // each lane has an array of its own
        const at = `(i32x4.add (i32x4.shl ${index} ${i32(4)}) (v128.const i32x4 0 4 8 12))`
        return lanesText(word, (read) => loadOne(word, `(i32.add ${address} ${read('int32', at)})`))
      }
      const from = addressText(address, word, index)
      if (access === 'scalar') return loadOne(word, from)
      const value =
        access === 'contiguous'
          ? loadFour(word, from)
          : lanesText(word, (read) => loadOne(word, addressText(address, word, read('int32', index))))
      return dtype === 'bool' ? `(i32x4.ne ${value} ${constantText('int32', 0, 4)})` : value
    },
    loop: countText,
  }
}

/** What an element of a local array is held as. */
const wordOf = (dtype: DType): DType => (dtype === 'float32' ? dtype : 'int32')
