// Shapes as plain number lists: sizes, strides, NumPy broadcasting and axis arithmetic, with the errors that name both shapes.

import { ArgumentError, ShapeError } from './errors.ts'

/** Extents per axis, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** The number of elements of a shape: 1 for a scalar, 0 when any extent is 0. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1)
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = Array.from({ length: shape.length }, () => 1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!
  return strides
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis])
}

/** A shape as text: `[32, 784]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** @throws ShapeError when an extent is not a non-negative integer. */
export function checkShape(operation: string, shape: Shape): void {
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0) {
      throw new ShapeError(`${operation}: extents must be integers >= 0, got ${formatShape(shape)}`)
    }
  }
  if (sizeOf(shape) >= 2 ** 31) {
    throw new ShapeError(`${operation}: ${formatShape(shape)} has 2^31 elements or more; split the tensor`)
  }
}

/**
 * NumPy broadcasting of several shapes.
 * @throws ShapeError when two extents differ and neither is 1.
 */
export function broadcastShapes(operation: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length))
  const result: number[] = Array.from({ length: rank }, () => 1)
  for (const shape of shapes) {
    shape.forEach((extent, i) => {
      const axis = rank - shape.length + i
      const known = result[axis]!
      if (known !== extent && known !== 1 && extent !== 1) {
        const given = shapes.map(formatShape).join(' and ')
        throw new ShapeError(
          `${operation}: shapes ${given} do not broadcast: ${known} and ${extent} differ at axis ${axis - rank} and neither is 1`,
        )
      }
      if (known === 1) result[axis] = extent
    })
  }
  return result
}

/**
 * An axis in `0 .. rank - 1` from one in `-rank .. rank - 1`.
 * @throws ShapeError when it is out of that range.
 */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      `${operation}: axis ${axis} is out of range for rank ${rank} (allowed: ${-rank} .. ${rank - 1})`,
    )
  }
  return axis < 0 ? axis + rank : axis
}

/**
 * Sorted, distinct, non-negative axes; all axes when none are given.
 * @throws ShapeError for an axis out of range, ArgumentError for one that is named twice.
 */
export function normalizeAxes(operation: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis)
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(operation, axis, rank))
  if (new Set(list).size !== list.length) throw new ArgumentError(`${operation}: an axis is named twice in [${axes}]`)
  return list.sort((a, b) => a - b)
}

/** The axes of `shape` that are not in `axes`. */
export function otherAxes(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
}
