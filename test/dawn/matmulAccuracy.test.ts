// Matrix products at sizes around every boundary of a tile, on WebGPU in Node (Dawn): with the kernels that the device chooses, with
// smaller register tiles, and with tiles in workgroup memory, which a software adapter would not choose. No adapter is a failure.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import type { Target } from '../../src/compiler/target.ts'
import { tuningTable } from '../../src/compiler/variants.ts'
import { platform } from '../../src/platform/node.ts'
import { checkProducts, type Product, LONG_PRODUCTS, PRODUCTS, WIDE_PRODUCTS } from '../ops/products.ts'

let backend: Backend | undefined

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
})

afterAll(async () => {
  await backend?.idle()
  backend?.dispose()
})

const tiles = (
  kind: 'registers' | 'shared',
  rows: number,
  columns: number,
  workgroup: 64 | 256 = 256,
): Partial<Target> => ({
  ...(kind === 'shared' ? { software: false, busyGroups: 1 } : {}),
  tuning: tuningTable('test', { fallback: { kind, rows, columns, quads: false, workgroup }, entries: {} }),
})

test.each<{ name: string; target: Partial<Target>; products: readonly Product[] }>([
  { name: 'its own choice', target: {}, products: PRODUCTS },
  { name: 'registers 8x8', target: tiles('registers', 8, 8), products: PRODUCTS.filter((_, i) => i % 3 === 0) },
  { name: 'registers 4x8', target: tiles('registers', 4, 8), products: PRODUCTS.filter((_, i) => i % 4 === 0) },
  { name: 'tiles of 32x32 in workgroup memory', target: tiles('shared', 4, 4, 64), products: WIDE_PRODUCTS.of32 },
  { name: 'tiles of 64x64 in workgroup memory', target: tiles('shared', 4, 4), products: WIDE_PRODUCTS.of64 },
  { name: 'tiles of 64x64 by 64 invocations', target: tiles('shared', 8, 8, 64), products: WIDE_PRODUCTS.of64 },
  { name: 'tiles of 128x64 in workgroup memory', target: tiles('shared', 8, 4), products: WIDE_PRODUCTS.of128.slice(1) },
  { name: 'tiles of 128x128 in workgroup memory', target: tiles('shared', 8, 8), products: WIDE_PRODUCTS.of128 },
  { name: 'workgroups per element', target: tiles('shared', 8, 8), products: LONG_PRODUCTS },
])('with $name every product is within 4 sqrt(K) 2^-24 of the sum of magnitudes', async ({ name, target, products }) => {
  const aimed: Backend = { ...backend!, target: { ...backend!.target, ...target } }
  const { worst, failures } = await checkProducts(aimed, products)
  console.info(`matmul on ${backend!.name} with ${name}: ${products.length} products, greatest error ${worst.toPrecision(3)} of what is allowed`) // prettier-ignore
  expect(failures).toEqual([])
  expect(worst).toBeGreaterThan(0)
}) // prettier-ignore
