// Views: primitives that move elements without arithmetic. They close under VJP: slice with pad, and reshape,
// transpose and flip with themselves. The compiler composes them into index maps, so none of them costs a copy of its own.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { checkShape, formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { guarded, plus, floorDiv, floorMod, ravel, times, unravel, within, integer } from '../ir/indexMap.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, type Scalar, select } from '../ir/scalar.ts'
import { at, eachCoordinate } from './reference.ts'

/** The same elements in row-major order under another shape. */
export const reshape: PrimitiveFunction<{ shape: Shape }> = definePrimitive({
  name: 'reshape',
  shape: ([x], { shape }) => {
    checkShape('reshape', shape)
    if (sizeOf(x!.shape) !== sizeOf(shape)) {
      throw new ShapeError(
        `reshape: ${formatShape(x!.shape)} has ${sizeOf(x!.shape)} elements, ${formatShape(shape)} has ${sizeOf(shape)}`,
      )
    }
    return { shape, dtype: x!.dtype }
  },
  reference: ([x]) => x!.data,
  lower: ([x], { shape }) => ({
    kind: 'view',
    element: (coordinates, read) => read(0, unravel(ravel(coordinates, shape), x!.shape)),
  }),
  vjp: ({ inputs, cotangent }) => [reshape([cotangent], { shape: inputs[0]!.shape })],
  rewrite: ([x], { shape }) => {
    if (formatShape(x!.shape) === formatShape(shape)) return x!
    const source = x!.source
    return source.kind === 'apply' && source.primitive === reshape.primitive
      ? reshape([source.inputs[0]!], { shape })
      : null
  },
})

