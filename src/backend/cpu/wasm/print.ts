// Kernel -> function of WebAssembly: `kernel(addresses..., arguments..., scratch, from, to)` does the units `from` to `to` of its work.

import { type Kernel, rootsOf, storesOf } from '../../../compiler/kernel.ts'
import type { DType } from '../../../core/dtype.ts'
import { type Loadable, variable } from '../../../ir/scalar.ts'
import { visitScalars } from '../../../ir/substitute.ts'
import { expandKernel } from '../../expand.ts'
import type { WasmFunction } from './assembler.ts'
import { contractionBody, hasPanels } from './contraction.ts'
import { loopBody, storesWithin, type Writing } from './loop.ts'
import { FOREIGN } from './operations.ts'
import { valueType } from './statements.ts'
import { TWICE, wasmSyntax } from './syntax.ts'

/** A kernel as a function, and what it is given: tensors, arguments, and the address of so many bytes that no other call uses. */
export interface WasmKernel {
  readonly fn: WasmFunction
  readonly units: number
  readonly arrays: readonly Loadable[]
  readonly args: readonly Loadable[]
  readonly scratchBytes: number
}

/** Bytes between what is put into the scratch memory. */
const ALIGNED = 64

const DTYPES: ReadonlySet<DType> = new Set<DType>(['float32', 'int32', 'uint32', 'bool', 'uint8'])
const FOREIGN_NAMES: ReadonlySet<string> = new Set(FOREIGN)

/** Whether a kernel can be printed: float64 exists in JavaScript only. */
export function isPrintable(kernel: Kernel): boolean {
  if (kernel.kind === 'contraction' && !hasPanels(kernel)) return false
  let known = storesOf(kernel).every(({ target }) => DTYPES.has(target.aval.dtype)) && storesWithin(storesOf(kernel))
  visitScalars(rootsOf(kernel), ({ dtype }) => {
    known &&= DTYPES.has(dtype)
  })
  return known
}

/** Prints a kernel that `isPrintable`. */
export function printKernel(given: Kernel, name: string): WasmKernel {
  const kernel = expandKernel(given, (fn) => FOREIGN_NAMES.has(fn))
  const arrays: Loadable[] = []
  const args: Loadable[] = []
  visitScalars(rootsOf(kernel), (node) => {
    if (node.op === 'load' && !arrays.includes(node.source)) arrays.push(node.source)
    if (node.op === 'argument' && !args.includes(node.source)) args.push(node.source)
  })
  for (const { target } of storesOf(kernel)) if (!arrays.includes(target)) arrays.push(target)
  const nameIn = (list: readonly Loadable[], prefix: string) => (source: { readonly id: number }) =>
    `${prefix}${list.findIndex(({ id }) => id === source.id)}`
  let scratchBytes = 0
  const scratch = (bytes: number): string => {
    const at = scratchBytes
    scratchBytes += Math.ceil(bytes / ALIGNED) * ALIGNED
    return `(i32.add $scratch (i32.const ${at}))`
  }
  const lane = variable('lane', 4)
  const address = nameIn(arrays, '$x')
  const syntax = wasmSyntax({ address, argument: nameIn(args, '$a'), scratch }, lane)
  const writing: Writing = { syntax, lane, address }
  const { units, lines } = kernel.kind === 'loop' ? loopBody(kernel, writing) : contractionBody(kernel, writing, scratch) // prettier-ignore
  const fn: WasmFunction = {
    name,
    parameters: [
      ...arrays.map((_, i) => ({ name: `$x${i}`, type: 'i32' as const })),
      ...args.map((source, i) => ({ name: `$a${i}`, type: valueType(source.aval.dtype, 1) })),
      ...['$scratch', '$from', '$to'].map((called) => ({ name: called, type: 'i32' as const })),
    ],
    text: [`(local ${TWICE} i32)`, ...lines].join('\n'),
    exported: true,
  }
  return { fn, units, arrays, args, scratchBytes }
}
