// The kernels of a program as code: WebAssembly where it can be, else JavaScript.

import type { Program } from '../../compiler/program.ts'
import { InternalError } from '../../core/errors.ts'
import type { DType, TypedArray } from '../../core/dtype.ts'
import type { Loadable } from '../../ir/scalar.ts'
import { chunksOf } from './chunks.ts'
import type { SharedKernel } from './helper.ts'
import { printJavaScript } from './javascript.ts'
import type { Heap } from './wasm/heap.ts'
import { callOf, moduleBytes, type WasmCall, wasmImports, type WasmSupport } from './wasm/module.ts'
import { isPrintable, printKernel, type WasmKernel } from './wasm/print.ts'

/** Arrays that a call alone uses, by name. */
export type Scratch = (name: string, length: number) => Float64Array

/** A kernel of JavaScript. */
export type JavaScriptCall = (
  arrays: readonly TypedArray[],
  args: readonly number[],
  scratch: Scratch,
  from: number,
  to: number,
) => void

/** A kernel ready to run. */
export interface CpuKernel {
  readonly source: string
  /** What it is given, in order. */
  readonly arrays: readonly Loadable[]
  /** What helpers are told of it. */
  readonly shared: SharedKernel
  /** Nanoseconds of one thread, roughly; 0 for a kernel that is not shared. */
  readonly work: number
  readonly code:
    | { readonly kind: 'wasm'; readonly call: WasmCall }
    | { readonly kind: 'javascript'; readonly call: JavaScriptCall }
}

/** The kernels of a program, in the order of its dispatches. */
export interface CpuKernels {
  readonly kernels: readonly CpuKernel[]
  readonly module: WebAssembly.Module | null
  /** Scratch memory that a thread needs for any of them. */
  readonly scratchBytes: number
}

const BITS: readonly DType[] = ['float32', 'int32', 'uint32']

/** A function body that makes a kernel from the views of one word of `bits`. */
function kernelText(source: string): string {
  const views = BITS.map((dtype) => `const bits_${dtype} = bits.${dtype};`).join(' ')
  return `'use strict'; ${views}\nreturn (arrays, args, scratch, from, to) => {\n${source}\n}`
}

function compileKernel(text: string): JavaScriptCall {
  const make: unknown = new Function('bits', text)
  if (typeof make !== 'function') throw new InternalError('a kernel did not compile')
  const bits = new ArrayBuffer(4)
  const kernel: JavaScriptCall = make({
    float32: new Float32Array(bits),
    int32: new Int32Array(bits),
    uint32: new Uint32Array(bits),
  })
  return kernel
}

/** A text that two kernels share if they are the same function: their types and their statements, with what they declare named in order. */
function identityOf({ fn }: WasmKernel): string {
  const declared = new Set(Array.from(fn.text.matchAll(/\((?:let|local) (\S+) /g), ([, name]) => name))
  const numbers = new Map<string, number>()
  const statements = fn.text.replace(/[^\s()]+/g, (token) => {
    if (!declared.has(token)) return token
    const number = numbers.get(token) ?? numbers.size
    numbers.set(token, number)
    return `#${number}` // what no statement holds otherwise
  })
  return `${fn.parameters.map(({ type }) => type).join()} ${statements}`
}

/** Compiles a program's kernels for so many threads; as WebAssembly over a heap, if there is one. */
export async function compileKernels(
  program: Program,
  threads: number,
  wasm: { readonly support: WasmSupport; readonly heap: Heap } | null,
): Promise<CpuKernels> {
  const kernels = program.dispatches.flatMap((dispatch) => dispatch.kernels)
  const argIndex = new Map(program.args.map((tensor, i) => [tensor.id, i]))
  const printed = kernels.map((kernel, i) => {
    const isWasm = wasm !== null && isPrintable(kernel)
    return isWasm ? printKernel(kernel, `kernel${i}`) : printJavaScript(kernel)
  })
  // kernels that differ in nothing but what they are given (the layers of a deep network) are one function
  const functions = new Map<string, WasmKernel>()
  const keys = printed.map((kernel) => ('fn' in kernel ? identityOf(kernel) : ''))
  const scratchBytes = Math.max(0, ...printed.map((kernel) => ('fn' in kernel ? kernel.scratchBytes : 0)))
  printed.forEach((kernel, i) => {
    if ('fn' in kernel && !functions.has(keys[i]!)) functions.set(keys[i]!, kernel)
  })
  const called = (i: number): string => functions.get(keys[i]!)!.fn.name
  let module: WebAssembly.Module | null = null
  let instance: WebAssembly.Instance | null = null
  if (wasm !== null && functions.size > 0) {
    module = await WebAssembly.compile(moduleBytes([...functions.values()], wasm.support, wasm.heap.type))
    instance = await WebAssembly.instantiate(module, wasmImports(wasm.heap.memory))
  }
  return {
    module,
    scratchBytes,
    kernels: printed.map((kernel, i): CpuKernel => {
      const { units, arrays } = kernel
      const isWasm = 'fn' in kernel
      const { chunks, work } = chunksOf(kernels[i]!, isWasm, units, threads)
      const source = isWasm ? kernel.fn.text : kernel.source
      const text = isWasm ? called(i) : kernelText(source)
      const args = kernel.args.map((argument) => argIndex.get(argument.id)!)
      const code = isWasm ? { kind: 'wasm' as const, call: callOf(instance!, called(i)) } : { kind: 'javascript' as const, call: compileKernel(text) } // prettier-ignore
      return { source, arrays, shared: { kind: code.kind, text, args, units, chunks }, work: chunks > 1 ? work : 0, code } // prettier-ignore
    }),
  }
}
