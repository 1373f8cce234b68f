// Reading along one axis at positions that are a fixed function of the coordinate: mirrored at the edges (reflect), or a scaled
// coordinate, rounded down and clamped (resample; resizing and edge padding). resampleSum is the transpose of resample: it adds up
// what was read from one place. The pair is closed under VJP; that of reflect is made of views and sums.

import { type Aval, formatAval } from '../core/aval.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { checkShape, formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { clamped, floorDiv, integer, plus, rangeOf, times, within } from '../ir/indexMap.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, type Scalar, select } from '../ir/scalar.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add } from './elementwise.ts'
import { at, eachCoordinate, roundInteger } from './reference.ts'
import { flip, pad, slice } from './structural.ts'

const replaced = <T>(list: readonly T[], position: number, value: T): T[] =>
  list.map((own, i) => (i === position ? value : own))

function checkAxis(name: string, x: Aval, axis: number): number {
  const extent = x.shape[axis]
  if (extent === undefined) throw new ShapeError(`${name}: there is no axis ${axis} in ${formatAval(x)}`)
  return extent
}

/** `low` elements before and `high` after those along `axis`, mirrored at the first and last one, which are not repeated. */
export const reflect: PrimitiveFunction<{ axis: number; low: number; high: number }> = definePrimitive({
  name: 'reflect',
  shape: ([x], { axis, low, high }) => {
    const extent = checkAxis('reflect', x!, axis)
    if (low < 0 || high < 0 || (Math.max(low, high) > 0 && Math.max(low, high) >= extent)) {
      throw new ShapeError(
        `reflect: ${low} before and ${high} after axis ${axis} of ${formatShape(x!.shape)} need at least ${Math.max(low, high) + 1} elements`,
      )
    }
    const shape = replaced(x!.shape, axis, low + extent + high)
    checkShape('reflect', shape)
    return { shape, dtype: x!.dtype }
  },
  reference: ([x], { axis, low }, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    const last = x!.shape[axis]! - 1
    eachCoordinate(output.shape, (coordinate, flat) => {
      const c = coordinate[axis]! - low
      const from = c < 0 ? -c : c > last ? last - (c - last) : c
      data[flat] = at(x!, replaced(coordinate, axis, from))
    })
    return data
  },
  lower: ([x], { axis, low, high }) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const last = x!.shape[axis]! - 1
      let from = plus(coordinates[axis]!, -low)
      if (low > 0) from = binary('max', from, times(from, -1))
      if (high > 0) from = binary('min', from, plus(times(from, -1), 2 * last))
      return read(0, replaced(coordinates, axis, from))
    },
  }),
  vjp: ({ inputs: [x], params: { axis, low, high }, cotangent }) => {
    const extent = x!.shape[axis]!
    const none = x!.shape.map(() => 0)
    const part = (start: number, length: number): Tensor =>
      slice([cotangent], {
        start: replaced(none, axis, start),
        limit: replaced(cotangent.shape, axis, start + length),
        step: none.map(() => 1),
      })
    /** A mirrored part, back to front, in the place that it was read from. */
    const back = (start: number, length: number, before: number): Tensor =>
      pad([flip([part(start, length)], { axes: [axis] })], {
        low: replaced(none, axis, before),
        high: replaced(none, axis, extent - length - before),
        interior: none,
        value: 0,
      })
    let sum = part(low, extent)
    if (low > 0) sum = add([sum, back(0, low, 1)], null)
    if (high > 0) sum = add([sum, back(low + extent, high, extent - 1 - high)], null)
    return [sum]
  },
  rewrite: ([x], { low, high }) => (low === 0 && high === 0 ? x! : null),
})

/** Output coordinate `c` along `axis` reads `⌊(factor·c + offset) / divisor⌋`; `extent` is what the axis of the output has. */
export interface Resampling {
  readonly [key: string]: number
  readonly axis: number
  readonly extent: number
  readonly factor: number
  readonly offset: number
  readonly divisor: number
}

function checkResampling(name: string, fine: number, coarse: number, { factor, offset, divisor }: Resampling): void {
  if (![factor, offset, divisor].every(Number.isInteger) || factor < 0 || divisor < 1) {
    throw new ArgumentError(`${name}: expected integers factor >= 0 and divisor >= 1, got ${factor} and ${divisor}`)
  }
  if (factor * (fine + 1) + Math.abs(offset) + divisor * (coarse + 1) >= 2 ** 31) {
    throw new ShapeError(
      `${name}: extents ${fine} and ${coarse} are too large: their positions leave int32; resize in steps`,
    )
  }
}

