// Reading and writing along one axis at positions that differ from row to row: takeAlong with addAlong, and pick with place, which
// have one position per row. Either pair is closed under VJP. Positions out of range are clamped, as everywhere.

import type { Aval } from '../core/aval.ts'
import { ShapeError } from '../core/errors.ts'
import { formatShape, sameShape, type Shape, sizeOf } from '../core/shape.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, type Scalar, select } from '../ir/scalar.ts'
import { checkIndices, checkUpdates, clampTo } from './indexing.ts'
import { at, eachCoordinate, roundInteger } from './reference.ts'

const clampedTo = (extent: number, position: number): number => Math.min(Math.max(position, 0), extent - 1)

/** `shape` with another extent along `axis`. */
const withExtent = (shape: Shape, axis: number, extent: number): number[] =>
  shape.map((own, i) => (i === axis ? extent : own))

/** `list` with another value at `position`. */
const replaced = <T>(list: readonly T[], position: number, value: T): T[] =>
  list.map((own, i) => (i === position ? value : own))

function checkExtent(name: string, extent: number): void {
  if (!Number.isInteger(extent) || extent < 0)
    throw new ShapeError(`${name}: the extent must be an integer >= 0, got ${extent}`)
}

/** One element per row: `[..., K], [...] -> [...]`, at the (clamped) positions of operand 1 along the last axis. */
export const pick: PrimitiveFunction<null> = definePrimitive({
  name: 'pick',
  shape: ([x, index]) => {
    checkIndices('pick', index!)
    if (x!.shape.length === 0 || !sameShape(x!.shape.slice(0, -1), index!.shape)) {
      throw new ShapeError(
        `pick: indices ${formatShape(index!.shape)} must have the shape of ${formatShape(x!.shape)} without its last axis`,
      )
    }
    if (x!.shape.at(-1) === 0 && sizeOf(index!.shape) > 0)
      throw new ShapeError(`pick: the rows of ${formatShape(x!.shape)} have no elements to take`)
    return { shape: index!.shape, dtype: x!.dtype }
  },
  reference: ([x, index]) => {
    const extent = x!.shape.at(-1)!
    return index!.data.map((position, row) => x!.data[row * extent + clampedTo(extent, position)]!)
  },
  lower: ([x]) => ({
    kind: 'view',
    element: (coordinates, read) => read(0, [...coordinates, clampTo(read(1, coordinates), x!.shape.at(-1)! - 1)]),
  }),
  vjp: ({ inputs: [x, index], cotangent, needs }) => [
    needs[0] ? place([index!, cotangent], { extent: x!.shape.at(-1)! }) : null,
    null,
  ],
})

/** Rows of zeros with one value each: `[...], [...] -> [..., extent]`, at the (clamped) positions of operand 0 along the last axis. */
export const place: PrimitiveFunction<{ extent: number }> = definePrimitive({
  name: 'place',
  shape: ([index, values], { extent }) => {
    checkIndices('place', index!)
    checkExtent('place', extent)
    if (!sameShape(index!.shape, values!.shape)) {
      throw new ShapeError(
        `place: one value per index is needed: indices ${formatShape(index!.shape)}, values ${formatShape(values!.shape)}`,
      )
    }
    return { shape: [...index!.shape, extent], dtype: values!.dtype }
  },
  reference: ([index, values], { extent }) => {
    const data = new Float64Array(values!.data.length * extent)
    if (extent > 0)
      index!.data.forEach((position, row) => (data[row * extent + clampedTo(extent, position)] = values!.data[row]!))
    return data
  },
  lower: ([, values], { extent }) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const row = coordinates.slice(0, -1)
      const hit = binary('eq', clampTo(read(0, row), extent - 1), coordinates.at(-1)!)
      return select(hit, read(1, row), constant(values!.dtype, 0))
    },
  }),
  vjp: ({ inputs: [index], params: { extent }, cotangent }) => [
    null,
    extent === 0 ? null : pick([cotangent, index!], null),
  ],
})

