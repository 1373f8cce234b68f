// Folds of few terms are written out, longer ones are loops, in WebAssembly over four terms at a time; rows in vectors or one by one: all sides
// of those boundaries against plain numbers, NaN included.

import { expect, test } from 'vitest'
import { createCpuBackend } from '../../../src/backend/cpu/cpu.ts'
import type { HostArray } from '../../../src/core/hostArray.ts'
import { graphOf } from '../../../src/ir/graph.ts'
import { parameter } from '../../../src/ir/tensor.ts'
import { argMax, argMin, max, min, prod, sum } from '../../../src/ops/reductions.ts'
import { prepareGraph } from '../../conformance/execute.ts'

/** The position of the first value that none beats; the first NaN beats all. */
function best(values: readonly number[], beats: (x: number, y: number) => boolean): number {
  const nan = values.findIndex(Number.isNaN)
  if (nan >= 0) return nan
  return values.reduce((found, value, i) => (beats(value, values[found]!) ? i : found), 0)
}

const CASES = [true, false].flatMap((simd) =>
  [1, 3, 6, 40].flatMap((rows) => [1, 2, 4, 5, 7, 8, 9, 10, 17, 32].map((terms) => ({ simd, rows, terms }))),
)

test.each(CASES)('folds of $terms terms in $rows rows, vectors: $simd', async ({ simd, rows, terms }) => {
  const data = Float32Array.from({ length: rows * terms }, (_, i) =>
    i % 23 === 7 ? Number.NaN : ((i * 37) % 16) / 8 - 1,
  )
  const input: HostArray = { shape: [rows, terms], dtype: 'float32', data }
  const x = parameter(input, 'x')
  const backend = createCpuBackend({ simd })
  const graph = graphOf([x], [sum(x, -1), prod(x, -1), max(x, -1), min(x, -1), argMax(x, -1), argMin(x, -1)])
  const prepared = await prepareGraph(backend, graph)
  const got = (await prepared.call([input], [[]])).map((result) => Array.from(result.data))
  const { sources } = await backend.prepare(prepared.program)
  prepared.dispose()
  const values = Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * terms, (row + 1) * terms)))
  const at = values.map((row) => [best(row, (a, b) => a > b), best(row, (a, b) => a < b)] as const)
  expect(got).toEqual([
    values.map((row) => Math.fround(row.reduce((a, b) => a + b, 0))),
    values.map((row) => Math.fround(row.reduce((a, b) => a * b, 1))),
    values.map((row, i) => row[at[i]![0]]),
    values.map((row, i) => row[at[i]![1]]),
    at.map(([greatest]) => greatest),
    at.map(([, least]) => least),
  ])
  const isSplit = simd ? sources().join().includes('_both') : sources().join().includes(`< ${terms};`)
  expect(isSplit).toBe(terms >= (simd ? 8 : 10))
})
