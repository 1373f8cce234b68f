// Matrix products at sizes around the boundaries of tiles, for any backend: problems, and what is wrong with their results. The bar is
// 4 sqrt(K) 2^-24 Σ|a b| of the product in float64, for every element. No test runner in here.

import type { Backend } from '../../src/backend/backend.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter, type Tensor } from '../../src/ir/tensor.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { runGraph } from '../conformance/execute.ts'
import { randomFrom } from '../conformance/sample.ts'

/** `[..., m, k] x [..., k, n]`; a transposed operand is stored with its last two axes swapped. */
export interface Product {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly batch: readonly number[]
}

/**
 * Output extents: one beside, at and past tiles of 4 x 4 lanes and rows, 8 x 8 registers and 64 x 64 shared elements. Those that do not
 * divide by 4 take other kernels than those that do.
 */
const EXTENTS = [1, 3, 4, 7, 8, 9, 12, 15, 16, 17, 20, 31, 32, 33, 60, 63, 64, 65, 68]
const SHORT = [1, 3, 16, 17]
/** Past the blocks in which long sums are added up; few outputs, so that they stay quick. */
const LONG = [4097, 65537]
const SMALL: readonly (readonly [number, number])[] = [[1, 1], [3, 8], [8, 9], [9, 4], [16, 3], [7, 16]] // prettier-ignore
const LAYOUTS = [[false, false], [false, true], [true, false], [true, true]] as const // prettier-ignore

export const describeProduct = ({ m, n, k, transposeA, transposeB, batch }: Product): string =>
  `${[...batch, m].join('x')} by ${k} by ${n} ${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}`

const wide = (m: number, k: number, n: number, layout: number, batch: readonly number[] = []): Product => {
  const [transposeA, transposeB] = LAYOUTS[layout]!
  return { m, n, k, transposeA, transposeB, batch }
}

/**
 * A quarter of all pairs of extents, every extent with four others on either side, with K, layouts and batches in turn, so that all of
 * them meet; outputs whose lanes fill quads of tiles; long K in every layout, the longest in two for each size.
 */
export const PRODUCTS: readonly Product[] = [
  ...EXTENTS.flatMap((m, i) =>
    EXTENTS.filter((_, j) => (i + j) % 4 === 0).map((n, turn): Product => {
      const [transposeA, transposeB] = LAYOUTS[(turn + i) % 4]!
      return { m, n, k: SHORT[(turn + (i >> 1)) % 4]!, transposeA, transposeB, batch: (turn + i) % 5 === 0 ? [2] : [] }
    }),
  ),
  ...[0, 1, 2, 3].flatMap((layout) => [wide(33, 20, 64, layout), wide(48, 16, 128, layout)]), // quads share their rows
  ...LONG.flatMap((k, long) =>
    SMALL.flatMap(([m, n], i) =>
      LAYOUTS.filter((_, layout) => long === 0 || (i + layout) % 2 === 0).map(([transposeA, transposeB]): Product => ({
        m,
        n,
        k,
        transposeA,
        transposeB,
        batch: [],
      })),
    ),
  ),
]

/**
 * Products that fill tiles in workgroup memory, of so many rows and columns, exactly, beside and past their edges, with K round their
 * slices of 16: all layouts, aligned and not.
 */
export const WIDE_PRODUCTS = {
  of32: [wide(32, 16, 32, 0), wide(33, 15, 36, 1), wide(29, 20, 64, 2), wide(31, 33, 28, 3, [2]), wide(32, 17, 44, 0)],
  of64: [wide(64, 16, 64, 0), wide(65, 17, 64, 1), wide(33, 3, 68, 2), wide(68, 33, 32, 2, [2]), wide(60, 36, 64, 3)],
  of128: [wide(128, 16, 128, 1), wide(127, 20, 132, 0), wide(68, 31, 124, 2), wide(132, 12, 100, 3)],
} as const

