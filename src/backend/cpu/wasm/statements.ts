// Loops and types of WebAssembly text, shared by all that print it.

import type { DType } from '../../../core/dtype.ts'
import type { ValueType } from './assembler.ts'

/** The type of a dtype's values. */
export function valueType(dtype: DType, lanes: number): ValueType {
  if (lanes === 4) return 'v128'
  return dtype === 'float32' ? 'f32' : 'i32'
}

/** An int32. */
export const i32 = (value: number): string => `(i32.const ${value})`

/** Statements that declare a local and set it. */
export const letText = (name: string, type: ValueType, value: string): string => `(let ${name} ${type} ${value})`

/** A loop that runs `variable` from `from` while it is below `to`, which both are texts. */
export function loopText(variable: string, from: string, to: string, body: readonly string[], step = i32(1)): string[] {
  return [
    `(scope ${letText(variable, 'i32', from)}`,
    `(if (i32.lt_s ${variable} ${to}) (then (loop`,
    ...body,
    `(br_if 0 (i32.lt_s (local.tee ${variable} (i32.add ${variable} ${step})) ${to}))`,
    '))))',
  ]
}

/** A loop that runs `variable` from 0 while it is below `extent`. */
export function countText(variable: string, extent: number, body: readonly string[]): string[] {
  if (extent === 0) return []
  return [
    `(scope ${letText(variable, 'i32', i32(0))} (loop`,
    ...body,
    `(br_if 0 (i32.lt_s (local.tee ${variable} (i32.add ${variable} ${i32(1)})) ${i32(extent)}))`,
    '))',
  ]
}
