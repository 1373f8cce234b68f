// What a sample is: a primitive applied to operands whose shapes, dtypes and values are given, the values deterministic. From
// a sample come a graph, the values of its leaves, and what to expect of its gradients.

import type { DType } from '../../src/core/dtype.ts'
import { hostArrayOf } from '../../src/core/dtype.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import { type Shape, sizeOf } from '../../src/core/shape.ts'
import { graphOf } from '../../src/ir/graph.ts'
import type { Graph } from '../../src/ir/tensor.ts'
import type { PrimitiveFunction } from '../../src/ir/primitive.ts'
import { type Param, parameter, type Primitive, type Tensor } from '../../src/ir/tensor.ts'
import { broadcast } from '../../src/primitives/broadcast.ts'
import { flip, slice, transpose } from '../../src/primitives/structural.ts'

/** The values of an operand, in row-major order of the shape that is stored. */
export type Values = (count: number, random: () => number) => readonly number[]

/** How an operand lies in memory: as it is, or behind a view that gives it its shape. */
export type Layout = 'plain' | 'transposed' | 'strided' | 'flipped' | 'repeated'

/** An operand of a sample. */
export interface Operand {
  readonly shape: Shape
  readonly dtype: DType
  readonly values: Values
  readonly layout: Layout
}

/**
 * What is expected of the gradients: by default that they agree with central differences to second order. At kinks and singular
 * points the values are `given`, for a cotangent of ones (null: no derivative flows).
 */
export type ExpectedGradients = { readonly given: readonly (readonly number[] | null)[] }

/** One application of a primitive. */
export interface Sample<P extends Param> {
  readonly name: string
  readonly inputs: readonly Operand[]
  readonly params: P
  readonly gradients?: ExpectedGradients
  /** It holds or makes NaN or infinities, of which WebGPU promises nothing: CPU only, no gradients. */
  readonly nonFinite?: true
}

/** A sample with its parameter type erased. */
export interface Case {
  readonly name: string
  readonly primitive: Primitive
  readonly inputs: readonly Operand[]
  readonly gradients: ExpectedGradients | null
  readonly nonFinite: boolean
  /** A graph with one parameter per input, in order. */
  readonly graph: () => Graph
  /** The values of the parameters. */
  readonly values: () => HostArray[]
}

/** The cases of one primitive. */
export function casesOf<P extends Param>(
  primitive: PrimitiveFunction<P>,
  samples: readonly Sample<P>[],
): readonly Case[] {
  return samples.map((sample) => ({
    name: sample.name,
    primitive: primitive.primitive,
    inputs: sample.inputs,
    gradients: sample.gradients ?? null,
    nonFinite: sample.nonFinite ?? false,
    graph: () => {
      const parameters = sample.inputs.map((operand, i) =>
        parameter({ shape: storedShape(operand), dtype: operand.dtype }, `x${i}`),
      )
      return graphOf(parameters, [primitive(parameters.map((tensor, i) => viewOf(tensor, sample.inputs[i]!)), sample.params)]) // prettier-ignore
    },
    values: () =>
      sample.inputs.map((operand, i) => hostValues(operand, `${primitive.primitive.name} ${sample.name} ${i}`)),
  }))
}

/** A generator of numbers in [0, 1) that depends on the text alone (mulberry32 over an FNV hash). */
export function randomFrom(text: string): () => number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The stored values of an operand, rounded to its dtype. */
export function hostValues(operand: Operand, seed: string): HostArray {
  const shape = storedShape(operand)
  const data = hostArrayOf(operand.dtype, sizeOf(shape))
  data.set(operand.values(data.length, randomFrom(seed)))
  return { shape, dtype: operand.dtype, data }
}

/** The shape in which an operand is stored: what its view is taken of. */
export function storedShape({ shape, layout }: Operand): Shape {
  switch (layout) {
    case 'transposed':
      return shape.toReversed()
    case 'strided':
      return shape.map((extent) => 2 * extent + 1)
    case 'repeated':
      return shape.map((extent, axis) => (axis === 0 ? 1 : extent))
    default:
      return shape
  }
}

/** The operand, given what is stored. */
export function viewOf(stored: Tensor, { shape, layout }: Operand): Tensor {
  const axes = shape.map((_, axis) => axis)
  switch (layout) {
    case 'transposed':
      return transpose([stored], { permutation: axes.toReversed() })
    case 'strided':
      return slice([stored], { start: shape.map(() => 1), limit: stored.shape, step: shape.map(() => 2) })
    case 'flipped':
      return flip([stored], { axes })
    case 'repeated':
      return broadcast([stored], { shape, axes })
    case 'plain':
      return stored
  }
}

const operandOf = (shape: Shape, dtype: DType, values: Values): Operand => ({ shape, dtype, values, layout: 'plain' })

/** Real numbers spread evenly over [low, high]. */
export function uniform(shape: Shape, low = -2, high = 2, dtype: DType = 'float32'): Operand {
  return operandOf(shape, dtype, (count, random) => Array.from({ length: count }, () => low + (high - low) * random()))
}

/** Real numbers of [low, high] that keep a distance of 0.05 from `points`, where a derivative jumps. */
export function apartFrom(
  points: readonly number[],
  shape: Shape,
  low = -2,
  high = 2,
  dtype: DType = 'float32',
): Operand {
  return operandOf(shape, dtype, (count, random) =>
    Array.from({ length: count }, () => {
      const x = low + (high - low) * random()
      const near = points.find((point) => Math.abs(x - point) < 0.05)
      return near === undefined ? x : near + (x < near ? -0.05 : 0.05)
    }),
  )
}

/** Different real numbers of [-2, 2] in random order, so that an extreme has no tie; `offset` < 1 makes two of them disjoint. */
export function distinct(shape: Shape, offset = 0, dtype: DType = 'float32'): Operand {
  return operandOf(shape, dtype, (count, random) => {
    const grid = Array.from({ length: count }, (_, i) => -2 + (4 * (i + offset + 0.1)) / (count + 1))
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[grid[i], grid[j]] = [grid[j]!, grid[i]!]
    }
    return grid
  })
}

/** Integers of [low, high], both included. */
export function integers(shape: Shape, low = -9, high = 9, dtype: DType = 'int32'): Operand {
  return operandOf(shape, dtype, (count, random) =>
    Array.from({ length: count }, () => low + Math.floor((high - low + 1) * random())),
  )
}

/** True and false. */
export function bools(shape: Shape): Operand {
  return integers(shape, 0, 1, 'bool')
}

/** The values themselves. */
export function given(values: readonly number[], dtype: DType = 'float32', shape: Shape = [values.length]): Operand {
  return operandOf(shape, dtype, () => values)
}

/** An operand behind a view. */
export function laid(layout: Layout, operand: Operand): Operand {
  return { ...operand, layout }
}
