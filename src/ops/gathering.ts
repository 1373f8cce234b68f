// Reading and writing at positions that are data. Positions in tensors are clamped where they are out of range, so they never reach
// another tensor's memory; numbers that the host knows are checked instead.

import { formatAval } from '../core/aval.ts'
import { isFloating, isInteger } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, normalizeAxis, sizeOf } from '../core/shape.ts'
import { Tensor } from '../ir/tensor.ts'
import { takeAlong } from '../primitives/along.ts'
import * as indexing from '../primitives/indexing.ts'
import { literalValue } from '../primitives/literal.ts'
import { reshape, slice, transpose } from '../primitives/structural.ts'
import { add, maximum, minimum, mul } from './arithmetic.ts'
import { numeric } from './alongAxis.ts'
import { asTensor, broadcastTensor, castTo, scalar, type TensorLike } from './operand.ts'

/** @throws DTypeError when the positions are not integers. */
function integerPositions(operation: string, positions: Tensor): Tensor {
  if (!isInteger(positions.dtype))
    throw new DTypeError(
      `${operation}: indices must be integers, got ${formatAval(positions.aval)}: cast(indices, 'int32')`,
    )
  return positions.dtype === 'uint8' ? castTo(positions, 'int32') : positions
}

/** @throws ArgumentError when a position that the host knows is not one of `0 .. extent - 1`. */
function checkKnown(operation: string, position: number, extent: number): void {
  if (!Number.isInteger(position) || position < 0 || position >= extent)
    throw new ArgumentError(
      `${operation}: index ${position} is out of range for an axis of ${extent}: expected an integer of 0 to ${extent - 1}`,
    )
}

/** The positions as a tensor; those that the host knows are checked. */
function positionsOf(operation: string, positions: Tensor | number, extent: number): Tensor {
  if (!(positions instanceof Tensor)) {
    checkKnown(operation, positions, extent)
    return scalar(positions, 'int32')
  }
  const known = positions.size === 0 ? null : literalValue(positions)
  if (known !== null) checkKnown(operation, known, extent)
  return integerPositions(operation, positions)
}

/**
 * The slices of `x` at integer positions along `axis`, which becomes the axes of the positions: `[..., K, ...], [I...] ->
 * [..., I..., ...]`. A single number removes the axis. Positions in a tensor are clamped to `0 .. K - 1`.
 * @throws DTypeError when the positions are not integers; ArgumentError when they are known on the host and out of range; ShapeError
 * when the axis is.
 */
export function gather(x: TensorLike, positions: Tensor | number, axis = 0): Tensor {
  const tensor = asTensor('gather', x)
  const at = normalizeAxis('gather', axis, tensor.rank)
  const indices = positionsOf('gather', positions, tensor.shape[at]!)
  if (at === 0) return indexing.gather([tensor, indices], null)
  const axes = tensor.shape.map((_, i) => i)
  const first = transpose([tensor], { permutation: [at, ...axes.filter((i) => i !== at)] })
  const taken = indexing.gather([first, indices], null)
  // [I..., before, after] -> [before, I..., after]
  const own = Array.from({ length: taken.rank }, (_, i) => i)
  const [inner, before, after] = [own.slice(0, indices.rank), own.slice(indices.rank, indices.rank + at), own.slice(indices.rank + at)] // prettier-ignore
  return transpose([taken], { permutation: [...before, ...inner, ...after] })
}

/**
 * The elements or slices of `x` at points: `[K0, ..., Kd-1, rest...], [I..., d] -> [I..., rest...]`. Each coordinate is clamped to
 * its axis.
 * @throws DTypeError when the indices are not integers; ShapeError when their last axis is longer than the rank of `x`.
 */
export function gatherNd(x: TensorLike, indices: Tensor): Tensor {
  const tensor = asTensor('gatherNd', x)
  const points = integerPositions('gatherNd', indices)
  const depth = points.shape.at(-1)
  if (depth === undefined || depth > tensor.rank)
    throw new ShapeError(
      `gatherNd: the last axis of the indices must hold 0 to ${tensor.rank} coordinates for ${formatShape(tensor.shape)}, got ${formatShape(points.shape)}`,
    )
  const leading = points.shape.slice(0, -1)
  if (depth === 0) return broadcastTensor(tensor, [...leading, ...tensor.shape])
  const coordinate = (axis: number): Tensor => {
    const start = points.shape.map((_, i) => (i === leading.length ? axis : 0))
    const limit = [...leading, axis + 1]
    const one = reshape([slice([points], { start, limit, step: start.map(() => 1) })], { shape: leading })
    // a great uint32 is clamped before it would become a negative int32
    return castTo(minimum(maximum(one, 0), Math.max(0, tensor.shape[axis]! - 1)), 'int32')
  }
  let flat = coordinate(0)
  for (let axis = 1; axis < depth; axis++) flat = add(mul(flat, tensor.shape[axis]!), coordinate(axis))
  const rest = tensor.shape.slice(depth)
  const rows = reshape([tensor], { shape: [sizeOf(tensor.shape.slice(0, depth)), ...rest] })
  return indexing.gather([rows, flat], null)
}

