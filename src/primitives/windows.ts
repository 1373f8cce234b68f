// Sliding windows as a view, and their adjoint, which adds overlapping windows up. Pooling is a reduction of the view, so that
// the compiler reads the windows in place and never stores them.

import { ShapeError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import { floorDiv, floorMod, guarded, integer, plus, times, within } from '../ir/indexMap.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, type Scalar, select } from '../ir/scalar.ts'
import type { Shape } from '../core/shape.ts'
import { eachCoordinate, roundInteger } from './reference.ts'

/** Windows over the axes `1 .. rank of window` of `x [N, ...input, C]`; `output` counts the windows along each. */
export interface WindowGeometry {
  readonly [key: string]: readonly number[]
  readonly input: readonly number[]
  readonly window: readonly number[]
  readonly output: readonly number[]
  readonly stride: readonly number[]
  /** Positions of padding before the input; may be negative, which crops. */
  readonly low: readonly number[]
  readonly dilation: readonly number[]
}

const windowsShape = (shape: Shape, { window, output }: WindowGeometry): number[] => [
  shape[0]!,
  ...output,
  shape.at(-1)!,
  ...window,
]

/** Calls `visit` with the flat index in the windows and the flat index in `x [N, ...input, C]` of everything that is no padding. */
function eachElement(
  samples: number,
  channels: number,
  geometry: WindowGeometry,
  visit: (window: number, x: number) => void,
): void {
  // prettier-ignore
  const { input, window, output, stride, low, dilation } = geometry
  const rank = input.length
  eachCoordinate([samples, ...output, channels, ...window], (coordinate, flat) => {
    const i = input.map((_, axis) => stride[axis]! * coordinate[axis + 1]! + dilation[axis]! * coordinate[axis + rank + 2]! - low[axis]!) // prettier-ignore
    if (i.some((position, axis) => position < 0 || position >= input[axis]!)) return
    const row = i.reduce((at, position, axis) => at * input[axis]! + position, coordinate[0]!)
    visit(flat, row * channels + coordinate[rank + 1]!)
  })
}

/** `x [N, ...input, C] -> [N, ...output, C, ...window]`: element `k` of window `o` is `x` at `s·o + d·k - low`, 0 in the padding. */
export const windows: PrimitiveFunction<WindowGeometry> = definePrimitive({
  name: 'windows',
  shape: ([x], geometry) => {
    if (formatShape(x!.shape.slice(1, -1)) !== formatShape(geometry.input))
      throw new ShapeError(
        `windows: ${formatShape(x!.shape)} does not have the spatial extents ${formatShape(geometry.input)}`,
      )
    return { shape: windowsShape(x!.shape, geometry), dtype: x!.dtype }
  },
  reference: ([x], geometry, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    eachElement(x!.shape[0]!, x!.shape.at(-1)!, geometry, (window, from) => {
      data[window] = x!.data[from]!
    })
    return data
  },
  lower: ([x], { input, stride, low, dilation }) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const rank = input.length
      let valid: Scalar = constant('bool', 1)
      const positions = input.map((extent, axis) => {
        const at = plus(plus(times(coordinates[axis + 1]!, stride[axis]!), times(coordinates[axis + rank + 2]!, dilation[axis]!)), -low[axis]!) // prettier-ignore
        valid = binary('and', valid, within(at, extent))
        return at
      })
      const value = read(0, [coordinates[0]!, ...positions.map((at) => guarded(valid, at)), coordinates[rank + 1]!])
      return select(valid, value, constant(x!.dtype, 0))
    },
  }),
  vjp: ({ params, cotangent }) => [overlapAdd([cotangent], params)],
})

/** `[N, ...output, C, ...window] -> [N, ...input, C]`: the elements of all windows added where they lie; padding is dropped. */
export const overlapAdd: PrimitiveFunction<WindowGeometry> = definePrimitive({
  name: 'overlapAdd',
  shape: ([x], geometry) => {
    const rank = geometry.input.length
    const shape = [x!.shape[0]!, ...geometry.input, x!.shape[rank + 1]!]
    if (formatShape(x!.shape) !== formatShape(windowsShape(shape, geometry)))
      throw new ShapeError(
        `overlapAdd: expected ${formatShape(windowsShape(shape, geometry))}, got ${formatShape(x!.shape)}`,
      )
    return { shape, dtype: x!.dtype }
  },
  reference: ([x], geometry, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    eachElement(output.shape[0]!, output.shape.at(-1)!, geometry, (window, to) => {
      data[to] = roundInteger(output.dtype, data[to]! + x!.data[window]!)
    })
    return data
  },
  lower: ([x], { input, window, output, stride, low, dilation }) => {
    // without dilation, only every s-th position of a window can meet a given input: the sum runs over those alone
    const extents = window.map((k, axis) => (dilation[axis] === 1 ? Math.ceil(k / stride[axis]!) : k))
    return {
      kind: 'reduce',
      combine: 'sum',
      extents,
      element: (coordinates, inner, read) => {
        const rank = input.length
        let valid: Scalar = constant('bool', 1)
        const k: Scalar[] = []
        const o = input.map((_, axis) => {
          const shifted = plus(coordinates[axis + 1]!, low[axis]!)
          const s = stride[axis]!
          // without dilation, position = shifted mod s + s·inner, so that what is left divides by the stride
          const isPlain = dilation[axis] === 1
          const position = isPlain ? plus(floorMod(shifted, s), times(inner[axis]!, s)) : inner[axis]!
          const scaled = plus(shifted, times(position, -dilation[axis]!))
          const rest = isPlain ? integer(0) : floorMod(scaled, s)
          const at = isPlain ? plus(floorDiv(shifted, s), times(inner[axis]!, -1)) : floorDiv(scaled, s)
          const onGrid =
            rest.op === 'const' ? constant('bool', Number(rest.value === 0)) : binary('eq', rest, integer(0))
          for (const test of [onGrid, within(position, window[axis]!), within(at, output[axis]!)]) valid = binary('and', valid, test) // prettier-ignore
          k.push(position)
          return at
        })
        const from = [coordinates[0]!, ...o.map((at) => guarded(valid, at)), coordinates[rank + 1]!, ...k.map((at) => guarded(valid, at))] // prettier-ignore
        return select(valid, read(0, from), constant(x!.dtype, 0))
      },
    }
  },
  vjp: ({ params, cotangent }) => [windows([cotangent], params)],
})
