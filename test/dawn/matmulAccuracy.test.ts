// Matrix products at sizes around every boundary of a tile, on WebGPU in Node (Dawn): with the kernels that the device chooses, with
// smaller register tiles, and with tiles in workgroup memory, which a software adapter would not choose. No adapter is a failure.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import type { Target } from '../../src/compiler/target.ts'
import { platform } from '../../src/platform/node.ts'
import { checkProducts, type Product, PRODUCTS, WIDE_PRODUCTS } from '../ops/products.ts'

let backend: Backend | undefined

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
})

afterAll(async () => {
  await backend?.idle()
  backend?.dispose()
})

const tiles = (kind: 'registers' | 'shared', rows: number, columns: number): Partial<Target> => ({
  ...(kind === 'shared' ? { software: false } : {}),
  tuning: { identity: `${kind} ${rows}x${columns}`, contraction: { kind, rows, columns, quads: false } },
})

test.each<{ name: string; target: Partial<Target>; products: readonly Product[] }>([
  { name: 'its own choice', target: {}, products: PRODUCTS },
  { name: 'registers 8x8', target: tiles('registers', 8, 8), products: PRODUCTS.filter((_, i) => i % 3 === 0) },
  { name: 'registers 4x8', target: tiles('registers', 4, 8), products: PRODUCTS.filter((_, i) => i % 4 === 0) },
  { name: 'tiles in workgroup memory', target: tiles('shared', 4, 4), products: WIDE_PRODUCTS },
])('with $name every product is within 4 sqrt(K) 2^-24 of the sum of magnitudes', async ({ name, target, products }) => {
  const aimed: Backend = { ...backend!, target: { ...backend!.target, ...target } }
  const { worst, failures } = await checkProducts(aimed, products, products === WIDE_PRODUCTS ? 1 : 8)
  console.info(`matmul on ${backend!.name} with ${name}: ${products.length} products, greatest error ${worst.toPrecision(3)} of what is allowed`) // prettier-ignore
  expect(failures).toEqual([])
  expect(worst).toBeGreaterThan(0)
}) // prettier-ignore
