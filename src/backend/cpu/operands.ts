// How an operand of a product gets to where it is multiplied. Elements of a tensor at fixed distances, or in runs, are copied as they lie,
// and WebAssembly makes the panels; everything else (gathered, computed) is computed element by element into panels (panels.ts).

import { sumOf } from '../../ir/indexMap.ts'
import type { Loadable } from '../../ir/scalar.ts'
import { TILE_COLUMNS, TILE_ROWS } from './panelProduct.ts'
import { axisRuns, termRuns } from './runs.ts'
import type { OperandPlan } from './sumWalk.ts'

/** Elements that are worth a copy of their own. */
const WORTH_COPYING = 64
/** Floats that are copied before they are packed: all rows of a block of terms where they are no more than that, else a block of rows. */
const MOST_COPIED = 1 << 20

/** An operand as elements of a tensor: where it begins, and how far apart its batches, its rows or columns and its terms are, in elements. */
interface Strides {
  readonly source: Loadable
  readonly first: number
  readonly batch: number
  readonly axis: number
  readonly term: number
}

/** Statements that lay out an operand, and how the product then walks through it. */
export interface Layout {
  /** The floats that it takes. */
  readonly floats: number
  /** For each block of the sum. */
  readonly perBlock: readonly string[]
  /** For each block of rows within that. */
  readonly perRows: readonly string[]
  /** Bytes from a row to the next (as text), from a term to the next, and from four rows to the next four. */
  readonly row: string
  readonly term: number
  readonly tile: string
}

/** `value` rounded up to a multiple. */
export const ceil = (value: number, to: number): number => Math.ceil(value / to) * to
/** How the product walks through panels of rows. */
export const PANEL_ROWS = { row: '4', term: 4 * TILE_ROWS, tile: `${4 * TILE_ROWS} * (k1 - k0)` }

/** Rows as they are, or as panels, from float `at` on: `blockRows` at a time, from r0 to r1. Null if they must be computed. */
export function rowLayout(plan: OperandPlan, at: number, blockRows: number): Layout | null {
  const { kernel, terms, isWhole, arrayOf } = plan
  const padded = ceil(blockRows, TILE_ROWS)
  const panels = at + padded * terms
  const strides = stridesOf(plan)
  if (strides === null) {
    const made = termRuns(plan, at, blockRows, panels)
    if (made === null) return rowRuns(plan, at, padded)
    const bytes = { row: '4 * (k1 - k0)', term: 4, tile: `${4 * TILE_ROWS} * (k1 - k0)` }
    return { floats: padded * terms + made.floats, perBlock: [], perRows: made.lines, ...bytes }
  }
  const array = arrayOf(strides.source)
  const from = fromOf(strides)
  if (strides.term === 1 || kernel.k.extent === 1) {
    const copied = { floats: padded * terms, perBlock: [], row: `${4 * terms}`, term: 4, tile: `${16 * terms}` }
    if (isWhole && strides.axis === terms) {
      const range = `${from} + r0 * ${terms}, ${from} + r1 * ${terms}`
      return { ...copied, perRows: [`f.set(${array}.subarray(${range}), ${at});`] }
    }
    if (terms < WORTH_COPYING) return null
    const row = `${from} + r * ${strides.axis}`
    const range = `${row} + k0, ${row} + k1`
    return {
      ...copied,
      perRows: [`for (let r = r0; r < r1; r++) f.set(${array}.subarray(${range}), ${at} + (r - r0) * ${terms});`],
    }
  }
  if (strides.axis === 1 && plan.axis.extent * terms > MOST_COPIED) {
    const term = `${from} + k * ${strides.term}`
    const copy = `for (let k = k0; k < k1; k++) f.set(${array}.subarray(${term} + r0, ${term} + r1), ${panels} + (k - k0) * ${padded});`
    const perRows = [copy, packText(`${panels}`, `${padded}`, at)]
    return { floats: 2 * padded * terms, perBlock: [], perRows, ...PANEL_ROWS }
  }
  const copy = sideBySide(plan, strides, panels)
  if (copy === null) return null
  const pack = packText(`${copy.at} + r0`, `${copy.distance}`, at)
  return { floats: padded * terms + copy.floats, perBlock: [copy.line], perRows: [pack], ...PANEL_ROWS }
}

/** Rows that come in runs as panels: all rows of this thread for each block of terms. */
function rowRuns(plan: OperandPlan, at: number, padded: number): Layout | null {
  const { axis, terms } = plan
  const panels = padded * terms
  const runs = axis.extent * terms + TILE_ROWS
  if (runs > MOST_COPIED) return null
  const made = axisRuns(plan, at + panels, at + panels + runs)
  if (made === null) return null
  const { lanes, copies } = made
  const [first, end] = [`((row0 / ${lanes}) | 0)`, `Math.ceil(row1 / ${lanes})`]
  return {
    floats: panels + runs + copies.floats,
    perBlock: ['{', `const o0 = ${first}, o1 = ${end};`, ...copies.lines, '}'],
    perRows: [packText(`${at + panels} + r0 - ${lanes} * ${first}`, `${lanes} * (${end} - ${first})`, at)],
    ...PANEL_ROWS,
  }
}

