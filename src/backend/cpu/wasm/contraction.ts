// float32 contractions as WebAssembly: panels of the operands are multiplied block by block of the sum, and the epilogue finishes the sums
// where the product leaves them, four columns at a time.

import type { ContractionKernel } from '../../../compiler/kernel.ts'
import { plus, times } from '../../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../../ir/scalar.ts'
import { createEmitter } from '../../emit.ts'
import { TERMS, walkOf } from '../sumWalk.ts'
import { type Body, storesAt, writeStores, type Writing } from './loop.ts'
import { ceil, columnLayout, type OperandPlan, rowLayout, TILES } from './operand.ts'
import { TILE_COLUMNS, TILE_ROWS } from './product.ts'
import { i32, letText, loopText } from './statements.ts'

/** Rows whose panels are made at once: they stay in the cache while they are multiplied. */
const ROWS = 128
/** Elements of column panels, all of which are made before any is multiplied, that the caches hold: longer axes are better rows. */
const CACHED = 1 << 17
/** What it costs to store results column by column. */
const STRIDED = 1.15

interface Side {
  readonly axis: Variable
  readonly operand: Scalar
}

/** A kernel's rows and columns: the axes that its panels are made of. */
interface Sides {
  readonly rows: Side
  readonly columns: Side
}

/** From how many products of a batch on threads share the batch, not the rows of each. */
const BATCH = 8

/** Whether a contraction can be computed from panels. */
export function hasPanels({ lhs, rhs, batch, m, n, k }: ContractionKernel): boolean {
  const isFloat = lhs.dtype === 'float32' && rhs.dtype === 'float32'
  return isFloat && batch.extent * m.extent * n.extent * k.extent > 0
}

/** The axis is taken for the columns that fills tiles best. */
function sidesOf({ m, n, k, lhs, rhs }: ContractionKernel): Sides {
  const left = { axis: m, operand: lhs }
  const right = { axis: n, operand: rhs }
  const cost = ({ rows, columns }: Sides): number =>
    ceil(rows.axis.extent, TILE_ROWS) *
    ceil(columns.axis.extent, TILE_COLUMNS) *
    (columns === left ? STRIDED : 1) *
    (columns.axis.extent * Math.min(k.extent, TERMS) > CACHED && columns.axis.extent > rows.axis.extent ? 2 : 1)
  const usual = { rows: left, columns: right }
  const swapped = { rows: right, columns: left }
  return cost(swapped) < cost(usual) ? swapped : usual
}

/** A contraction that `hasPanels`, in units of products of its batch or of tiles of its rows; `scratch` gives the address of so many bytes. */
export function contractionBody(kernel: ContractionKernel, writing: Writing, scratch: (bytes: number) => string): Body {
  const { batch, k } = kernel
  const { rows, columns } = sidesOf(kernel)
  const walk = walkOf(kernel)
  const groups = walk.outer.extent
  const blocks = Math.ceil(groups / Math.max(1, Math.floor(TERMS / walk.span)))
  const terms = Math.ceil(groups / blocks) * walk.span
  const [height, width] = [rows.axis.extent, columns.axis.extent]
  const blockRows = Math.min(ROWS, ceil(height, TILE_ROWS))
  const stride = ceil(width, TILE_COLUMNS)
  const planOf = ({ axis, operand }: Side): OperandPlan => ({ kernel, axis, operand, walk, terms, writing })
  const rowOperand = rowLayout(planOf(rows), blockRows)
  const columnOperand = columnLayout(planOf(columns))
  // the sums of a block of rows are finished at once if there is one block of terms, else each has its place
  const sumRows = blocks === 1 ? blockRows : ceil(height, ROWS)
  const sumsAt = blocks === 1 ? '$sums' : `(i32.add $sums (i32.mul $r0 ${i32(4 * stride)}))`
  const { at, row, last, term, tile } = rowOperand
  const byBatch = batch.extent >= BATCH
  const [first, end] = byBatch
    ? [i32(0), i32(height)]
    : [`(i32.mul $from ${i32(TILE_ROWS)})`, `(call $min_s (i32.mul $to ${i32(TILE_ROWS)}) ${i32(height)})`]
  const finished = loopText('$r', '$r0', '$r1', [
    letText('$at', 'i32', `(i32.add ${sumsAt} (i32.mul (i32.sub $r $r0) ${i32(4 * stride)}))`),
    ...epilogueLines(kernel, rows.axis, columns.axis, writing),
  ])
  const blockOfRows = [
    letText('$r1', 'i32', `(call $min_s (i32.add $r0 ${i32(ROWS)}) $row1)`),
    ...rowOperand.perRows,
    `(call $product ${at} ${row} ${last} ${term} ${tile} $columns ${sumsAt} ${TILES} ${i32(stride / TILE_COLUMNS)} (i32.sub $k1 $k0) ${i32(4 * stride)} (i32.ne $k0 ${i32(0)}))`,
    ...(blocks === 1 ? finished : [`(if (i32.eq $k1 ${i32(k.extent)}) (then`, ...finished, '))']),
  ]
  const blockOfTerms = [
    letText('$k1', 'i32', `(call $min_s (i32.add $k0 ${i32(terms)}) ${i32(k.extent)})`),
    ...columnOperand.perBlock,
    ...loopText('$r0', '$row0', '$row1', blockOfRows, i32(ROWS)),
  ]
  return {
    units: byBatch ? batch.extent : Math.ceil(height / TILE_ROWS),
    lines: [
      letText('$rows', 'i32', scratch(4 * rowOperand.floats)),
      letText('$columns', 'i32', scratch(4 * columnOperand.floats)),
      letText('$sums', 'i32', scratch(4 * sumRows * stride)),
      letText('$row0', 'i32', first),
      letText('$row1', 'i32', end),
      ...loopText('$b', byBatch ? '$from' : i32(0), byBatch ? '$to' : i32(batch.extent), [
        ...loopText('$k0', i32(0), i32(k.extent), blockOfTerms, i32(terms)),
      ]),
    ],
  }
}

/** The stores of one row, whose sums begin at `$at`. */
function epilogueLines(kernel: ContractionKernel, rows: Variable, columns: Variable, writing: Writing): string[] {
  const { lane, syntax } = writing
  const quads = Math.floor(columns.extent / 4)
  const bound = [
    { variable: kernel.batch, name: '$b' },
    { variable: rows, name: '$r' },
  ]
  const part = (over: Variable, name: string, to: Scalar, wide: boolean): string[] => {
    if (over.extent === 0) return []
    const variables = [rows, over, ...(wide ? [lane] : [])]
    const emitter = createEmitter(syntax, bound, [lane], { text: '$sum', variables })
    const sum = wide
      ? letText('$sum', 'v128', `(v128.load (i32.add $at (i32.shl ${name} ${i32(4)})))`)
      : letText('$sum', 'f32', `(f32.load offset=${16 * quads} (i32.add $at (i32.shl ${name} ${i32(2)})))`)
    emitter.loop(over, name, () => {
      emitter.line(sum)
      writeStores(emitter, writing, storesAt(kernel.stores, columns, to), wide)
    })
    return ['(scope', ...emitter.lines(), ')']
  }
  const quad = variable(`${columns.name}_q`, quads)
  const rest = variable(`${columns.name}_r`, columns.extent - 4 * quads)
  return [...part(quad, '$cq', plus(times(quad, 4), lane), true), ...part(rest, '$c', plus(rest, 4 * quads), false)]
}
