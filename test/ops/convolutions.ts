// Convolutions and their transposes at sizes around the boundaries of tiles, for any backend: problems, and what is wrong with their
// results. The bar is 4 sqrt(K) 2^-24 Σ|a b| of the sum in float64, for every element, K being the number of products of an element.

import type { Backend } from '../../src/backend/backend.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter, type ReferenceArray } from '../../src/ir/tensor.ts'
import { type ConvolutionGeometry, convolve, convolveInput, convolveKernel } from '../../src/primitives/convolution.ts'
import { runGraph } from '../conformance/execute.ts'
import { toReference } from '../conformance/reference.ts'
import { randomFrom } from '../conformance/sample.ts'

/** One geometry, run as a forward convolution and as both of its transposes. */
export interface Convolution {
  readonly samples: number
  readonly channels: number
  readonly features: number
  readonly groups: number
  readonly geometry: ConvolutionGeometry
}

const plain = (length: number, window: number): ConvolutionGeometry => ({
  input: [length + window - 1],
  window: [window],
  output: [length],
  stride: [1],
  low: [0],
  dilation: [1],
})

const image = (size: number, window: number, stride: number): ConvolutionGeometry => {
  const low = Math.floor(window / 2)
  const output = Math.floor((size + 2 * low - window) / stride) + 1
  return { input: [size, size], window: [window, window], output: [output, output], stride: [stride, stride], low: [low, low], dilation: [1, 1] } // prettier-ignore
}

const of = (geometry: ConvolutionGeometry, channels: number, features: number, samples = 1, groups = 1): Convolution => ({ geometry, channels, features, samples, groups }) // prettier-ignore

const EXTENTS = [1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65]

/** Output positions and features around the tiles; sums of 1, 3, 4097 and 65537 products; images, strides, groups, several samples. */
export const CONVOLUTIONS: readonly Convolution[] = [
  ...EXTENTS.flatMap((length, i) => EXTENTS.filter((_, j) => (i + j) % 5 === 0).map((features, turn) => of(plain(length, [1, 3][turn % 2]!), [1, 3, 4][(i + turn) % 3]!, features))), // prettier-ignore
  of(plain(3, 1), 4097, 8),
  of(plain(8, 1), 4097, 3),
  of(plain(2, 1), 65537, 4),
  of(plain(4, 17), 241, 5),
  of(plain(4097, 1), 3, 4),
  of(plain(65537, 1), 1, 2),
  of(image(7, 3, 1), 8, 16, 2),
  of(image(8, 3, 2), 4, 9, 3),
  of(image(9, 5, 1), 3, 4),
  of(image(8, 3, 1), 4, 4, 1, 3),
  of(image(6, 3, 1), 1, 1, 2, 8),
]

const ROLES = [
  { name: 'forward', primitive: convolve, operands: ['x', 'w'] },
  { name: 'input gradient', primitive: convolveInput, operands: ['w', 'y'] },
  { name: 'kernel gradient', primitive: convolveKernel, operands: ['x', 'y'] },
] as const

function shapesOf({ samples, channels, features, groups, geometry }: Convolution) {
  return {
    x: [groups, samples, ...geometry.input, channels],
    w: [groups, ...geometry.window, channels, features],
    y: [groups, samples, ...geometry.output, features],
  }
}

/** The number of products in an element of each role's result, padding aside. */
function lengthsOf({ samples, channels, features, geometry }: Convolution): readonly [number, number, number] {
  const window = sizeOf(geometry.window)
  return [window * channels, window * features, samples * sizeOf(geometry.output)]
}

const describe = ({ samples, channels, features, groups, geometry }: Convolution, role: string): string =>
  `${role}: ${groups} groups, ${samples} samples, ${channels} channels to ${features}, window ${geometry.window.join('x')}, output ${geometry.output.join('x')}`

const magnitudes = (array: ReferenceArray): ReferenceArray => ({ ...array, data: array.data.map(Math.abs) })

/** The greatest error as a fraction of what is allowed, and the cases that exceed it. */
export async function checkConvolutions(
  backend: Backend,
  list: readonly Convolution[],
): Promise<{ readonly cases: number; readonly worst: number; readonly failures: readonly string[] }> {
  let worst = 0
  const failures: string[] = []
  for (const one of list) {
    const shapes = shapesOf(one)
    const leaves = { x: parameter({ shape: shapes.x, dtype: 'float32' }, 'x'), w: parameter({ shape: shapes.w, dtype: 'float32' }, 'w'), y: parameter({ shape: shapes.y, dtype: 'float32' }, 'y') } // prettier-ignore
    const names = ['x', 'w', 'y'] as const
    const values = names.map((name): HostArray => {
      const random = randomFrom(`${describe(one, name)}`)
      return { shape: shapes[name], dtype: 'float32', data: Float32Array.from({ length: sizeOf(shapes[name]) }, () => 2 * random() - 1) } // prettier-ignore
    })
    const outputs = ROLES.map(({ primitive, operands: [a, b] }) => primitive([leaves[a], leaves[b]], one.geometry))
    const got = await runGraph(backend, graphOf([leaves.x, leaves.w, leaves.y], outputs), values)
    const lengths = lengthsOf(one)
    ROLES.forEach(({ name, primitive, operands }, i) => {
      const inputs = operands.map((role) => toReference(values[names.indexOf(role)]!))
      const reference = (arrays: readonly ReferenceArray[]): Float64Array =>
        primitive.primitive.reference(arrays, one.geometry, outputs[i]!.aval).data
      const expected = reference(inputs)
      const scale = reference(inputs.map(magnitudes))
      const allowed = 4 * Math.sqrt(lengths[i]!) * 2 ** -24
      let error = got[i]!.data.length === expected.length ? 0 : Infinity
      expected.forEach((value, at) => {
        const difference = Math.abs(got[i]!.data[at]! - value)
        const own = difference === 0 ? 0 : difference / (allowed * scale[at]!)
        if (!(own <= error)) error = Number.isNaN(own) ? Infinity : own
      })
      worst = Math.max(worst, error)
      if (!(error <= 1)) failures.push(`${describe(one, name)}: ${error.toPrecision(3)} times what is allowed`)
    })
  }
  return { cases: list.length * ROLES.length, worst, failures }
}
