// Entries in, samples out: every form x dtype x category, mechanically. The principal form goes through all dtypes, the others
// through float32 or, without it, their first one. A sample knows how to build its graph; it holds no values but a seed.

import { DTYPES, type DType, isFloating } from '../../../src/core/dtype.ts'
import type { WgradError } from '../../../src/core/errors.ts'
import type { HostArray } from '../../../src/core/hostArray.ts'
import type { Shape } from '../../../src/core/shape.ts'
import { parameter, Tensor } from '../../../src/ir/tensor.ts'
import { hostValues, type Layout, type Operand, storedShape, type Values, viewOf } from '../sample.ts'
import { CATEGORIES, type Category, type Form, type OperandSpec, type OperationEntry, type OperationName, type Range, type Result } from './entry.ts' // prettier-ignore
import { OPERATIONS } from './registry.ts'

/** One cell of the matrix operation x form x dtype x category. */
export interface OperationSample {
  readonly operation: OperationName
  readonly entry: OperationEntry
  readonly form: Form
  readonly category: Category
  readonly dtype: DType
  readonly title: string
  readonly inputs: readonly Operand[]
  /** The error that the call must throw, where the category makes no sense. */
  readonly refused: (new (message: string) => WgradError) | null
  /** Leaves as they are stored, and what the call makes of their views. */
  readonly build: () => { readonly leaves: readonly Tensor[]; readonly outputs: readonly Tensor[] }
  readonly values: () => HostArray[]
}

/** The names of all operations. */
export const OPERATION_NAMES: readonly OperationName[] = (Object.keys(OPERATIONS) as OperationName[]).toSorted()

/** The tensors of a result, in order. */
export function tensorsOf(result: Result): readonly Tensor[] {
  if (result instanceof Tensor) return [result]
  return Array.isArray(result) ? result : Object.values(result)
}

function layoutOf(form: Form, category: Category, { length: rank }: Shape): Layout {
  // a vector has no axes to transpose: it is read backwards
  if (category === 'transposed') return rank > 1 ? 'transposed' : 'flipped'
  if (category === 'strided') return 'strided'
  // operands that do not broadcast against each other repeat their first axis instead
  const alike = JSON.stringify(form.template.broadcast) === JSON.stringify(form.template.ordinary)
  return category === 'broadcast' && alike ? 'repeated' : 'plain'
}

/** Distances that floats keep from kinks. */
const FROM_KINKS = 0.05
/** Levels among which values without ties are chosen; none of two operands has the same. */
const LEVELS = 1024

/** Where in a sample an operand stands. */
interface Place {
  readonly category: Category
  readonly shapes: readonly Shape[]
  readonly position: number
  /** Which of the edges alone, or null for all. */
  readonly edge: number | null
}

function valuesOf(spec: OperandSpec, dtype: DType, { category, shapes, position, edge }: Place): Values {
  const edges = edge === null ? spec.edges : [spec.edges[edge % spec.edges.length]!]
  const ranges: readonly Range[] = category === 'edges' && isFloating(dtype) ? edges : [spec.domain(shapes)]
  const [low, high] = spec.integers(shapes)
  const least = dtype === 'int32' ? low : Math.max(0, low)
  const greatest = dtype === 'bool' ? 1 : Math.max(least, high)
  return (count, random) => {
    const order = shuffled(count, random)
    return order.map((rank) => {
      if (dtype === 'bool' || !isFloating(dtype)) {
        if (category === 'edges') return rank % 2 === 0 ? least : greatest
        return least + Math.floor((greatest - least + 1) * random())
      }
      const [from, to] = ranges[rank % ranges.length]!
      if (spec.distinct) {
        const level = Math.floor(((rank + random()) * LEVELS) / count) + (position + 1) / (shapes.length + 2)
        return from + ((to - from) * level) / LEVELS
      }
      return apart(from + (to - from) * random(), spec.kinks)
    })
  }
}

function apart(x: number, kinks: readonly number[]): number {
  const near = kinks.find((kink) => Math.abs(x - kink) < FROM_KINKS)
  return near === undefined ? x : near + (x < near ? -FROM_KINKS : FROM_KINKS)
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

/** The sample of one cell; of the category `edges` with the values of one edge alone if `edge` is given. */
export function sampleOf(
  operation: OperationName,
  form: Form,
  category: Category,
  dtype: DType,
  edge: number | null = null,
): OperationSample {
  const entry: OperationEntry = OPERATIONS[operation]
  const shapes = form.template[category]
  const inputs = form.operands.map((spec, i): Operand => {
    const own = spec.dtype ?? dtype
    return {
      shape: shapes[i]!,
      dtype: own,
      layout: layoutOf(form, category, shapes[i]!),
      values: valuesOf(spec, own, { category, shapes, position: i, edge }),
    }
  })
  const title = `${operation}${form.name === '' ? '' : ` (${form.name})`} ${dtype} ${category}`
  return {
    operation,
    entry,
    form,
    category,
    dtype,
    title,
    inputs,
    refused: form.refuses[category] ?? null,
    build: () => {
      const leaves = inputs.map((input, i) => parameter({ shape: storedShape(input), dtype: input.dtype }, `x${i}`))
      const operands = leaves.map((leaf, i) => viewOf(leaf, inputs[i]!))
      return { leaves, outputs: tensorsOf(form.call(operands, { category, dtype, shapes })) }
    },
    // the seed leaves the dtype out, so that float32 and float64 hold the same numbers
    values: () => inputs.map((input, i) => hostValues(input, `${operation} ${form.name} ${category} ${i}`)),
  }
}

/** Dtypes that an operation takes, and those that it must refuse: together all that backends store. */
export function refusedDTypes(operation: OperationName): readonly DType[] {
  const { forms, dtypes } = OPERATIONS[operation]
  const follows = forms[0]!.operands.some((spec) => spec.dtype === null)
  return follows ? DTYPES.filter((dtype) => dtype !== 'float16' && !dtypes.includes(dtype)) : []
}

/** All samples of an operation. */
export function samplesOf(operation: OperationName): readonly OperationSample[] {
  const { forms, dtypes } = OPERATIONS[operation]
  const main = dtypes.includes('float32') ? 'float32' : dtypes[0]!
  return forms.flatMap((form, i) =>
    (i === 0 ? dtypes : [main]).flatMap((dtype) =>
      CATEGORIES.map((category) => sampleOf(operation, form, category, dtype)),
    ),
  )
}

/** Whether derivatives of a sample are taken: of a float dtype, of an operation that has them, in a category that makes sense. */
export const hasDerivative = (sample: OperationSample): boolean =>
  sample.entry.differentiable === 'any' && isFloating(sample.dtype) && sample.refused === null
