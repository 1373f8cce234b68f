// Functions that kernels call: arithmetic without an instruction of its own, and what JavaScript computes.

import type { WasmFunction, WasmImport } from './assembler.ts'
import { FOREIGN } from './operations.ts'
import { i32 } from './statements.ts'

const both = (name: string, text: string): WasmFunction => ({
  name,
  parameters: [
    { name: '$x', type: 'i32' },
    { name: '$y', type: 'i32' },
  ],
  result: 'i32',
  text,
  exported: false,
})

const chosen = (name: string, comparison: string): WasmFunction =>
  both(name, `(select $x $y (i32.${comparison} $x $y))`)

const guarded = (name: string, value: string): WasmFunction =>
  both(name, `(local $result i32) (local.set $result ${i32(0)}) (if $y (then (local.set $result ${value}))) $result`)

/** -1 divides by negation: the least integer has no quotient. */
const unlessMinusOne = (value: string, otherwise: string): string =>
  `(select ${otherwise} ${value} (i32.eq $y ${i32(-1)}))`
/** The divisor, or 1 instead of -1. */
const SAFE = `(select ${i32(1)} $y (i32.eq $y ${i32(-1)}))`

const BINARY: ReadonlySet<string> = new Set(['rem', 'pow', 'atan2'])

/** The functions of WebAssembly that any kernel may call. */
export const HELPERS: readonly WasmFunction[] = [
  chosen('min_s', 'lt_s'),
  chosen('max_s', 'gt_s'),
  chosen('min_u', 'lt_u'),
  chosen('max_u', 'gt_u'),
  guarded('div_s', unlessMinusOne(`(i32.div_s $x ${SAFE})`, `(i32.sub ${i32(0)} $x)`)),
  guarded('rem_s', unlessMinusOne(`(i32.rem_s $x ${SAFE})`, i32(0))),
  guarded('div_u', '(i32.div_u $x $y)'),
  guarded('rem_u', '(i32.rem_u $x $y)'),
  both('floor_div', `(i32.div_s (i32.sub $x (i32.and (i32.sub $y ${i32(1)}) (i32.shr_s $x ${i32(31)}))) $y)`),
  both('floor_mod', `(i32.sub $x (i32.mul $y (call $floor_div $x $y)))`),
]

/** The functions of JavaScript that any kernel may call. */
export const IMPORTS: readonly WasmImport[] = FOREIGN.map((name) => ({
  name,
  parameters: BINARY.has(name) ? ['f32', 'f32'] : ['f32'],
  result: 'f32',
}))
