// Every candidate of tuning on WebGPU in Node (Dawn): right at sizes round its tiles, in kernels of its own. No adapter is a failure.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { printDispatch } from '../../src/backend/webgpu/wgsl.ts'
import { compile } from '../../src/compiler/compile.ts'
import {
  CANDIDATES,
  type ContractionVariant,
  describeVariant,
  isUsable,
  tuningTable,
} from '../../src/compiler/variants.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { platform } from '../../src/platform/node.ts'
import { checkProducts, type Product, PRODUCTS } from '../ops/products.ts'

let backend: Backend

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
})

afterAll(async () => {
  await backend.idle()
  backend.dispose()
})

/** The backend with one variant for everything, which hardware would not make smaller for lack of work. */
const withVariant = (variant: ContractionVariant): Backend => {
  const tuning = tuningTable('test', { fallback: variant, entries: {} })
  const hardware = variant.kind === 'shared' ? { software: false, busyGroups: 1 } : {}
  return { ...backend, target: { ...backend.target, ...hardware, tuning } }
}

const product = (m: number, k: number, n: number, layout: number, batch: readonly number[] = []): Product => {
  return { m, n, k, transposeA: layout > 1, transposeB: layout % 2 === 1, batch }
}

/** Round tiles of 64 and 128, in all layouts; and a few of those round the small ones. */
const LARGE: readonly Product[] = [
  product(68, 17, 64, 0),
  product(33, 20, 68, 1, [2]),
  product(130, 33, 132, 2),
  product(128, 16, 260, 3),
]
/** Outputs whose lanes fill quads: few rows, which share terms; rows that are adjacent, in sixteens and fewer; and rows that end within a quad. */
const SHARED: readonly Product[] = [
  product(1, 20, 64, 0),
  product(3, 32, 128, 0),
  product(2, 24, 64, 2),
  product(48, 20, 64, 2),
  product(12, 36, 64, 2),
  product(5, 20, 64, 0),
  product(5, 21, 64, 0, [2]),
]
/** So many products that tiles have 16 rows, and as many terms of the sum at a time as divide it where four are not adjacent. */
const SOME: readonly Product[] = [66, 67].flatMap((k) => [0, 1, 2, 3].map((layout) => product(132, k, 128, layout)))
/** So many products that tiles of 32 rows are used, which end past the last row. */
const MANY: readonly Product[] = [0, 1, 2, 3].map((layout) => product(1028, 64, 1024, layout))
const SMALL = PRODUCTS.filter((_, i) => i % 20 === 0)

test.each(CANDIDATES.map((variant) => ({ name: describeVariant(variant), variant })))(
  '$name: every product is within 4 sqrt(K) 2^-24 of the sum of magnitudes',
  async ({ variant }) => {
    if (!isUsable(variant, backend.target)) return
    // a dispatch has workgroup memory for one large tile, and a software adapter compiles that for a second or two
    const shared = variant.kind === 'shared'
    const products = shared
      ? LARGE
      : [...LARGE, ...SOME, ...SMALL, ...(variant.quads ? SHARED : []), ...(variant.rows > 16 ? MANY : [])]
    const { worst, failures } = await checkProducts(withVariant(variant), products, shared ? 1 : 8)
    expect(failures).toEqual([])
    expect(worst).toBeGreaterThan(0)
  },
)

test('every candidate has code of its own', () => {
  const usable = CANDIDATES.filter((variant) => isUsable(variant, backend.target))
  const [a, b] = [[1024, 64], [64, 1024]].map((shape, i) => parameter({ shape, dtype: 'float32' }, `x${i}`)) // prettier-ignore
  const graph = graphOf([a!, b!], [matmul(a!, b!)])
  const placements = [0, 1].map((group) => ({ group, offset: 0 }))
  const sources = usable.map((variant) => {
    const program = compile(graph, withVariant(variant).target, { donations: [null], ring: [false], placements })
    return printDispatch(program.dispatches[0]!, program).source
  })
  expect(new Set(sources).size).toBe(usable.length)
})
