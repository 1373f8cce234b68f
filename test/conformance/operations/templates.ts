// The vocabulary in which entries are written: operands, templates of shapes, forms, entries.

import type { DType } from '../../../src/core/dtype.ts'
import type { Shape } from '../../../src/core/shape.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { CATEGORIES, type Category, type Cell, type Form, type OperandSpec, type OperationEntry, type Range, type Result, type Template } from './entry.ts' // prettier-ignore

/** Every dtype that a backend of today stores. */
export const ALL: readonly DType[] = ['float32', 'float64', 'int32', 'uint32', 'uint8', 'bool']
/** Dtypes of real numbers. */
export const FLOATS: readonly DType[] = ['float32', 'float64']
/** Integers. */
export const INTEGERS: readonly DType[] = ['int32', 'uint32']

interface Values {
  readonly kinks?: readonly number[]
  readonly edges?: readonly Range[]
  readonly integers?: Range
  readonly distinct?: boolean
}

const nearEnds = ([low, high]: Range): readonly Range[] => {
  const part = (high - low) / 50
  return [
    [low, low + part],
    [high - part, high],
  ]
}

/** An operand of the cell's dtype with floats in `low .. high`. */
export function real(low = -2, high = 2, { kinks = [], edges, integers, distinct = false }: Values = {}): OperandSpec {
  const whole: Range = integers ?? [Math.ceil(low), Math.max(Math.ceil(low), Math.floor(high))]
  return {
    dtype: null,
    domain: () => [low, high],
    integers: () => whole,
    edges: edges ?? nearEnds([low, high]),
    kinks,
    distinct,
  }
}

/** Values without ties, within an operand and between operands. */
export const distinct = (low = -2, high = 2): OperandSpec => real(low, high, { distinct: true, integers: [-40, 40] })

/** An operand whose dtype does not follow the cell. */
export const fixed = (dtype: DType, low: number, high: number): OperandSpec => ({
  ...real(low, high, { integers: [low, high] }),
  dtype,
})

/** True and false. */
export const condition: OperandSpec = fixed('bool', 0, 1)

/** int32 (or other) positions within an extent that depends on the shapes of the operands. */
export const positions = (extent: (shapes: readonly Shape[]) => number, dtype: DType = 'int32'): OperandSpec => ({
  ...fixed(dtype, 0, 0),
  integers: (shapes) => [0, Math.max(0, extent(shapes) - 1)],
})

/** A template from the shape lists of its categories. */
function template(of: (category: Category) => readonly Shape[]): Template {
  return {
    ordinary: of('ordinary'),
    broadcast: of('broadcast'),
    transposed: of('transposed'),
    strided: of('strided'),
    one: of('one'),
    empty: of('empty'),
    prime: of('prime'),
    edges: of('edges'),
  }
}

const MATRIX: Readonly<Record<Category, Shape>> = {
  ordinary: [3, 4],
  broadcast: [3, 4],
  transposed: [2, 4, 3],
  strided: [4, 3],
  one: [1, 1],
  empty: [0, 3],
  prime: [7, 13],
  edges: [2, 5],
}

/** `count` operands of one shape of rank 2 or 3; `broadcast` repeats the rows of a single one. */
export const same = (count: number): Template => template((category) => Array.from({ length: count }, () => MATRIX[category])) // prettier-ignore

/** One operand of rank 2 or 3. */
export const ONE = same(1)
/** Two operands that broadcast against each other. */
const TWO: Template = { ...same(2), broadcast: [[2, 3, 1], [4]], one: [[1, 1], []] }
/** Three operands that broadcast against each other. */
export const THREE: Template = { ...same(3), broadcast: [[3, 1], [4], [2, 1, 1]], one: [[1], [], [1, 1]] }

/** Shapes given outright for some categories, the others as for `ordinary`. */
export const shapes = (ordinary: readonly Shape[], others: Partial<Template>): Template =>
  template((category) => others[category] ?? ordinary)

interface FormOptions {
  readonly name?: string
  readonly refuses?: Form['refuses']
}

/** A form with any operands. */
export function form(
  operands: readonly OperandSpec[],
  shapesOf: Template,
  call: (operands: readonly Tensor[], cell: Cell) => Result,
  { name = '', refuses = {} }: FormOptions = {},
): Form {
  return { name, call, operands, template: shapesOf, refuses }
}

const ELEMENTS: Template = { ...ONE, one: [[]] }

/** `call(x)`, element by element. */
export const unary = (call: (x: Tensor) => Result, operand: OperandSpec = real(), options: FormOptions = {}): Form =>
  form([operand], ELEMENTS, ([x]) => call(x!), options)

/** `call(x)` of something with axes. */
export const over = (call: (x: Tensor) => Result, operand: OperandSpec = real(), options: FormOptions = {}): Form =>
  form([operand], ONE, ([x]) => call(x!), options)

/** `call(a, b)` with broadcasting. */
export const binary = (
  call: (a: Tensor, b: Tensor) => Result,
  a: OperandSpec = real(),
  b: OperandSpec = a,
  options: FormOptions = {},
): Form => form([a, b], TWO, ([x, y]) => call(x!, y!), options)

type Names = readonly [pytorch: string | null, jax: string | null, tfjs: string | null]

function entry(
  differentiable: OperationEntry['differentiable'],
  dtypes: readonly DType[],
  names: Names,
  forms: readonly Form[],
): OperationEntry {
  // prettier-ignore
  const [pytorch, jax, tfjs] = names
  return { forms, dtypes, differentiable, names: { pytorch, jax, tfjs } }
}

/** An operation with derivatives of all orders. */
export const smooth = (dtypes: readonly DType[], names: Names, ...forms: Form[]): OperationEntry =>
  entry('any', dtypes, names, forms)

/** An operation through which no derivative flows. */
export const flat = (dtypes: readonly DType[], names: Names, ...forms: Form[]): OperationEntry =>
  entry('none', dtypes, names, forms)

/** The same error in all the given categories, or in all there are. */
export const refusing = (error: NonNullable<Form['refuses'][Category]>, ...categories: Category[]): Form['refuses'] =>
  Object.fromEntries((categories.length === 0 ? CATEGORIES : categories).map((category) => [category, error]))
