// Random shapes and tensors for the property tests, as fast-check draws and shrinks them; and naive access to their elements.

import * as fc from 'fast-check'
import { type Shape, sizeOf } from '../../src/core/shape.ts'
import { parameter, type ReferenceArray, type Tensor } from '../../src/ir/tensor.ts'
import { evaluateReference } from '../../src/ir/evaluate.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import { runGraph } from '../conformance/execute.ts'

const backend = createCpuBackend()

/** Shapes of up to four axes; extents are 1 often and 0 rarely. */
export const shapes = (options: { readonly minRank?: number; readonly empty?: boolean } = {}): fc.Arbitrary<number[]> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(1) },
      { weight: 12, arbitrary: fc.integer({ min: 2, max: 5 }) },
      { weight: options.empty === false ? 0 : 1, arbitrary: fc.constant(0) },
    ),
    { minLength: options.minRank ?? 0, maxLength: 4 },
  )

/** Two shapes that broadcast, by dropping leading axes and putting 1 for extents of a common one. */
export const broadcastable = (): fc.Arbitrary<readonly [number[], number[]]> =>
  shapes().chain((whole) => {
    const part = fc.tuple(fc.integer({ min: 0, max: whole.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })) // prettier-ignore
    const cut = ([from, ones]: readonly [number, readonly boolean[]]): number[] =>
      whole.slice(from).map((extent, i) => (ones[i] ? 1 : extent))
    return fc.tuple(part, part).map(([a, b]) => [cut(a), cut(b)] as const)
  })

/** Values that tell elements apart: 1, 2, 3 and so on. */
export const counting = (shape: Shape, first = 1): ReferenceArray => ({
  shape,
  dtype: 'float32',
  data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => first + i),
})

/** Random float32 numbers of [-2, 2]. */
export const numbers = (shape: Shape): fc.Arbitrary<ReferenceArray> =>
  fc
    .array(fc.integer({ min: -2048, max: 2048 }), { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
    .map((list) => ({ shape, dtype: 'float32', data: Float64Array.from(list, (value) => value / 1024) }))

/** The row-major coordinates of a shape. */
export function coordinatesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (list, extent) => list.flatMap((head) => Array.from({ length: extent }, (_, i) => [...head, i])),
    [[]],
  )
}

/** The element at a coordinate. */
export const elementAt = ({ shape, data }: ReferenceArray, coordinate: readonly number[]): number =>
  data[coordinate.reduce((index, c, axis) => index * shape[axis]! + c, 0)]!

/** An array whose elements a function of the coordinate gives. */
export const arrayOf = (shape: Shape, element: (coordinate: readonly number[]) => number): ReferenceArray => ({
  shape,
  dtype: 'float32',
  data: Float64Array.from(coordinatesOf(shape), element),
})

/** What `fn` gives for arrays, on the CPU backend; it agrees with the float64 reference, bit for bit in float32. */
export async function onCpu(
  fn: (...inputs: Tensor[]) => Tensor,
  ...arrays: readonly ReferenceArray[]
): Promise<ReferenceArray> {
  // prettier-ignore
  const inputs = arrays.map(({ shape, dtype }, i) => parameter({ shape, dtype }, `x${i}`))
  const graph = graphOf(inputs, [fn(...inputs)])
  const values = arrays.map(({ shape, dtype, data }) => ({ shape, dtype, data: dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data) })) // prettier-ignore
  const [got] = await runGraph(backend, graph, values)
  return { shape: got!.shape, dtype: got!.dtype, data: Float64Array.from(got!.data) }
}

/** What `fn` gives in float64, by the references. */
export function inFloat64(fn: (...inputs: Tensor[]) => Tensor, ...arrays: readonly ReferenceArray[]): ReferenceArray {
  const inputs = arrays.map(({ shape, dtype }, i) => parameter({ shape, dtype }, `x${i}`))
  return evaluateReference([fn(...inputs)], new Map(inputs.map((input, i) => [input, arrays[i]!])))[0]!
}

/** An array as plain data, for comparisons by value. */
export const plain = ({ shape, data }: ReferenceArray): { shape: number[]; data: number[] } => ({
  shape: [...shape],
  data: Array.from(data, (value) => value + 0), // -0 is 0 here
})
