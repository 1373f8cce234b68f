// Joining tensors along an axis: a view over several operands, of which every element reads the one that it lies in. Its VJP is made
// of slices.

import { type Aval, formatAval } from '../core/aval.ts'
import { ShapeError } from '../core/errors.ts'
import { checkShape, sizeOf } from '../core/shape.ts'
import { clamped, integer, plus, rangeOf } from '../ir/indexMap.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, type Scalar, select } from '../ir/scalar.ts'
import { at, eachCoordinate } from './reference.ts'
import { slice } from './structural.ts'

/** Where each part begins along `axis`, and, last, where they all end. */
function boundaries(parts: readonly Aval[], axis: number): number[] {
  const starts = [0]
  for (const part of parts) starts.push(starts.at(-1)! + part.shape[axis]!)
  return starts
}

/**
 * The operands one after another along `axis`: at least one, of one dtype, with the same other extents. An element is read from
 * the operand that it lies in and from no other, so that a NaN stays where it was.
 */
export const concat: PrimitiveFunction<{ axis: number }> = definePrimitive({
  name: 'concat',
  shape: (parts, { axis }) => {
    const first = parts[0]
    if (first === undefined || !(axis >= 0 && axis < first.shape.length)) {
      throw new ShapeError(`concat: there is no axis ${axis} in ${first === undefined ? 'nothing' : formatAval(first)}`)
    }
    for (const part of parts) {
      const fits =
        part.dtype === first.dtype &&
        part.shape.length === first.shape.length &&
        part.shape.every((extent, i) => i === axis || extent === first.shape[i])
      if (!fits)
        throw new ShapeError(`concat: ${formatAval(first)} and ${formatAval(part)} differ in more than axis ${axis}`)
    }
    const total = boundaries(parts, axis).at(-1)!
    const shape = first.shape.map((extent, i) => (i === axis ? total : extent))
    checkShape('concat', shape)
    return { shape, dtype: first.dtype }
  },
  reference: (parts, { axis }, output) => {
    const data = new Float64Array(sizeOf(output.shape))
    eachCoordinate(output.shape, (coordinate, flat) => {
      let position = coordinate[axis]!
      for (const part of parts) {
        if (position < part.shape[axis]!) {
          data[flat] = at(part, coordinate.map((c, i) => (i === axis ? position : c))) // prettier-ignore
          return
        }
        position -= part.shape[axis]!
      }
    })
    return data
  },
  lower: (parts, { axis }) => ({
    kind: 'view',
    element: (coordinates, read) => {
      const starts = boundaries(parts, axis)
      const position = coordinates[axis]!
      const range = rangeOf(position)
      let value: Scalar | null = null
      for (let i = parts.length - 1; i >= 0; i--) {
        const [from, to] = [starts[i]!, starts[i + 1]!]
        if (from === to || range.min >= to || range.max < from) continue
        const inside = clamped(plus(position, -from), to - from)
        const own = read(i, coordinates.map((c, other) => (other === axis ? inside : c))) // prettier-ignore
        value = value === null ? own : select(binary('lt', position, integer(to)), own, value)
      }
      return value ?? constant(parts[0]!.dtype, 0) // no element at all
    },
  }),
  vjp: ({ inputs, params: { axis }, cotangent, needs }) => {
    const starts = boundaries(inputs, axis)
    return inputs.map((_, i) => {
      if (!needs[i]) return null
      const start = cotangent.shape.map((__, other) => (other === axis ? starts[i]! : 0))
      const limit = cotangent.shape.map((extent, other) => (other === axis ? starts[i + 1]! : extent))
      return slice([cotangent], { start, limit, step: cotangent.shape.map(() => 1) })
    })
  },
  rewrite: (parts, params) => {
    if (parts.length === 1) return parts[0]!
    const filled = parts.filter((part) => part.shape[params.axis] !== 0)
    if (filled.length === parts.length) return null
    return filled.length === 0 ? parts[0]! : concat(filled, params)
  },
})
