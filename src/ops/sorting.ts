// Order along an axis: sort, argsort and the first k. All are stable, put NaN last (ascending and descending) and take -0 for 0.

import { ArgumentError } from '../core/errors.ts'
import { formatShape, normalizeAxis } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { takeAlong } from '../primitives/along.ts'
import { orderOf, permute } from '../primitives/order.ts'
import { reshape, slice } from '../primitives/structural.ts'
import { alongLast, moveLast } from './alongAxis.ts'
import { asTensor, type TensorLike } from './operand.ts'

/** Which way elements are ordered. */
export interface SortOptions {
  /** The greatest first; equal elements still keep their order and NaN still comes last. Default false. */
  readonly descending?: boolean
}

/**
 * The int32 positions along `axis` that sort `x`: stable, NaN last, -0 equal to 0; any dtype. No derivative flows.
 * @throws ShapeError when the axis is out of range.
 */
export function argsort(x: TensorLike, axis = -1, { descending = false }: SortOptions = {}): Tensor {
  return alongLast('argsort', asTensor('argsort', x), axis, (rows) => orderOf(rows, descending))
}

/**
 * The elements of `x` in order along `axis`: stable, NaN last, -0 equal to 0; any dtype. The cotangent of each element flows to
 * where it came from; at ties that is the order of the elements in `x`.
 * @throws ShapeError when the axis is out of range.
 */
export function sort(x: TensorLike, axis = -1, { descending = false }: SortOptions = {}): Tensor {
  return alongLast('sort', asTensor('sort', x), axis, (rows) => permute([rows, orderOf(rows, descending)], null))
}

/** Which elements `topK` takes. */
export interface TopKOptions {
  /** The greatest first, or else the least first. Default true. */
  readonly largest?: boolean
}

/**
 * The `k` greatest elements along `axis` in descending order (or the least in ascending order) and their int32 positions; of equal
 * elements the first comes first, NaN is taken last. The cotangent of a value flows to its element.
 * @throws ArgumentError when `k` is not an integer of 0 to the extent of the axis; ShapeError when the axis is out of range.
 */
export function topK(
  x: TensorLike,
  k: number,
  axis = -1,
  { largest = true }: TopKOptions = {},
): { values: Tensor; indices: Tensor } {
  const tensor = asTensor('topK', x)
  const rows = tensor.rank === 0 ? reshape([tensor], { shape: [1] }) : tensor
  const at = normalizeAxis('topK', axis, rows.rank)
  if (!Number.isInteger(k) || k < 0 || k > rows.shape[at]!)
    throw new ArgumentError(`topK: expected k of 0 to ${rows.shape[at]!} for axis ${at} of ${formatShape(rows.shape)}, got ${k}`) // prettier-ignore
  const moved = moveLast(rows, at)
  const order = orderOf(moved, largest)
  const limit = [...moved.shape.slice(0, -1), k]
  const first = slice([order], { start: limit.map(() => 0), limit, step: limit.map(() => 1) })
  const values = takeAlong([moved, first], { axis: moved.rank - 1 })
  return { values: moveLast(values, at, true), indices: moveLast(first, at, true) }
}
