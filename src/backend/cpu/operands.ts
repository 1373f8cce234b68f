// How an operand of a product gets to where it is multiplied. Elements of a tensor at fixed distances are copied as they lie, and
// WebAssembly makes the panels; everything else (gathered, guarded, computed) is computed here, element by element, into panels.

import type { ContractionKernel } from '../../compiler/kernel.ts'
import type { Loadable, Scalar, Variable } from '../../ir/scalar.ts'
import { TILE_COLUMNS, TILE_ROWS } from './panelProduct.ts'

/** Elements that are worth a copy of their own. */
const WORTH_COPYING = 64

/** An operand as elements of a tensor: where it begins, and how far apart its batches, its rows or columns and its terms are, in elements. */
interface Strides {
  readonly source: Loadable
  readonly first: number
  readonly batch: number
  readonly axis: number
  readonly term: number
}

/** What statements about an operand need to know. */
export interface OperandPlan {
  readonly kernel: ContractionKernel
  readonly axis: Variable
  readonly operand: Scalar
  /** Terms of a block of the sum, and whether it is the only one. */
  readonly terms: number
  readonly isWhole: boolean
  /** The text of a tensor's array. */
  readonly arrayOf: (source: Loadable) => string
}

/** Statements that lay out an operand, and how the product then walks through it. */
export interface Layout {
  /** The floats that it takes. */
  readonly floats: number
  /** For each block of the sum. */
  readonly perBlock: readonly string[]
  /** For each block of rows within that. */
  readonly perRows: readonly string[]
  /** Bytes from a row to the next, from a term to the next, and (as text) from four rows to the next four. */
  readonly row: number
  readonly term: number
  readonly tile: string
}

const ceil = (value: number, to: number): number => Math.ceil(value / to) * to
const PANEL_ROWS = { row: 4, term: 4 * TILE_ROWS, tile: `${4 * TILE_ROWS} * (k1 - k0)` }

/** Rows as they are, or as panels, from float `at` on: `blockRows` at a time, from r0 to r1. Null if they must be computed. */
export function rowLayout(plan: OperandPlan, at: number, blockRows: number): Layout | null {
  const { kernel, terms, isWhole, arrayOf } = plan
  const strides = stridesOf(plan)
  if (strides === null) return null
  const array = arrayOf(strides.source)
  const from = fromOf(strides)
  const padded = ceil(blockRows, TILE_ROWS)
  if (strides.term === 1 || kernel.k.extent === 1) {
    const copied = { floats: padded * terms, perBlock: [], row: 4 * terms, term: 4, tile: `${16 * terms}` }
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
  const copy = sideBySide(plan, strides, at + padded * terms)
  if (copy === null) return null
  const pack = `product.pack4(4 * (${copy.at} + r0), ${4 * copy.distance}, ${4 * at}, (r1 - r0 + ${TILE_ROWS - 1}) >> 2, k1 - k0);`
  return { floats: padded * terms + copy.floats, perBlock: [copy.line], perRows: [pack], ...PANEL_ROWS }
}

/** All columns as panels, from float `at` on. Null if they must be computed. */
export function columnLayout(plan: OperandPlan, at: number): Layout | null {
  const { kernel, axis, terms, isWhole, arrayOf } = plan
  const strides = stridesOf(plan)
  if (strides === null) return null
  const width = ceil(axis.extent, TILE_COLUMNS)
  const panels = width / TILE_COLUMNS
  const staged = at + width * terms
  const layout = { perRows: [], row: 4, term: 4 * TILE_COLUMNS, tile: '' }
  if (strides.axis === 1 || axis.extent === 1) {
    const copy = sideBySide(plan, strides, staged)
    if (copy === null) return null
    const pack = `product.pack8(${4 * copy.at}, ${4 * copy.distance}, ${4 * at}, ${panels}, k1 - k0);`
    return { ...layout, floats: width * terms + copy.floats, perBlock: [copy.line, pack] }
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
  const first = index.op === 'const' ? index.value : index.op === 'affine' ? index.constant : 0
  const terms = index.op === 'const' ? [] : index.op === 'affine' ? index.terms : [{ scalar: index, factor: 1 }]
  const over = [kernel.batch, axis, kernel.k]
  const factors = over.map((variable) => terms.find(({ scalar }) => scalar.hash === variable.hash)?.factor ?? 0)
  const isPlain = terms.every(({ scalar, factor }) => factor > 0 && over.some(({ hash }) => hash === scalar.hash))
  if (!isPlain) return null
  return { source, first, batch: factors[0]!, axis: factors[1]!, term: factors[2]! }
}
