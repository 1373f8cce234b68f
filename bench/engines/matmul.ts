// The matrix products to be measured, and what an engine must offer for that.

import { uniform } from '../workloads/random.ts'

/** `[m, k]` times `[k, n]`; an operand with `transposed` is stored with its axes swapped, as in a training step. */
export interface MatmulCase {
  readonly name: string
  readonly m: number
  readonly k: number
  readonly n: number
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** One product on an engine, both operands resident. */
export interface MatmulSession {
  /** Multiplies `repeats` times and resolves when the device has finished: it ends with the read-back of one element. */
  run(repeats: number): Promise<void>
  /** The product, row-major. */
  result(): Promise<ArrayLike<number>>
  dispose(): void
}

/** An engine that multiplies. */
export interface MatmulEngine {
  readonly device: string
  /** Undefined where the engine does not have this product. */
  prepare(matmul: MatmulCase, a: Float32Array, b: Float32Array): Promise<MatmulSession | undefined>
}

/** Opens an engine on a device. */
export type OpenMatmulEngine = (device: string) => Promise<MatmulEngine>

/** The operands as they are stored: uniform in [-1, 1). */
export function operandsOf({ m, k, n }: MatmulCase): { a: Float32Array; b: Float32Array } {
  const random = uniform(31)
  const draw = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1)
  return { a: draw(m * k), b: draw(k * n) }
}

/** The shapes of the operands as they are stored. */
export function storedShapes({ m, k, n, transposeA, transposeB }: MatmulCase) {
  const a: [number, number] = transposeA ? [k, m] : [m, k]
  const b: [number, number] = transposeB ? [n, k] : [k, n]
  return { a, b }
}

/** The largest error of a few hundred elements of `product` against float64, relative to the sum of the terms' magnitudes. */
export function productError(matmul: MatmulCase, a: Float32Array, b: Float32Array, product: ArrayLike<number>): number {
  const { m, k, n, transposeA, transposeB } = matmul
  if (product.length !== m * n) return NaN
  const random = uniform(32)
  let worst = 0
  for (let sample = 0; sample < 256; sample++) {
    const row = Math.floor(random() * m)
    const column = Math.floor(random() * n)
    let sum = 0
    let magnitude = 0
    for (let at = 0; at < k; at++) {
      const x = a[transposeA ? at * m + row : row * k + at] ?? NaN
      const y = b[transposeB ? column * k + at : at * n + column] ?? NaN
      sum += x * y
      magnitude += Math.abs(x * y)
    }
    const error = Math.abs((product[row * n + column] ?? NaN) - sum) / magnitude
    // a NaN is the worst of all, and Math.max would keep it
    worst = Math.max(worst, error)
  }
  return worst
}