/** Products of few elements and long K, of which each element may have a workgroup to itself; the last have no axis that divides by 4. */
export const LONG_PRODUCTS: readonly Product[] = [
  wide(1, 784, 12, 0),
  wide(4, 1025, 3, 1),
  wide(3, 64, 5, 2),
  wide(1, 4097, 1, 3, [2]),
]

/** Products round the CPU's blocks of 128 rows and 512 terms and its tiles of 4 and 8, in all layouts and with either axis as the columns. */
export const BLOCK_PRODUCTS: readonly Product[] = [0, 1, 2, 3].flatMap((layout) => [
  wide(128, 512, 8, layout),
  wide(129, 513, 9, layout),
  wide(260, 1025, 7, layout),
  wide(3, 1536, 300, layout),
  wide(10, 2, 131, layout, [3]),
  wide(257, 1, 16, layout),
  wide(3600, 600, 9, layout), // more than is copied at once
])

/** In [-1, 1], or all positive, where the sum grows and so does what is lost of each term. */
function valuesFor(shape: readonly number[], seed: string, positive: boolean): HostArray {
  const random = randomFrom(seed)
  const data = Float32Array.from({ length: sizeOf(shape) }, () => (positive ? 0.5 + random() : 2 * random() - 1))
  return { shape, dtype: 'float32', data }
}

/** The greatest error of an element as a fraction of what is allowed. */
function errorOf(product: Product, a: HostArray, b: HostArray, got: HostArray): number {
  const { m, n, k, transposeA, transposeB, batch } = product
  const allowed = 4 * Math.sqrt(k) * 2 ** -24
  if (got.data.length !== sizeOf(batch) * m * n) return Infinity
  let worst = 0
  for (let one = 0; one < sizeOf(batch); one++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let [sum, magnitude] = [0, 0]
        for (let p = 0; p < k; p++) {
          const x = a.data[one * m * k + (transposeA ? p * m + i : i * k + p)]!
          const y = b.data[one * k * n + (transposeB ? j * k + p : p * n + j)]!
          sum += x * y
          magnitude += Math.abs(x * y)
        }
        const error = Math.abs(got.data[(one * m + i) * n + j]! - sum) / (allowed * magnitude)
        if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error
      }
    }
  }
  return worst
}

/**
 * The greatest error as a fraction of what is allowed, of all products, and those that exceed it. Several share a program, since
 * compiling costs a device more than running; a dispatch has workgroup memory for few tiles.
 */
export async function checkProducts(
  backend: Backend,
  products: readonly Product[],
  perProgram = 8,
): Promise<{ readonly worst: number; readonly failures: readonly string[] }> {
  let worst = 0
  const failures: string[] = []
  for (let first = 0; first < products.length; first += perProgram) {
    const some = products.slice(first, first + perProgram)
    const leaves: Tensor[] = []
    const values: HostArray[] = []
    const outputs = some.map((product, i) => {
      const { m, n, k, transposeA, transposeB, batch } = product
      const shapes = [[...batch, ...(transposeA ? [k, m] : [m, k])], [...batch, ...(transposeB ? [n, k] : [k, n])]] // prettier-ignore
      const [a, b] = shapes.map((shape) => parameter({ shape, dtype: 'float32' }, `x${leaves.length}`)) as [Tensor, Tensor] // prettier-ignore
      leaves.push(a, b)
      values.push(...shapes.map((shape, side) => valuesFor(shape, `${describeProduct(product)} ${side}`, i % 2 === 1)))
      return matmul(a, b, { transposeA, transposeB })
    })
    const got = await runGraph(backend, graphOf(leaves, outputs), values)
    some.forEach((product, i) => {
      const error = errorOf(product, values[2 * i]!, values[2 * i + 1]!, got[i]!)
      worst = Math.max(worst, error)
      if (!(error <= 1)) failures.push(`${describeProduct(product)}: ${error.toPrecision(3)} times what is allowed`)
    })
  }
  return { worst, failures }
}