/**
 * The elements of `x` at `indices` along `axis`, as NumPy's take_along_axis: both have the same rank, and their other axes
 * broadcast. Indices are clamped to the axis. The cotangents of elements that are taken more than once are added up.
 * @throws DTypeError when the indices are not integers; ShapeError when the ranks or other extents do not fit.
 */
export function takeAlongAxis(x: TensorLike, indices: Tensor, axis = -1): Tensor {
  const tensor = asTensor('takeAlongAxis', x)
  const positions = integerPositions('takeAlongAxis', indices)
  if (tensor.rank !== positions.rank)
    throw new ShapeError(
      `takeAlongAxis: indices ${formatShape(positions.shape)} need the rank of ${formatShape(tensor.shape)}: add axes with expandDims, or use gather`,
    )
  const at = normalizeAxis('takeAlongAxis', axis, tensor.rank)
  const other = (shape: readonly number[]): number[] => shape.map((extent, i) => (i === at ? 1 : extent))
  const common = broadcastShapes('takeAlongAxis', other(tensor.shape), other(positions.shape))
  const stretched = (part: Tensor): Tensor =>
    broadcastTensor(part, common.map((extent, i) => (i === at ? part.shape[at]! : extent))) // prettier-ignore
  return takeAlong([stretched(tensor), stretched(positions)], { axis: at })
}

/**
 * The rows of a table at integer ids: `[V, ...], [I...] -> [I..., ...]`; ids are clamped to `0 .. V - 1`. The cotangents of a row that is
 * taken more than once are added up.
 * @throws DTypeError when the table is no float (are the operands swapped?) or the ids are not integers.
 */
export function embedding(table: Tensor, ids: Tensor | number): Tensor {
  if (!isFloating(table.dtype))
    throw new DTypeError(
      `embedding: the table must be of floats, got ${formatAval(table.aval)}: embedding(table, ids) takes the table first`,
    )
  if (table.rank === 0)
    throw new ShapeError('embedding: the table needs an axis of rows, got a scalar: expected [rows, ...]')
  return indexing.gather([table, positionsOf('embedding', ids, table.shape[0]!)], null)
}

/**
 * Zeros `[rows, ...]` to which `updates` `[I..., ...]` are added at `positions` `[I...]`, clamped to `0 .. rows - 1`; in a fixed
 * order, so that results repeat bit for bit. Updates of bool and uint8 count as int32.
 * @throws DTypeError when the positions are not integers; ArgumentError when they are known on the host and out of range; ShapeError
 * when the updates do not begin with their shape.
 */
export function scatterAdd(positions: Tensor | number, updates: TensorLike, rows: number): Tensor {
  if (!Number.isInteger(rows) || rows < 0)
    throw new ArgumentError(`scatterAdd: expected an integer number of rows >= 0, got ${rows}`)
  return indexing.scatterAdd([positionsOf('scatterAdd', positions, rows), numeric('scatterAdd', updates)], { rows })
}

/**
 * `length` rows of `x` from the position that the scalar `start` gives. A start in a tensor is clamped so that all rows lie inside.
 * @throws ArgumentError when the start is a number and the rows do not lie inside; ShapeError when there are not so many rows.
 */
export function dynamicSlice(x: TensorLike, start: TensorLike, length: number): Tensor {
  const tensor = asTensor('dynamicSlice', x)
  if (typeof start === 'number') {
    checkKnown('dynamicSlice', start, Math.max(0, (tensor.shape[0] ?? 0) - length) + 1)
    return indexing.dynamicSlice([tensor, scalar(start, 'int32')], { length })
  }
  const from = asTensor('dynamicSlice', start)
  return indexing.dynamicSlice([tensor, from.dtype === 'float32' ? castTo(from, 'int32') : from], { length })
}
