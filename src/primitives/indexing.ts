// Reading and writing at positions that are data: gather rows with scatter-add, its transpose, and slices whose start is a
// tensor. Positions out of range are clamped; they never reach another tensor's memory.

import { formatAval } from '../core/aval.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape, type Shape, sizeOf } from '../core/shape.ts'
import { integer, plus } from '../ir/indexMap.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, cast, constant, type Scalar, select } from '../ir/scalar.ts'
import type { Aval } from '../core/aval.ts'
import { roundInteger } from './reference.ts'

/** An index as int32 in `0 .. given`, and 0 where there is no element at all: what every read or write at a position that is data goes through. */
export const clampTo = (index: Scalar, given: number): Scalar => {
  const last = Math.max(0, given)
  // a uint32 above 2^31 would be negative as int32
  const i = cast('int32', index.dtype === 'uint32' ? binary('min', index, constant('uint32', last)) : index)
  return binary('min', binary('max', i, integer(0)), integer(last))
}

/** @throws DTypeError when `indices` are neither int32 nor uint32. */
export function checkIndices(name: string, indices: Aval): void {
  if (indices.dtype !== 'int32' && indices.dtype !== 'uint32') {
    throw new DTypeError(`${name}: indices must be int32 or uint32, got ${formatAval(indices)}; cast them first`)
  }
}

/** @throws DTypeError when `updates` are of a dtype that is not added up. */
export function checkUpdates(name: string, updates: Aval): void {
  if (updates.dtype === 'bool' || updates.dtype === 'uint8')
    throw new DTypeError(`${name}: takes numbers, not ${formatAval(updates)}; cast to int32 or float32 first`)
}

/** Rows of operand 0 along axis 0, at the positions of operand 1: `[V, ...] , [I...] -> [I..., ...]`; positions are clamped. */
export const gather: PrimitiveFunction<null> = definePrimitive({
  name: 'gather',
  shape: ([x, indices]) => {
    checkIndices('gather', indices!)
    if (x!.shape.length === 0 || (x!.shape[0] === 0 && sizeOf(indices!.shape) > 0)) {
      throw new ShapeError(`gather: ${formatShape(x!.shape)} has no rows to take`)
    }
    return { shape: [...indices!.shape, ...x!.shape.slice(1)], dtype: x!.dtype }
  },
  reference: ([x, indices]) => {
    const row = sizeOf(x!.shape.slice(1))
    const data = new Float64Array(indices!.data.length * row)
    indices!.data.forEach((position, i) => {
      const from = Math.min(Math.max(position, 0), x!.shape[0]! - 1)
      for (let j = 0; j < row; j++) data[i * row + j] = x!.data[from * row + j]!
    })
    return data
  },
  lower: ([x, indices]) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const position = read(1, coordinates.slice(0, indices!.shape.length))
      return read(0, [clampTo(position, x!.shape[0]! - 1), ...coordinates.slice(indices!.shape.length)])
    },
  }),
  vjp: ({ inputs: [x, indices], cotangent, needs }) => [
    needs[0] ? scatterAdd([indices!, cotangent], { rows: x!.shape[0]! }) : null,
    null,
  ],
})

/** `[rows, ...]` zeros to which the rows of operand 1 are added at the (clamped) positions of operand 0; fixed order. */
export const scatterAdd: PrimitiveFunction<{ rows: number }> = definePrimitive({
  name: 'scatterAdd',
  shape: ([indices, updates], { rows }) => {
    checkIndices('scatterAdd', indices!)
    checkUpdates('scatterAdd', updates!)
    const rank = indices!.shape.length
    if (!sameShape(updates!.shape.slice(0, rank), indices!.shape)) {
      throw new ShapeError(
        `scatterAdd: updates ${formatShape(updates!.shape)} must begin with the shape of the indices ${formatShape(indices!.shape)}`,
      )
    }
    return { shape: [rows, ...updates!.shape.slice(rank)], dtype: updates!.dtype }
  },
  reference: ([indices, updates], { rows }, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    const row = sizeOf(output.shape.slice(1))
    indices!.data.forEach((position, i) => {
      const to = Math.min(Math.max(position, 0), rows - 1)
      for (let j = 0; j < row; j++)
        data[to * row + j] = roundInteger(output.dtype, data[to * row + j]! + updates!.data[i * row + j]!)
    })
    return data
  },
  lower: ([indices, updates], { rows }) => ({
    kind: 'reduce',
    combine: 'sum',
    extents: indices!.shape,
    element: (coordinates, inner, read) => {
      const hit = binary('eq', clampTo(read(0, inner), rows - 1), coordinates[0]!)
      return select(hit, read(1, [...inner, ...coordinates.slice(1)]), constant(updates!.dtype, 0))
    },
  }),
  vjp: ({ inputs: [indices], params: { rows }, cotangent }) => [
    null,
    rows === 0 ? null : gather([cotangent, indices!], null),
  ],
})