const positionOf = (c: number, extent: number, { factor, offset, divisor }: Resampling): number =>
  Math.min(Math.max(Math.floor((factor * c + offset) / divisor), 0), extent - 1)

const positionAt = (c: Scalar, extent: number, { factor, offset, divisor }: Resampling): Scalar =>
  clamped(floorDiv(plus(times(c, factor), offset), divisor), extent)

/** The elements along `axis` at scaled positions, rounded down and clamped to the axis. */
export const resample: PrimitiveFunction<Resampling> = definePrimitive({
  name: 'resample',
  shape: ([x], params) => {
    const { axis, extent } = params
    const own = checkAxis('resample', x!, axis)
    if (own === 0 && extent > 0)
      throw new ShapeError(`resample: axis ${axis} of ${formatShape(x!.shape)} has no elements to read`)
    checkResampling('resample', extent, own, params)
    const shape = replaced(x!.shape, axis, extent)
    checkShape('resample', shape)
    return { shape, dtype: x!.dtype }
  },
  reference: ([x], params, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    const { axis } = params
    eachCoordinate(output.shape, (coordinate, flat) => {
      data[flat] = at(x!, replaced(coordinate, axis, positionOf(coordinate[axis]!, x!.shape[axis]!, params)))
    })
    return data
  },
  lower: ([x], params) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const from = positionAt(coordinates[params.axis]!, x!.shape[params.axis]!, params)
      return read(0, replaced(coordinates, params.axis, from))
    },
  }),
  vjp: ({ inputs: [x], params, cotangent }) => [
    resampleSum([cotangent], { ...params, extent: x!.shape[params.axis]! }),
  ],
})

/** The most positions along an axis of `fine` elements that one of `coarse` elements is read from. */
function widestWindow(fine: number, coarse: number, params: Resampling): number {
  const counts = new Int32Array(Math.max(1, coarse))
  for (let c = 0; c < fine && coarse > 0; c++) counts[positionOf(c, coarse, params)]!++
  return counts.reduce((most, count) => Math.max(most, count), 0)
}

/** The transpose of `resample`: every element along `axis` is added to the one that `resample` would read in its place. */
export const resampleSum: PrimitiveFunction<Resampling> = definePrimitive({
  name: 'resampleSum',
  shape: ([x], params) => {
    const { axis, extent } = params
    const own = checkAxis('resampleSum', x!, axis)
    if (x!.dtype === 'bool' || x!.dtype === 'uint8')
      throw new DTypeError(`resampleSum: takes numbers, not ${formatAval(x!)}; cast to int32 or float32 first`)
    checkResampling('resampleSum', own, extent, params)
    const shape: Shape = replaced(x!.shape, axis, extent)
    checkShape('resampleSum', shape)
    return { shape, dtype: x!.dtype }
  },
  reference: ([x], params, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    const { axis, extent } = params
    if (extent === 0) return data
    const strideOf = sizeOf(output.shape.slice(axis + 1))
    eachCoordinate(x!.shape, (coordinate, flat) => {
      const outer = coordinate.slice(0, axis).reduce((index, c, i) => index * output.shape[i]! + c, 0)
      const inner = coordinate.slice(axis + 1).reduce((index, c, i) => index * output.shape[axis + 1 + i]! + c, 0)
      const to = (outer * extent + positionOf(coordinate[axis]!, extent, params)) * strideOf + inner
      data[to] = roundInteger(output.dtype, data[to]! + x!.data[flat]!)
    })
    return data
  },
  lower: ([x], params) => {
    const { axis, extent, factor, offset, divisor } = params
    const fine = x!.shape[axis]!
    return {
      kind: 'reduce',
      combine: 'sum',
      extents: [widestWindow(fine, extent, params)],
      element: (coordinates, [inner], read) => {
        const i = coordinates[axis]!
        // the first c with ⌊(factor·c + offset) / divisor⌋ = i; the first element also gets all that was clamped up to it
        const begins = factor === 0 ? integer(0) : floorDiv(plus(times(i, divisor), factor - 1 - offset), factor)
        const first = rangeOf(begins).min >= 0 ? begins : binary('max', begins, integer(0))
        const start = offset < 0 ? select(binary('eq', i, integer(0)), integer(0), first) : first
        const c = plus(start, inner!)
        const valid = binary('and', within(c, fine), binary('eq', positionAt(c, extent, params), i))
        return select(valid, read(0, replaced(coordinates, axis, clamped(c, fine))), constant(x!.dtype, 0))
      },
    }
  },
  vjp: ({ inputs: [x], params, cotangent }) => [
    params.extent === 0 ? null : resample([cotangent], { ...params, extent: x!.shape[params.axis]! }),
  ],
})