/** A call that makes panels of four rows, r0 to r1, of what lies side by side at float `from`, each term `distance` floats after the last. */
const packText = (from: string, distance: string, to: number): string =>
  `product.pack4(4 * (${from}), 4 * (${distance}), ${4 * to}, (r1 - r0 + ${TILE_ROWS - 1}) >> 2, k1 - k0);`

/** All columns as panels, from float `at` on. Null if they must be computed. */
export function columnLayout(plan: OperandPlan, at: number): Layout | null {
  const { kernel, axis, terms, isWhole, arrayOf } = plan
  const width = ceil(axis.extent, TILE_COLUMNS)
  const panels = width / TILE_COLUMNS
  const staged = at + width * terms
  const layout = { perRows: [], row: '', term: 4 * TILE_COLUMNS, tile: '' }
  const packed = (from: number, distance: number): string =>
    `product.pack8(${4 * from}, ${4 * distance}, ${4 * at}, ${panels}, k1 - k0);`
  const strides = stridesOf(plan)
  if (strides === null) {
    const runs = axis.extent * terms + TILE_COLUMNS
    const made = axisRuns(plan, staged, staged + runs)
    if (made === null) return null
    const { lanes, copies } = made
    return {
      ...layout,
      floats: width * terms + runs + copies.floats,
      perBlock: ['{', `const o0 = 0, o1 = ${axis.extent / lanes};`, ...copies.lines, '}', packed(staged, axis.extent)],
    }
  }
  if (strides.axis === 1 || axis.extent === 1) {
    const copy = sideBySide(plan, strides, staged)
    if (copy === null) return null
    return { ...layout, floats: width * terms + copy.floats, perBlock: [copy.line, packed(copy.at, copy.distance)] }
  }
  if (strides.term !== 1) return null
  const array = arrayOf(strides.source)
  const from = fromOf(strides)
  const turn = `product.turn8(${4 * staged}, ${4 * terms}, ${4 * at}, ${panels}, k1 - k0);`
  const floats = 2 * width * terms
  if (isWhole && strides.axis === kernel.k.extent) {
    const range = `${from}, ${from} + ${axis.extent * terms}`
    return { ...layout, floats, perBlock: [`f.set(${array}.subarray(${range}), ${staged});`, turn] }
  }
  if (terms < WORTH_COPYING) return null
  const column = `${from} + c * ${strides.axis}`
  const copy = `for (let c = 0; c < ${axis.extent}; c++) f.set(${array}.subarray(${column} + k0, ${column} + k1), ${staged} + c * ${terms});`
  return { ...layout, floats, perBlock: [copy, turn] }
}

/** A copy, from float `at` on, of an operand whose rows or columns lie side by side: the elements between terms, and what is read past its end. */
function sideBySide(
  { axis, terms, arrayOf }: OperandPlan,
  strides: Strides,
  at: number,
): { at: number; distance: number; floats: number; line: string } | null {
  if (strides.axis !== 1 && axis.extent !== 1) return null
  const array = arrayOf(strides.source)
  const from = fromOf(strides)
  const { term } = strides
  const past = TILE_COLUMNS
  if (term <= 2 * axis.extent) {
    const range = `${from} + k0 * ${term}, ${from} + (k1 - 1) * ${term} + ${axis.extent}`
    return {
      at,
      distance: term,
      floats: terms * term + axis.extent + past,
      line: `f.set(${array}.subarray(${range}), ${at});`,
    }
  }
  if (axis.extent < WORTH_COPYING) return null
  const range = `${from} + k * ${term}, ${from} + k * ${term} + ${axis.extent}`
  const line = `for (let k = k0; k < k1; k++) f.set(${array}.subarray(${range}), ${at} + (k - k0) * ${axis.extent});`
  return { at, distance: axis.extent, floats: terms * axis.extent + past, line }
}

const fromOf = ({ first, batch }: Strides): string => (batch === 0 ? `${first}` : `${first} + b * ${batch}`)

/** The strides of an operand of float32, or null if it is more than elements at fixed distances. */
function stridesOf({ operand, axis, kernel }: OperandPlan): Strides | null {
  if (operand.op !== 'load' || operand.source.aval.dtype !== 'float32') return null
  const { index, source } = operand
  const { terms, constant } = sumOf(index)
  const over = [kernel.batch, axis, kernel.k]
  const factors = over.map((variable) => terms.find(({ scalar }) => scalar.hash === variable.hash)?.factor ?? 0)
  const isPlain = terms.every(({ scalar, factor }) => factor > 0 && over.some(({ hash }) => hash === scalar.hash))
  if (!isPlain) return null
  return { source, first: constant, batch: factors[0]!, axis: factors[1]!, term: factors[2]! }
}
