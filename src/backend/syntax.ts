// What a target must be able to write for emit.ts: WGSL, WebAssembly, JavaScript.

import type { DType } from '../core/dtype.ts'
import type { Range } from '../ir/indexMap.ts'
import type { Combine, Loadable, Scalar, Variable } from '../ir/scalar.ts'

/** How a target writes things. All operands are names or literals; `lanes` is 4 for a vector over the lane variable, else 1. */
export interface Syntax {
  /**
   * The lane over which folds and local arrays of single values are computed four at a time, by a target that reads any four adjacent
   * elements at once. Without it, vectors are read at multiples of 4.
   */
  readonly inner: Variable | null
  readonly constant: (dtype: DType, value: number, lanes: number) => string
  readonly splat: (dtype: DType, scalar: string) => string
  readonly lane: () => string
  readonly declare: (name: string, dtype: DType, lanes: number, value: string) => string
  readonly affine: (terms: readonly string[], constant: number, lanes: number) => string
  readonly division: (op: 'quotient' | 'remainder', x: string, by: number, range: Range, lanes: number) => string
  /** The element of a source's buffer at which the source begins, where that is known; added to indices. */
  readonly offsetOf: (source: Loadable) => number
  /** A contiguous access gets the index of its first element, a quarter of that without `inner`. */
  readonly load: (source: Loadable, index: string, access: LoadAccess) => string
  /**
   * An index of the given range moved into `least .. greatest`, for a target that must not read far beside a tensor (what it reads there is never
   * used); null where it may.
   */
  readonly confine: ((index: string, range: Range, least: number, greatest: number, lanes: number) => string) | null
  /** `factor * name`. */
  readonly product: (name: string, factor: number, lanes: number) => string
  readonly argument: (source: Loadable) => string
  readonly operation: (
    node: Extract<Scalar, { op: 'unary' | 'binary' | 'select' | 'cast' | 'bitcast' }>,
    operands: readonly string[],
    lanes: number,
  ) => string
  readonly fold: (fold: FoldText) => string[]
  /** `filledBy` is the name of the variable whose loop fills it; with four lanes each element is a vector. */
  readonly localArray: (name: string, dtype: DType, extent: number, filledBy: string, lanes: number) => string | null
  readonly localStore: (name: string, dtype: DType, index: string, value: string, access: LoadAccess) => string
  readonly localLoad: (name: string, dtype: DType, index: string, access: LoadAccess) => string
  readonly loop: (variable: string, extent: number, body: readonly string[]) => string[]
}

/** How the lanes of a load lie in memory: one element, four adjacent aligned ones, or four separate indices. */
export type LoadAccess = 'scalar' | 'contiguous' | 'gather'

/** Terms of a fold: a loop whose body leaves a term, or a vector of them, in `value`. */
export interface FoldPart {
  readonly variable: string
  readonly extent: number
  readonly body: readonly string[]
  readonly value: string
}

/** What a target needs to write a fold. */
export interface FoldText {
  readonly name: string
  readonly combine: Combine
  readonly dtype: DType
  readonly lanes: number
  /** Terms of which four are computed at once; null where all are in `terms`. */
  readonly quads: FoldPart | null
  readonly terms: FoldPart
}
