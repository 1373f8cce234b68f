// A dense, row-major array on the host: how data enters (datasets, literals) and leaves (read-backs, references).

import type { DType, TypedArray } from './dtype.ts'

/** Host data with a shape: `data.length` is the product of `shape`; row-major; `bool` as 0 and 1. */
export interface HostArray {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: TypedArray
}
