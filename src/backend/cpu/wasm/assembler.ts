// WebAssembly's text format, as much of it as kernels need, as bytes. Instructions are folded, `(f32.add (local.get $x) ...)`, and two things
// are like JavaScript: `(local $x f32)` may stand anywhere in a list of statements and is known to its end, and
// a bare `$x` as an operand reads a local. Constants of vectors repeat what they are given in all lanes.

import { InternalError } from '../../../core/errors.ts'
import { opcodeOf } from './opcodes.ts'

/** The type of a local or a parameter. */
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128'

const TYPES: Readonly<Record<string, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** A function: its parameters and, if it gives a value, its type; its text; and whether it can be called from outside. */
export interface WasmFunction {
  readonly name: string
  readonly parameters: readonly { readonly name: string; readonly type: ValueType }[]
  readonly result?: ValueType
  readonly text: string
  readonly exported: boolean
}

/** A function that the module is given under `env`. */
export interface WasmImport {
  readonly name: string
  readonly parameters: readonly ValueType[]
  readonly result: ValueType
}

/** A memory: grown up to so many pages of 64 KiB, and whether threads share it. */
export interface WasmMemory {
  readonly maxPages: number
  readonly shared: boolean
}

type Node = string | readonly Node[]

const unsigned = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}

function signed(value: number): number[] {
  const done = value >= -64 && value < 64
  return done ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]
}

function bytesOf(type: 'f32' | 'f64' | 'i32', value: number): number[] {
  const view = new DataView(new ArrayBuffer(type === 'f64' ? 8 : 4))
  if (type === 'f32') view.setFloat32(0, value, true)
  else if (type === 'f64') view.setFloat64(0, value, true)
  else view.setInt32(0, value, true)
  return Array.from(new Uint8Array(view.buffer))
}

function parse(text: string): readonly Node[] {
  const root: Node[] = []
  const open: Node[][] = [root]
  for (const [token] of text.matchAll(/[()]|[^\s()]+/g)) {
    if (token === '(') {
      const list: Node[] = []
      open.at(-1)!.push(list)
      open.push(list)
    } else if (token === ')') {
      open.pop()
      if (open.length === 0) throw new InternalError('a ")" too many')
    } else open.at(-1)!.push(token)
  }
  if (open.length !== 1) throw new InternalError('a ")" is missing')
  return root
}

const isList = (node: Node): node is readonly Node[] => typeof node !== 'string'