function checkAlong(name: string, index: Aval, other: Aval, axis: number, sameThere: boolean): void {
  checkIndices(name, index)
  const rank = index.shape.length
  if (axis < 0 || axis >= rank) throw new ShapeError(`${name}: axis ${axis} is out of range for rank ${rank}`)
  const wanted = sameThere ? index.shape : withExtent(index.shape, axis, other.shape[axis] ?? 0)
  if (other.shape.length !== rank || !sameShape(other.shape, wanted)) {
    throw new ShapeError(
      `${name}: indices ${formatShape(index.shape)} and ${formatShape(other.shape)} must have the same extents${sameThere ? '' : ` beside axis ${axis}`}`,
    )
  }
}

/** The elements of operand 0 at the (clamped) positions of operand 1 along `axis`; the other axes agree. The result has the shape of operand 1. */
export const takeAlong: PrimitiveFunction<{ axis: number }> = definePrimitive({
  name: 'takeAlong',
  shape: ([x, index], { axis }) => {
    checkAlong('takeAlong', index!, x!, axis, false)
    if (x!.shape[axis] === 0 && sizeOf(index!.shape) > 0)
      throw new ShapeError(`takeAlong: axis ${axis} of ${formatShape(x!.shape)} has no elements to take`)
    return { shape: index!.shape, dtype: x!.dtype }
  },
  reference: ([x, index], { axis }) => {
    const data = new Float64Array(index!.data.length)
    eachCoordinate(index!.shape, (coordinate, flat) => {
      data[flat] = at(x!, replaced(coordinate, axis, clampedTo(x!.shape[axis]!, index!.data[flat]!)))
    })
    return data
  },
  lower: ([x], { axis }) => ({
    kind: 'view',
    element: (coordinates, read) =>
      read(0, replaced<Scalar>(coordinates, axis, clampTo(read(1, coordinates), x!.shape[axis]! - 1))),
  }),
  vjp: ({ inputs: [x, index], params: { axis }, cotangent, needs }) => [
    needs[0] ? addAlong([index!, cotangent], { axis, extent: x!.shape[axis]! }) : null,
    null,
  ],
})

/** Zeros with `extent` elements along `axis`, to which operand 1 is added at the (clamped) positions of operand 0; in a fixed order. */
export const addAlong: PrimitiveFunction<{ axis: number; extent: number }> = definePrimitive({
  name: 'addAlong',
  shape: ([index, updates], { axis, extent }) => {
    checkAlong('addAlong', index!, updates!, axis, true)
    checkExtent('addAlong', extent)
    checkUpdates('addAlong', updates!)
    return { shape: withExtent(index!.shape, axis, extent), dtype: updates!.dtype }
  },
  reference: ([index, updates], { axis, extent }, output) => {
    const inner = sizeOf(output.shape.slice(axis + 1))
    const data = new Float64Array(sizeOf(output.shape))
    if (extent === 0) return data
    eachCoordinate(index!.shape, (coordinate, flat) => {
      const outer = coordinate.slice(0, axis).reduce((total, c, i) => total * output.shape[i]! + c, 0)
      const within = coordinate.slice(axis + 1).reduce((total, c, i) => total * output.shape[axis + 1 + i]! + c, 0)
      const to = (outer * extent + clampedTo(extent, index!.data[flat]!)) * inner + within
      data[to] = roundInteger(output.dtype, data[to]! + updates!.data[flat]!)
    })
    return data
  },
  lower: ([index, updates], { axis, extent }) => ({
    kind: 'reduce',
    combine: 'sum',
    extents: [index!.shape[axis]!],
    element: (coordinates, [inner], read) => {
      const from = replaced<Scalar>(coordinates, axis, inner!)
      const hit = binary('eq', clampTo(read(0, from), extent - 1), coordinates[axis]!)
      return select(hit, read(1, from), constant(updates!.dtype, 0))
    },
  }),
  vjp: ({ inputs: [index], params: { axis, extent }, cotangent }) => [
    null,
    extent === 0 ? null : takeAlong([cotangent, index!], { axis }),
  ],
})
