// The inner loops of products of float32, as functions that the kernels of a module call: operands are panels, in which elements lie in the
// order in which they are multiplied. With relaxed SIMD a product is added without being rounded first, if the processor can do that:
// faster, and other bits than without.

import type { WasmFunction } from './assembler.ts'
import { i32, letText } from './statements.ts'

// The tile and its operands need 14 of a processor's 16 registers, and engines spill what does not fit. For the same reason its loop is
// not unrolled: they would load all that it reads before they use any of it.

/** Rows of the tile that is kept in registers. */
export const TILE_ROWS = 4
/** Columns of that tile. */
export const TILE_COLUMNS = 8

const ROWS = [0, 1, 2, 3]
const VECTORS = [0, 1]
const ZERO = '(v128.const f32x4 0)'

const set = (name: string, value: string): string => `(local.set ${name} ${value})`
const advance = (name: string, by: string): string => set(name, `(i32.add ${name} ${by})`)

/** Statements that run as often as `count`, which is not 0, says. */
const repeat = (count: string, counter: string, body: readonly string[]): string[] => [
  `(scope ${letText(counter, 'i32', count)} (loop`,
  ...body,
  `(br_if 0 (local.tee ${counter} (i32.sub ${counter} ${i32(1)})))`,
  '))',
]

const fn = (name: string, parameters: readonly string[], lines: readonly string[]): WasmFunction => ({
  name,
  parameters: parameters.map((parameter) => ({ name: `$${parameter}`, type: 'i32' })),
  text: lines.join('\n'),
  exported: false,
})

const nearer = (x: string, y: string): string => `(call $min_u ${x} ${y})`

/**
 * Rows `a` times panels `b` of 8 columns, in rows of `stride` bytes at `c`, added to what is there if `adds` is 1. An element of `a` is `row` from
 * that of the next row, `term` from the next in the sum, and `tile` from that four rows on; no row begins after `last`. None of the counts is 0.
 */
function productFunction(fused: boolean): WasmFunction {
  const each = (write: (sum: string, q: number) => string): string[] => [
    letText('$row_c', 'i32', '$tile_c'),
    ...ROWS.flatMap((r) => [...VECTORS.map((q) => write(`$s${r}${q}`, q)), advance('$row_c', '$stride')]),
  ]
  const term = [
    ...VECTORS.map((q) => set(`$b${q}`, `(v128.load offset=${16 * q} $term_b)`)),
    ...ROWS.flatMap((r) => [
      set('$value', `(v128.load32_splat $p${r})`),
      ...VECTORS.map((q) => {
        const sum = `$s${r}${q}`
        return set(sum, fused ? `(f32x4.relaxed_madd $value $b${q} ${sum})` : `(f32x4.add (f32x4.mul $value $b${q}) ${sum})`) // prettier-ignore
      }),
    ]),
    ...ROWS.map((r) => advance(`$p${r}`, '$term')),
    advance('$term_b', i32(4 * TILE_COLUMNS)),
  ]
  const tile = [
    ...ROWS.flatMap((r) => VECTORS.map((q) => letText(`$s${r}${q}`, 'v128', ZERO))),
    ...ROWS.map((r) => letText(`$p${r}`, 'i32', nearer(`(i32.add $tile_a (i32.mul $row ${i32(r)}))`, '$last'))),
    ...VECTORS.map((q) => letText(`$b${q}`, 'v128', ZERO)),
    letText('$value', 'v128', ZERO),
    set('$term_b', '$b'),
    ...repeat('$terms', '$terms_left', term),
    '(if $adds (then',
    ...each((sum, q) => set(sum, `(f32x4.add (v128.load offset=${16 * q} $row_c) ${sum})`)),
    '))',
    ...each((sum, q) => `(v128.store offset=${16 * q} $row_c ${sum})`),
    advance('$tile_c', `(i32.mul $stride ${i32(TILE_ROWS)})`),
    advance('$tile_a', '$tile'),
  ]
  const panel = [
    letText('$tile_a', 'i32', '$a'),
    letText('$tile_c', 'i32', '$c'),
    ...repeat('$tiles', '$tiles_left', tile),
    set('$b', '$term_b'),
    advance('$c', i32(4 * TILE_COLUMNS)),
  ]
  const parameters = ['a', 'row', 'last', 'term', 'tile', 'b', 'c', 'tiles', 'panels', 'terms', 'stride', 'adds']
  return fn('product', parameters, [letText('$term_b', 'i32', '$b'), ...repeat('$panels', '$panels_left', panel)])
}

/** Panels of `width` at `to` from what lies side by side at `from`, each term `distance` bytes after the last. */
function packFunction(width: number): WasmFunction {
  const vectors = Array.from({ length: width / 4 }, (_, q) => `offset=${16 * q}`)
  return fn(
    `pack${width}`,
    ['from', 'distance', 'to', 'panels', 'terms'],
    [
      ...repeat('$panels', '$panels_left', [
        letText('$at', 'i32', '$from'),
        ...repeat('$terms', '$terms_left', [
          ...vectors.map((offset) => `(v128.store ${offset} $to (v128.load ${offset} $at))`),
          advance('$at', '$distance'),
          advance('$to', i32(4 * width)),
        ]),
        advance('$from', i32(4 * width)),
      ]),
    ],
  )
}

/** Panels of 8 at `to` from columns that lie `distance` bytes apart at `from`, with their terms side by side; no column begins after `last`. */
function turnFunction(): WasmFunction {
  const columns = Array.from({ length: TILE_COLUMNS }, (_, i) => i)
  return fn(
    'turn8',
    ['from', 'distance', 'last', 'to', 'panels', 'terms'],
    [
      ...repeat('$panels', '$panels_left', [
        ...columns.map((c) =>
          letText(`$p${c}`, 'i32', nearer(`(i32.add $from (i32.mul $distance ${i32(c)}))`, '$last')),
        ),
        ...repeat('$terms', '$terms_left', [
          ...columns.map((c) => `(i32.store offset=${4 * c} $to (i32.load $p${c}))`),
          ...columns.map((c) => advance(`$p${c}`, i32(4))),
          advance('$to', i32(4 * TILE_COLUMNS)),
        ]),
        advance('$from', `(i32.mul $distance ${i32(TILE_COLUMNS)})`),
      ]),
    ],
  )
}

/** The functions; `fused` where the engine has relaxed SIMD. */
export function productFunctions(fused: boolean): WasmFunction[] {
  return [productFunction(fused), packFunction(TILE_ROWS), packFunction(TILE_COLUMNS), turnFunction()]
}