/** `shape` elements of operand 0 from the position that operand 1 (int32 or uint32 scalar) gives along axis 0, clamped so that all lie inside. */
export const dynamicSlice: PrimitiveFunction<{ length: number }> = definePrimitive({
  name: 'dynamicSlice',
  shape: ([x, start], { length }) => {
    checkIndices('dynamicSlice', start!)
    if (start!.shape.length !== 0)
      throw new ShapeError(`dynamicSlice: the start must be a scalar, got ${formatAval(start!)}`)
    if (x!.shape.length === 0 || length < 0 || length > x!.shape[0]!) {
      throw new ShapeError(`dynamicSlice: ${length} rows do not fit into ${formatShape(x!.shape)}`)
    }
    return { shape: [length, ...x!.shape.slice(1)], dtype: x!.dtype }
  },
  reference: ([x, start], { length }) => {
    const from = Math.min(Math.max(start!.data[0]!, 0), x!.shape[0]! - length)
    const row = sizeOf(x!.shape.slice(1))
    return x!.data.slice(from * row, (from + length) * row)
  },
  lower: ([x], { length }) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const from = clampTo(read(1, []), x!.shape[0]! - length)
      return read(0, [plus(from, coordinates[0]!), ...coordinates.slice(1)])
    },
  }),
  vjp: ({ inputs: [x, start], output, cotangent, needs }) => [
    needs[0] ? dynamicUpdate([start!, cotangent], { shape: [x!.shape[0]!, ...output.shape.slice(1)] }) : null,
    null,
  ],
})

/** Zeros of `shape` in which operand 1 stands from the position that operand 0 gives along axis 0, clamped as in `dynamicSlice`. */
export const dynamicUpdate: PrimitiveFunction<{ shape: Shape }> = definePrimitive({
  name: 'dynamicUpdate',
  shape: ([start, rows], { shape }) => {
    checkIndices('dynamicUpdate', start!)
    if (
      rows!.shape.length !== shape.length ||
      rows!.shape[0]! > shape[0]! ||
      !sameShape(rows!.shape.slice(1), shape.slice(1))
    ) {
      throw new ShapeError(`dynamicUpdate: ${formatShape(rows!.shape)} does not fit into ${formatShape(shape)}`)
    }
    return { shape, dtype: rows!.dtype }
  },
  reference: ([start, rows], _, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    const from = Math.min(Math.max(start!.data[0]!, 0), output.shape[0]! - rows!.shape[0]!)
    data.set(rows!.data, from * sizeOf(output.shape.slice(1)))
    return data
  },
  lower: ([, rows], { shape }) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const length = rows!.shape[0]!
      if (length === 0) return constant(rows!.dtype, 0)
      const from = clampTo(read(0, []), shape[0]! - length)
      const position = binary('sub', coordinates[0]!, from)
      const inside = binary('and', binary('ge', position, integer(0)), binary('lt', position, integer(length)))
      return select(inside, read(1, [clampTo(position, length - 1), ...coordinates.slice(1)]), constant(rows!.dtype, 0))
    },
  }),
  vjp: ({ inputs: [start, rows], cotangent }) => [null, dynamicSlice([cotangent, start!], { length: rows!.shape[0]! })],
})
