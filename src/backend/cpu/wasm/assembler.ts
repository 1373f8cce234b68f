// WebAssembly's text format, as much of it as kernels need, as bytes. Instructions are folded, `(f32.add (local.get $x) ...)`, and two things
// are like JavaScript: `(local $x f32)` may stand anywhere in a list of statements and is known to its end, and
// a bare `$x` as an operand reads a local; `(let $x f32 ...)` declares and sets one. Constants of vectors repeat what they are given in all lanes.

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

/** Bytes that are written one behind the other. */
interface Bytes {
  readonly byte: (value: number) => void
  /** A number without sign, of as many bytes as it needs; and one with sign. */
  readonly unsigned: (value: number) => void
  readonly signed: (value: number) => void
  /** A number as it is in memory. */
  readonly memory: (type: 'f32' | 'f64' | 'i32', value: number) => void
  readonly all: (bytes: ArrayLike<number>) => void
  /** Bytes, and before them how many they are. */
  readonly sized: (bytes: Uint8Array) => void
  readonly text: (text: string) => void
  readonly done: () => Uint8Array<ArrayBuffer>
}

function createBytes(): Bytes {
  let bytes = new Uint8Array(256)
  let length = 0
  const room = (count: number): void => {
    if (length + count <= bytes.length) return
    const grown = new Uint8Array(2 * (length + count))
    grown.set(bytes.subarray(0, length))
    bytes = grown
  }
  const byte = (value: number): void => {
    room(1)
    bytes[length++] = value
  }
  const unsigned = (value: number): void => {
    let rest = value
    while (rest >= 128) {
      byte((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    byte(rest)
  }
  const signed = (value: number): void => {
    let rest = value
    while (rest < -64 || rest >= 64) {
      byte((rest & 127) | 128)
      rest >>= 7
    }
    byte(rest & 127)
  }
  const all = (list: ArrayLike<number>): void => {
    room(list.length)
    bytes.set(list, length)
    length += list.length
  }
  const sized = (list: Uint8Array): void => {
    unsigned(list.length)
    all(list)
  }
  const word = new DataView(new ArrayBuffer(8))
  const memory = (type: 'f32' | 'f64' | 'i32', value: number): void => {
    if (type === 'f32') word.setFloat32(0, value, true)
    else if (type === 'f64') word.setFloat64(0, value, true)
    else word.setInt32(0, value, true)
    for (let i = 0; i < (type === 'f64' ? 8 : 4); i++) byte(word.getUint8(i))
  }
  const encoder = new TextEncoder()
  const text = (name: string): void => sized(encoder.encode(name))
  return { byte, unsigned, signed, memory, all, sized, text, done: () => bytes.slice(0, length) }
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

/** The code of functions that are in many modules: it is the same in all, since they call only what every module begins with. */
const known = new WeakMap<WasmFunction, Uint8Array>()

function codeOf(fn: WasmFunction, functionIndex: (name: string) => number): Uint8Array {
  const code = known.get(fn) ?? assembleFunction(fn, functionIndex)
  known.set(fn, code)
  return code
}

/** The code of one function. */
function assembleFunction(fn: WasmFunction, functionIndex: (name: string) => number): Uint8Array {
  const types: ValueType[] = []
  const free: Record<ValueType, number[]> = { i32: [], f32: [], f64: [], v128: [] }
  const scopes: Map<string, { index: number; type: ValueType }>[] = [new Map()]
  fn.parameters.forEach(({ name, type }, index) => scopes[0]!.set(name, { index, type }))
  const out = createBytes()

  const localOf = (name: Node | undefined): number => {
    for (let i = scopes.length - 1; i >= 0; i--) {
      const found = scopes[i]!.get(String(name))
      if (found !== undefined) return found.index
    }
    throw new InternalError(`${fn.name}: ${String(name)} is not declared`)
  }
  const declare = (name: string, type: ValueType): void => {
    let index = free[type].pop()
    if (index === undefined) {
      index = fn.parameters.length + types.length
      types.push(type)
    }
    scopes.at(-1)!.set(name, { index, type })
  }
  /** Statements in a scope of their own. */
  const block = (statements: readonly Node[], from: number): void => {
    scopes.push(new Map())
    for (let i = from; i < statements.length; i++) write(statements[i]!)
    for (const { index, type } of scopes.pop()!.values()) free[type].push(index)
  }
  const constant = (type: string, node: readonly Node[]): void => {
    if (type === 'v128') {
      const lane = node[1] === 'i32x4' ? 'i32' : node[1] === 'f32x4' ? 'f32' : 'f64'
      const count = lane === 'f64' ? 2 : 4
      const given = node.length - 2
      out.byte(0xfd)
      out.byte(0x0c)
      for (let i = 0; i < count; i++) out.memory(lane, Number(node[2 + (i % given)]))
    } else if (type === 'i32') {
      out.byte(0x41)
      out.signed(Number(node[1]) | 0)
    } else {
      out.byte(type === 'f64' ? 0x44 : 0x43)
      out.memory(type === 'f64' ? 'f64' : 'f32', Number(node[1]))
    }
  }
  const local = (code: number, name: Node | undefined): void => {
    out.byte(code)
    out.unsigned(localOf(name))
  }
  /** What begins a list of statements without a value, and ends it. */
  const structured = (code: number, body: () => void): void => {
    out.byte(code)
    out.byte(0x40)
    body()
    out.byte(0x0b)
  }

  const write = (node: Node): void => {
    if (!isList(node)) {
      local(0x20, node)
      return
    }
    const head = node[0]
    if (head === undefined || isList(head)) throw new InternalError(`${fn.name}: a list without a name`)
    switch (head) {
      case 'local':
        declare(String(node[1]), String(node[2]) as ValueType)
        return
      case 'let':
        write(node[3]!)
        declare(String(node[1]), String(node[2]) as ValueType)
        local(0x21, node[1])
        return
      case 'local.set':
      case 'local.tee':
        write(node[2]!)
        local(head === 'local.set' ? 0x21 : 0x22, node[1])
        return
      case 'scope':
        block(node, 1)
        return
      case 'loop':
        structured(0x03, () => block(node, 1))
        return
      case 'if':
        write(node[1]!)
        structured(0x04, () => {
          if (isList(node[2]!)) block(node[2], 1)
          if (node.length === 3) return
          out.byte(0x05)
          if (isList(node[3]!)) block(node[3], 1)
        })
        return
      case 'br_if':
        write(node[2]!)
        out.byte(0x0d)
        out.unsigned(Number(node[1]))
        return
      case 'call':
        for (let i = 2; i < node.length; i++) write(node[i]!)
        out.byte(0x10)
        out.unsigned(functionIndex(String(node[1])))
        return
      case 'i32.const':
      case 'f32.const':
      case 'f64.const':
      case 'v128.const':
        constant(head.slice(0, head.indexOf('.')), node)
        return
      default:
        instruction(head, node)
    }
  }

  const instruction = (name: string, node: readonly Node[]): void => {
    const opcode = opcodeOf(name)
    if (opcode === undefined) throw new InternalError(`${fn.name}: there is no instruction ${name}`)
    const { immediate } = opcode
    let operands = 1
    let offset = 0
    if (immediate === 'memory' || immediate === 'memory lane') {
      const given = node[1]
      if (typeof given === 'string' && given.startsWith('offset=')) {
        offset = Number(given.slice('offset='.length))
        operands++
      }
    }
    const lanes = operands
    if (immediate === 'lane' || immediate === 'memory lane') operands += 1
    if (immediate === 'bytes') operands += 16
    for (let i = operands; i < node.length; i++) write(node[i]!)
    out.all(opcode.code)
    if (immediate === 'memory' || immediate === 'memory lane') {
      // what it says of the address is a hint: tensors begin at multiples of 4, vectors anywhere
      out.byte(Math.min(2, opcode.align))
      out.unsigned(offset)
    }
    for (let i = lanes; i < operands; i++) out.byte(Number(node[i]))
  }

  parse(fn.text).forEach(write)
  out.byte(0x0b)
  const code = createBytes()
  code.unsigned(types.length)
  for (const type of types) code.all([1, TYPES[type]!])
  code.all(out.done())
  return code.done()
}

/** A module over an imported memory, `env.memory`, with these functions. */
export function assemble(
  functions: readonly WasmFunction[],
  imports: readonly WasmImport[],
  memory: WasmMemory,
): Uint8Array<ArrayBuffer> {
  const out = createBytes()
  out.all([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
  const section = <T>(id: number, items: readonly T[], write: (to: Bytes, item: T, i: number) => void): void => {
    const body = createBytes()
    body.unsigned(items.length)
    items.forEach((item, i) => write(body, item, i))
    out.byte(id)
    out.sized(body.done())
  }
  const indexes = new Map([...imports, ...functions].map(({ name }, i) => [`$${name}`, i]))
  const functionIndex = (name: string): number => {
    const index = indexes.get(name)
    if (index === undefined) throw new InternalError(`there is no function ${name}`)
    return index
  }
  const signatures = [
    ...imports.map(({ parameters, result }) => ({ parameters, result })),
    ...functions.map(({ parameters, result }) => ({ parameters: parameters.map(({ type }) => type), result })),
  ]
  section(1, signatures, (to, { parameters, result }) => {
    to.byte(0x60)
    to.unsigned(parameters.length)
    to.all(parameters.map((type) => TYPES[type]!))
    to.all(result === undefined ? [0] : [1, TYPES[result]!])
  })
  section(2, [null, ...imports], (to, one, i) => {
    to.text('env')
    to.text(one === null ? 'memory' : one.name)
    if (one === null) {
      to.all([2, memory.shared ? 3 : 1, 0])
      to.unsigned(memory.maxPages)
    } else {
      to.byte(0)
      to.unsigned(i - 1)
    }
  })
  section(3, functions, (to, _, i) => to.unsigned(imports.length + i))
  section(7, functions.filter(({ exported }) => exported), (to, { name }) => {
    to.text(name)
    to.byte(0)
    to.unsigned(functionIndex(`$${name}`))
  }) // prettier-ignore
  section(10, functions, (to, fn) => to.sized(codeOf(fn, functionIndex)))
  return out.done()
}
