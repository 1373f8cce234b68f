// What the conformance of operations is generated from: for every public function of src/ops one entry, which says how it is
// called, on what shapes, dtypes and values, whether it has derivatives, and what it is called elsewhere. A function without an
// entry is a type error in registry.ts.

import type { DType } from '../../../src/core/dtype.ts'
import type { WgradError } from '../../../src/core/errors.ts'
import type { Shape } from '../../../src/core/shape.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'

type Exported = typeof import('../../../src/ops/index.ts') & typeof import('../../../src/ops/losses.ts')

/** Every exported function of src/ops. */
export type FunctionName = {
  [K in keyof Exported]: Exported[K] extends (...args: never[]) => unknown ? K : never
}[keyof Exported]

/** Exported functions that are no operations, each with the reason. */
export const NOT_OPERATIONS = {} as const satisfies { readonly [K in FunctionName]?: string }

/** The name of an operation. */
export type OperationName = Exclude<FunctionName, keyof typeof NOT_OPERATIONS>

/** What a sample is about. */
export type Category = 'ordinary' | 'broadcast' | 'transposed' | 'strided' | 'one' | 'empty' | 'prime' | 'edges'

/** All categories: no operation leaves one out. */
export const CATEGORIES: readonly Category[] = ['ordinary', 'broadcast', 'transposed', 'strided', 'one', 'empty', 'prime', 'edges'] // prettier-ignore

/** The shape of every operand, by category. */
export type Template = { readonly [C in Category]: readonly Shape[] }

/** One cell of the matrix of an operation: what a call may depend on besides its operands. */
export interface Cell {
  readonly category: Category
  readonly dtype: DType
  readonly shapes: readonly Shape[]
}

/** A closed interval. */
export type Range = readonly [low: number, high: number]

/** The values of an operand. */
export interface OperandSpec {
  /** Fixed for conditions, indices and labels; null takes the dtype of the cell. */
  readonly dtype: DType | null
  /** The values of floats; derivatives exist in all of it but the kinks. May depend on the shapes. */
  readonly domain: (shapes: readonly Shape[]) => Range
  /** The values of integers. */
  readonly integers: (shapes: readonly Shape[]) => Range
  /** Floats of the category `edges`: near the ends of the domain, or far out where only some values are safe. */
  readonly edges: readonly Range[]
  /** Where a derivative jumps: samples keep a distance of 0.05, and value goldens cover the points themselves. */
  readonly kinks: readonly number[]
  /** No two values of all the operands are equal, since ties are kinks. */
  readonly distinct: boolean
}

/** What a call gives: a tensor, several, or a record of them. */
export type Result = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor }

type ErrorClass = new (message: string) => WgradError

/** One way to call an operation. */
export interface Form {
  readonly name: string
  readonly call: (operands: readonly Tensor[], cell: Cell) => Result
  readonly operands: readonly OperandSpec[]
  readonly template: Template
  /** Categories that make no sense for it: the typed error that the call throws instead. */
  readonly refuses: { readonly [C in Category]?: ErrorClass }
}

/** The names of an operation in other libraries, or null where there is none. */
export interface PeerNames {
  readonly pytorch: string | null
  readonly jax: string | null
  readonly tfjs: string | null
}

/** Everything that is known of an operation. The first form is the principal one. */
export interface OperationEntry {
  readonly forms: readonly Form[]
  /** The dtypes that operands of the cell's dtype may have; of all others the call must throw a typed error. */
  readonly dtypes: readonly DType[]
  /** `any`: derivatives of all orders with respect to float operands; `none`: no derivative flows. */
  readonly differentiable: 'any' | 'none'
  readonly names: PeerNames
}

/** Entries of one family. */
export type Family = { readonly [K in OperationName]?: OperationEntry }