/** Output axis `i` is input axis `permutation[i]`. */
export const transpose: PrimitiveFunction<{ permutation: readonly number[] }> = definePrimitive({
  name: 'transpose',
  shape: ([x], { permutation }) => {
    const rank = x!.shape.length
    if (permutation.length !== rank || [...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
      throw new ShapeError(
        `transpose: [${permutation}] is no permutation of the ${rank} axes of ${formatShape(x!.shape)}`,
      )
    }
    return { shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype }
  },
  reference: ([x], { permutation }, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    eachCoordinate(output.shape, (coordinate, flat) => {
      data[flat] = at(x!, permutation.map((_, axis) => coordinate[permutation.indexOf(axis)]!)) // prettier-ignore
    })
    return data
  },
  lower: (_, { permutation }) => ({
    kind: 'view',
    element: (coordinates, read) => read(0, permutation.map((_axis, axis) => coordinates[permutation.indexOf(axis)]!)), // prettier-ignore
  }),
  vjp: ({ params: { permutation }, cotangent }) => [
    transpose([cotangent], { permutation: permutation.map((_, axis) => permutation.indexOf(axis)) }),
  ],
  rewrite: ([x], { permutation }) => {
    if (permutation.every((axis, i) => axis === i)) return x!
    const source = x!.source
    if (source.kind !== 'apply' || source.primitive !== transpose.primitive) return null
    const inner = permutationOf(source.params)
    return inner === null
      ? null
      : transpose([source.inputs[0]!], { permutation: permutation.map((axis) => inner[axis]!) })
  },
})

function permutationOf(params: unknown): readonly number[] | null {
  if (typeof params !== 'object' || params === null || !('permutation' in params)) return null
  return Array.isArray(params.permutation) ? params.permutation.map(Number) : null
}

/** Elements `start, start + step, ...` below `limit` along every axis; `step` is at least 1. */
export const slice: PrimitiveFunction<{ start: readonly number[]; limit: readonly number[]; step: readonly number[] }> =
  definePrimitive({
    name: 'slice',
    shape: ([x], { start, limit, step }) => {
      const rank = x!.shape.length
      if ([start, limit, step].some((list) => list.length !== rank)) {
        throw new ArgumentError(`slice: start, limit and step need ${rank} entries for ${formatShape(x!.shape)}`)
      }
      x!.shape.forEach((extent, axis) => {
        const [a, b, s] = [start[axis]!, limit[axis]!, step[axis]!]
        if (
          !(Number.isInteger(a) && Number.isInteger(b) && Number.isInteger(s)) ||
          a < 0 ||
          b < a ||
          b > extent ||
          s < 1
        ) {
          throw new ShapeError(`slice: ${a}:${b}:${s} is out of range for axis ${axis} of ${formatShape(x!.shape)}`)
        }
      })
      return {
        shape: x!.shape.map((_, axis) => Math.ceil((limit[axis]! - start[axis]!) / step[axis]!)),
        dtype: x!.dtype,
      }
    },
    reference: ([x], { start, step }, output) => {
      const data = new Float64Array(sizeOf(output.shape))
      eachCoordinate(output.shape, (coordinate, flat) => {
        data[flat] = at(x!, coordinate.map((c, axis) => start[axis]! + c * step[axis]!)) // prettier-ignore
      })
      return data
    },
    lower: (_, { start, step }) => ({
      kind: 'view',
      element: (coordinates, read) => read(0, coordinates.map((c, axis) => plus(times(c, step[axis]!), start[axis]!))), // prettier-ignore
    }),
    vjp: ({ inputs, output, params: { start, step }, cotangent }) => {
      const low = [...start]
      const interior = step.map((s) => s - 1)
      const high = inputs[0]!.shape.map((extent, axis) => {
        const covered = output.shape[axis] === 0 ? 0 : (output.shape[axis]! - 1) * step[axis]! + 1
        return extent - low[axis]! - covered
      })
      return [pad([cotangent], { low, high, interior, value: 0 })]
    },
    rewrite: ([x], _, output) => (formatShape(x!.shape) === formatShape(output.shape) ? x! : null),
  })

/** Adds `value` before, after and `interior` times between the elements of every axis; negative `low`, `high` crop. */
export const pad: PrimitiveFunction<{
  low: readonly number[]
  high: readonly number[]
  interior: readonly number[]
  value: number
}> = definePrimitive({
  name: 'pad',
  shape: ([x], { low, high, interior }) => {
    const rank = x!.shape.length
    if ([low, high, interior].some((list) => list.length !== rank)) {
      throw new ArgumentError(`pad: low, high and interior need ${rank} entries for ${formatShape(x!.shape)}`)
    }
    const shape = x!.shape.map(
      (extent, axis) => low[axis]! + high[axis]! + extent + Math.max(0, extent - 1) * interior[axis]!,
    )
    checkShape('pad', shape)
    return { shape, dtype: x!.dtype }
  },
  reference: ([x], { low, interior, value }, output) => {
    const data = new Float64Array(sizeOf(output.shape)).fill(value)
    eachCoordinate(output.shape, (coordinate, flat) => {
      const from = coordinate.map((c, axis) => (c - low[axis]!) / (interior[axis]! + 1))
      if (from.every((c, axis) => Number.isInteger(c) && c >= 0 && c < x!.shape[axis]!)) data[flat] = at(x!, from)
    })
    return data
  },
  lower: ([x], { low, interior, value }) => ({
    kind: 'view',
    element: (coordinates, read) => {
      let valid: Scalar = constant('bool', 1)
      const from = coordinates.map((c, axis) => {
        const gap = interior[axis]! + 1
        const shifted = plus(c, -low[axis]!)
        const index = floorDiv(shifted, gap)
        const offGrid = floorMod(shifted, gap)
        const onGrid =
          offGrid.op === 'const' ? constant('bool', Number(offGrid.value === 0)) : binary('eq', offGrid, integer(0))
        valid = binary('and', valid, binary('and', within(index, x!.shape[axis]!), onGrid))
        return index
      })
      const inside = read(0, from.map((index) => guarded(valid, index))) // prettier-ignore
      return select(valid, inside, constant(x!.dtype, value))
    },
  }),
  vjp: ({ inputs, output, params: { low, high, interior }, cotangent }) => {
    // where low or high crop, the cotangent is padded back before the kept elements are sliced out
    const none = low.map(() => 0)
    const whole =
      low.some((n) => n < 0) || high.some((n) => n < 0)
        ? pad([cotangent], {
            low: low.map((n) => Math.max(0, -n)),
            high: high.map((n) => Math.max(0, -n)),
            interior: none,
            value: 0,
          })
        : cotangent
    const start = low.map((n) => Math.max(0, n))
    const step = interior.map((n) => n + 1)
    const limit = inputs[0]!.shape.map((extent, axis) =>
      extent === 0 ? start[axis]! : start[axis]! + (extent - 1) * step[axis]! + 1,
    )
    return [output.size === 0 && whole === cotangent ? null : slice([whole], { start, limit, step })]
  },
  // the same shape alone is not enough: low 1 with high -1 shifts
  rewrite: ([x], { low }, output) =>
    low.every((n) => n === 0) && formatShape(x!.shape) === formatShape(output.shape) ? x! : null,
})

/** Reverses the order of the elements along `axes`. */
export const flip: PrimitiveFunction<{ axes: readonly number[] }> = definePrimitive({
  name: 'flip',
  shape: ([x]) => x!,
  reference: ([x], { axes }, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    eachCoordinate(output.shape, (coordinate, flat) => {
      data[flat] = at(x!, coordinate.map((c, axis) => (axes.includes(axis) ? x!.shape[axis]! - 1 - c : c))) // prettier-ignore
    })
    return data
  },
  lower: ([x], { axes }) => ({
    kind: 'view',
    element: (coordinates, read) =>
      read(0, coordinates.map((c, axis) => (axes.includes(axis) ? plus(times(c, -1), x!.shape[axis]! - 1) : c))), // prettier-ignore
  }),
  vjp: ({ params, cotangent }) => [flip([cotangent], params)],
})