/** The code of one function. */
function assembleFunction(fn: WasmFunction, functionIndex: (name: string) => number): number[] {
  const types: ValueType[] = []
  const free = new Map<ValueType, number[]>()
  const scopes: Map<string, { index: number; type: ValueType }>[] = [new Map()]
  fn.parameters.forEach(({ name, type }, index) => scopes[0]!.set(name, { index, type }))
  const out: number[] = []
  const emit = (bytes: readonly number[]): void => {
    for (const byte of bytes) out.push(byte)
  }

  const localOf = (name: Node | undefined): number => {
    for (let i = scopes.length - 1; i >= 0; i--) {
      const known = scopes[i]!.get(String(name))
      if (known !== undefined) return known.index
    }
    throw new InternalError(`${fn.name}: ${String(name)} is not declared`)
  }
  const declare = (name: string, type: ValueType): void => {
    let index = free.get(type)?.pop()
    if (index === undefined) {
      index = fn.parameters.length + types.length
      types.push(type)
    }
    scopes.at(-1)!.set(name, { index, type })
  }
  /** Statements in a scope of their own. */
  const block = (statements: readonly Node[]): void => {
    scopes.push(new Map())
    statements.forEach(write)
    for (const { index, type } of scopes.pop()!.values()) free.set(type, [...(free.get(type) ?? []), index])
  }
  const constant = (type: string, literal: readonly Node[]): void => {
    const [first, ...numbers] = literal.map(String)
    if (type === 'v128') {
      const lane = first === 'i32x4' ? 'i32' : first === 'f32x4' ? 'f32' : 'f64'
      const bytes = numbers.flatMap((value) => bytesOf(lane, Number(value)))
      emit([0xfd, 0x0c, ...Array.from({ length: 16 / bytes.length }, () => bytes).flat()])
    } else if (type === 'i32') emit([0x41, ...signed(Number(first) | 0)])
    else emit([type === 'f64' ? 0x44 : 0x43, ...bytesOf(type === 'f64' ? 'f64' : 'f32', Number(first))])
  }

  const write = (node: Node): void => {
    if (!isList(node)) {
      emit([0x20, ...unsigned(localOf(node))])
      return
    }
    const [head, ...rest] = node
    if (head === undefined || isList(head)) throw new InternalError(`${fn.name}: a list without a name`)
    switch (head) {
      case 'local':
        declare(String(rest[0]), String(rest[1]) as ValueType)
        return
      case 'local.set':
      case 'local.tee':
        write(rest[1]!)
        emit([head === 'local.set' ? 0x21 : 0x22, ...unsigned(localOf(rest[0]))])
        return
      case 'scope':
        block(rest)
        return
      case 'loop':
      case 'block':
        emit([head === 'loop' ? 0x03 : 0x02, 0x40])
        block(rest)
        emit([0x0b])
        return
      case 'if': {
        const [condition, ...branches] = rest
        write(condition!)
        emit([0x04, 0x40])
        branches.forEach((branch, i) => {
          if (i === 1) emit([0x05])
          block(isList(branch) ? branch.slice(1) : [])
        })
        emit([0x0b])
        return
      }
      case 'br_if':
        write(rest[1]!)
        emit([0x0d, ...unsigned(Number(rest[0]))])
        return
      case 'call':
        rest.slice(1).forEach(write)
        emit([0x10, ...unsigned(functionIndex(String(rest[0])))])
        return
      case 'i32.const':
      case 'f32.const':
      case 'f64.const':
      case 'v128.const':
        constant(head.slice(0, head.indexOf('.')), rest)
        return
      default:
        instruction(head, rest)
    }
  }

  const instruction = (name: string, rest: readonly Node[]): void => {
    const opcode = opcodeOf(name)
    if (opcode === undefined) throw new InternalError(`${fn.name}: there is no instruction ${name}`)
    let operands = rest
    const immediates: number[] = []
    const isMemory = opcode.immediate === 'memory' || opcode.immediate === 'memory lane'
    if (isMemory) {
      const given = /^offset=(\d+)$/.exec(String(operands[0]))
      if (given !== null) operands = operands.slice(1)
      // addresses of tensors are multiples of 4, those of four elements of anything
      immediates.push(Math.min(2, opcode.align), ...unsigned(given === null ? 0 : Number(given[1])))
    }
    if (opcode.immediate === 'lane' || opcode.immediate === 'memory lane') {
      immediates.push(Number(operands[0]))
      operands = operands.slice(1)
    }
    if (opcode.immediate === 'bytes') {
      immediates.push(...operands.slice(0, 16).map(Number))
      operands = operands.slice(16)
    }
    operands.forEach(write)
    emit([...opcode.code, ...immediates])
  }

  parse(fn.text).forEach(write)
  emit([0x0b])
  const declarations = types.flatMap((type) => [1, TYPES[type]!])
  return [...unsigned(types.length), ...declarations, ...out]
}

/** A module over an imported memory, `env.memory`, with these functions. */
export function assemble(
  functions: readonly WasmFunction[],
  imports: readonly WasmImport[],
  memory: WasmMemory,
): Uint8Array<ArrayBuffer> {
  const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]
  const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes]
  const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)]
  const nameOf = (text: string): number[] => sized(Array.from(new TextEncoder().encode(text)))
  const typeOf = (parameters: readonly ValueType[], result: ValueType | undefined): number[] => [
    0x60,
    ...list(parameters.map((type) => [TYPES[type]!])),
    ...list(result === undefined ? [] : [[TYPES[result]!]]),
  ]
  const signatures = [
    ...imports.map(({ parameters, result }) => typeOf(parameters, result)),
    ...functions.map(({ parameters, result }) => typeOf(parameters.map(({ type }) => type), result)), // prettier-ignore
  ]
  const indexes = new Map([...imports, ...functions].map(({ name }, i) => [`$${name}`, i]))
  const functionIndex = (name: string): number => {
    const index = indexes.get(name)
    if (index === undefined) throw new InternalError(`there is no function ${name}`)
    return index
  }
  const limits = [memory.shared ? 3 : 1, ...unsigned(0), ...unsigned(memory.maxPages)]
  const bodies = functions.map((fn) => sized(assembleFunction(fn, functionIndex)))
  const exported = functions.filter((fn) => fn.exported)
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  return Uint8Array.from([
    ...header,
    ...section(1, list(signatures)),
    ...section(2, list([[...nameOf('env'), ...nameOf('memory'), 2, ...limits], ...imports.map(({ name }, i) => [...nameOf('env'), ...nameOf(name), 0, ...unsigned(i)])])), // prettier-ignore
    ...section(3, list(functions.map((_, i) => unsigned(imports.length + i)))),
    ...section(7, list(exported.map(({ name }) => [...nameOf(name), 0, ...unsigned(functionIndex(`$${name}`))]))),
    ...section(10, list(bodies)),
  ])
}
