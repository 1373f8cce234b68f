// float32 contractions as JavaScript round a product of panels (panelProduct.ts): operands are computed once per block of the sum, in
// the order in which they are multiplied; the epilogue reads the sums from where the product leaves them.

import type { ContractionKernel } from '../../compiler/kernel.ts'
import { plus } from '../../ir/indexMap.ts'
import type { Loadable, Scalar, Variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import { createEmitter, type Emitter, type Syntax } from '../emit.ts'
import { ceil, columnLayout, type Layout, PANEL_ROWS, rowLayout } from './operands.ts'
import { TILE_COLUMNS, TILE_ROWS } from './panelProduct.ts'
import { type OperandPlan, TERMS, type Walk, walkOf } from './sumWalk.ts'

/** Rows whose panels are made at once: they stay in the cache while they are multiplied. */
const ROWS = 128
/** Elements of column panels, all of which are made before any is multiplied, that the caches hold: longer axes are better rows. */
const CACHED = 1 << 17
/** Floats in a line of the cache. */
const ALIGNED = 16
/** What it costs to store results column by column. */
const STRIDED = 1.15

/** A kernel's rows and columns: the axes that its panels are made of. */
interface Sides {
  readonly rows: { readonly axis: Variable; readonly operand: Scalar }
  readonly columns: { readonly axis: Variable; readonly operand: Scalar }
}

/** Panels that are computed. */
const PANELS: Omit<Layout, 'floats'> = { perBlock: [], perRows: [], ...PANEL_ROWS }

/** From how many products of a batch on threads share the batch, not the rows of each. */
const BATCH = 8

/** What a contraction can be cut into: products of its batch, or tiles of its rows. */
export function panelUnits(kernel: ContractionKernel): number {
  if (kernel.batch.extent >= BATCH) return kernel.batch.extent
  return Math.ceil(sidesOf(kernel).rows.axis.extent / TILE_ROWS)
}

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

/**
 * A contraction as statements over `product`, for the units `from` to `to` of it; `b` is its batch. `writeStores` writes the kernel's stores, for the emitter of its epilogue.
 */
export function panelLines(
  kernel: ContractionKernel,
  syntax: Syntax,
  arrayOf: (source: Loadable) => string,
  writeStores: (emitter: Emitter) => void,
): string[] {
  const { batch, k } = kernel
  const { rows, columns } = sidesOf(kernel)
  const walk = walkOf(kernel)
  const groups = walk.outer.extent
  const blocks = Math.ceil(groups / Math.max(1, Math.floor(TERMS / walk.span)))
  const terms = Math.ceil(groups / blocks) * walk.span
  const [height, width] = [rows.axis.extent, columns.axis.extent]
  const blockRows = Math.min(ROWS, ceil(height, TILE_ROWS))
  const stride = ceil(width, TILE_COLUMNS)
  const planOf = ({ axis, operand }: Sides['rows']): OperandPlan => {
    return { kernel, axis, operand, walk, terms, isWhole: blocks === 1, arrayOf, syntax }
  }
  const rowOperand = rowLayout(planOf(rows), 0, blockRows) ?? {
    ...PANELS,
    floats: blockRows * terms,
    perRows: ['let q = 0;', ...packLines(kernel, walk, syntax, rows, TILE_ROWS, 'r', 'r0', 'r1')],
  }
  const columnsAt = ceil(rowOperand.floats, ALIGNED)
  const columnOperand = columnLayout(planOf(columns), columnsAt) ?? {
    ...PANELS,
    floats: stride * terms,
    perBlock: [
      `let q = ${columnsAt};`,
      ...packLines(kernel, walk, syntax, columns, TILE_COLUMNS, 'c', '0', `${width}`),
    ],
  }
  const sums = ceil(columnsAt + columnOperand.floats, ALIGNED)
  // the sums of a block of rows are finished at once if there is one block of terms, else each has its place
  const sumRows = blocks === 1 ? blockRows : ceil(height, ROWS)
  const sumsAt = blocks === 1 ? `${sums}` : `${sums} + r0 * ${stride}`
  const { row, term, tile } = rowOperand

  const epilogue = createEmitter(
    syntax,
    [
      { variable: batch, name: 'b' },
      { variable: rows.axis, name: 'r' },
    ],
    [],
    { text: 'f[at + c]', variables: [rows.axis, columns.axis] },
  )
  epilogue.loop(columns.axis, 'c', () => writeStores(epilogue))
  return [
    `const f = product.reserve(${sums + sumRows * stride}), n = product.integers();`,
    ...(batch.extent >= BATCH
      ? [`const [b0, b1, row0, row1] = [from, to, 0, ${height}];`]
      : [
          `const [b0, b1, row0, row1] = [0, ${batch.extent}, ${TILE_ROWS} * from, Math.min(${TILE_ROWS} * to, ${height})];`,
        ]),
    'for (let b = b0; b < b1; b++) {',
    `for (let k0 = 0; k0 < ${k.extent}; k0 += ${terms}) {`,
    `const k1 = Math.min(k0 + ${terms}, ${k.extent});`,
    ...rowOperand.perBlock,
    ...columnOperand.perBlock,
    `for (let r0 = row0; r0 < row1; r0 += ${ROWS}) {`,
    `const r1 = Math.min(r0 + ${ROWS}, row1);`,
    ...rowOperand.perRows,
    `product.run(0, ${row}, ${term}, ${tile}, ${4 * columnsAt}, 4 * (${sumsAt}), (r1 - r0 + ${TILE_ROWS - 1}) >> 2, ${stride / TILE_COLUMNS}, k1 - k0, ${4 * stride}, k0 > 0 ? 1 : 0);`,
    ...(blocks === 1 ? [] : [`if (k1 < ${k.extent}) continue;`]),
    'for (let r = r0; r < r1; r++) {',
    `const at = ${sumsAt} + (r - r0) * ${stride};`,
    ...epilogue.lines(),
    '}',
    '}',
    '}',
    '}',
  ]
}

/** Writes the panels of an operand for `from <= name < to`, a tile at a time, to f[q] and on; the last tile is filled with zeros. */
function packLines(
  kernel: ContractionKernel,
  walk: Walk,
  syntax: Syntax,
  { axis, operand }: Sides['rows'],
  tile: number,
  name: string,
  from: string,
  to: string,
): string[] {
  const full = axis.extent - (axis.extent % tile)
  const end = full === axis.extent ? to : `Math.min(${to}, ${full})`
  const rest = axis.extent - full
  return [
    ...(full === 0
      ? []
      : [
          `for (let ${name} = ${from}; ${name} < ${end}; ${name} += ${tile}) {`,
          ...tileLines(kernel, walk, syntax, axis, operand, tile, tile, name),
          '}',
        ]),
    ...(rest === 0
      ? []
      : [
          `if (${to} === ${axis.extent}) {`,
          `const ${name} = ${full};`,
          ...tileLines(kernel, walk, syntax, axis, operand, tile, rest, name),
          '}',
        ]),
  ]
}

function tileLines(
  { batch, k }: ContractionKernel,
  { outer, inner, span, value }: Walk,
  syntax: Syntax,
  axis: Variable,
  operand: Scalar,
  tile: number,
  count: number,
  name: string,
): string[] {
  const bound = [
    { variable: batch, name: 'b' },
    { variable: axis, name },
  ]
  const emitter = createEmitter(syntax, bound)
  const write = (): void => {
    for (let i = 0; i < tile; i++) {
      const at = new Map<Variable, Scalar>([[axis, plus(axis, i)], [k, value]]) // prettier-ignore
      emitter.line(`f[q + ${i}] = ${i < count ? emitter.value(substituteVariables(operand, at)) : 0};`)
    }
    emitter.line(`q += ${tile};`)
  }
  const nest = ([next, ...rest]: readonly Variable[]): void => {
    if (next === undefined) write()
    else emitter.loop(next, next.name, () => nest(rest))
  }
  const body = emitter.within([{ variable: outer, name: 'k' }], () => nest(inner))
  const group = span === 1 ? '' : ` / ${span}`
  return [...emitter.lines(), `for (let k = k0${group}; k < k1${group}; k++) {`, ...body, '}']
}
