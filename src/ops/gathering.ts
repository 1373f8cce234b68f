// Reading and writing at positions that are data. Positions out of range are clamped; they never reach another tensor's memory.

import type { Tensor } from '../ir/tensor.ts'
import * as indexing from '../primitives/indexing.ts'
import { asTensor, castTo, type TensorLike } from './operand.ts'

/**
 * Rows of `x` along axis 0 at integer positions; positions out of range are clamped.
 * @throws DTypeError when the positions are not integers.
 */
export function gather(x: TensorLike, positions: Tensor): Tensor {
  return indexing.gather(
    [asTensor('gather', x), positions.dtype === 'uint8' ? castTo(positions, 'int32') : positions],
    null,
  )
}

/** `[rows, ...]` zeros to which the rows of `updates` are added at `positions`. */
export function scatterAdd(positions: Tensor, updates: Tensor, rows: number): Tensor {
  return indexing.scatterAdd([positions, updates], { rows })
}

/** `length` rows of `x` from the position that the scalar `start` gives, clamped so that all lie inside. */
export function dynamicSlice(x: TensorLike, start: TensorLike, length: number): Tensor {
  const from = asTensor('dynamicSlice', start)
  return indexing.dynamicSlice([asTensor('dynamicSlice', x), from.dtype === 'float32' ? castTo(from, 'int32') : from], {
    length,
  })
}
