// The kernels of a program as one module of WebAssembly, with the functions that they call.

import { InternalError } from '../../../core/errors.ts'
import { assemble, type WasmFunction, type WasmMemory } from './assembler.ts'
import { HELPERS, IMPORTS } from './helpers.ts'
import type { WasmKernel } from './print.ts'
import { productFunctions } from './product.ts'

/** A kernel as it is called: addresses, arguments, the scratch memory, and the units of work. */
export type WasmCall = (...operands: number[]) => void

/** How kernels are compiled on this engine. */
export interface WasmSupport {
  /** Whether products may be added without being rounded first. */
  readonly fused: boolean
}

/** A module with nothing but one instruction of the kind that is asked for. */
function probeBytes(fused: boolean): Uint8Array<ArrayBuffer> {
  const one = '(v128.const f32x4 1)'
  const text = `(drop ${fused ? `(f32x4.relaxed_madd ${one} ${one} ${one})` : `(f32x4.add ${one} ${one})`})`
  return assemble([{ name: 'probe', parameters: [], text, exported: false }], [], { maxPages: 1, shared: false })
}

/** What the engine can do, or null where there is no WebAssembly, none with SIMD, or none allowed. */
export function wasmSupport(): WasmSupport | null {
  if (typeof WebAssembly === 'undefined') return null
  for (const fused of [true, false]) {
    const bytes = probeBytes(fused)
    if (!WebAssembly.validate(bytes)) continue
    try {
      return new WebAssembly.Module(bytes) instanceof WebAssembly.Module ? { fused } : null
    } catch {
      return null // a content security policy may forbid it
    }
  }
  return null
}

const common = new Map<boolean, readonly WasmFunction[]>()

/** The functions that every module begins with; the same objects every time. */
function commonFunctions({ fused }: WasmSupport): readonly WasmFunction[] {
  const known = common.get(fused)
  if (known !== undefined) return known
  const made = [...HELPERS, ...productFunctions(fused)]
  common.set(fused, made)
  return made
}

/** The module of some kernels. */
export function moduleBytes(
  kernels: readonly WasmKernel[],
  support: WasmSupport,
  memory: WasmMemory,
): Uint8Array<ArrayBuffer> {
  return assemble([...commonFunctions(support), ...kernels.map(({ fn }) => fn)], IMPORTS, memory)
}

/** What a module imports. Its text is sent to helper threads too: it refers to nothing outside itself but types and what every thread has. */
export function wasmImports(memory: WebAssembly.Memory): WebAssembly.Imports {
  const env: Record<string, WebAssembly.ImportValue> = { memory, rem: (x: number, y: number) => x % y }
  for (const name of Object.getOwnPropertyNames(Math)) {
    const value: unknown = Reflect.get(Math, name)
    if (typeof value === 'function') env[name] = value
  }
  return { env }
}

/** The exported function of a kernel. */
export function callOf(instance: WebAssembly.Instance, name: string): WasmCall {
  const found = instance.exports[name]
  if (typeof found !== 'function') throw new InternalError(`the module has no kernel ${name}`)
  return (...operands) => {
    found(...operands)
  }
}
