// Convolutions at sizes around every boundary of a tile, on WebGPU in Node (Dawn): with the kernels that the device chooses, and with
// tiles in workgroup memory, which a software adapter would not choose. No adapter is a failure.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { type ContractionVariant, tuningTable } from '../../src/compiler/variants.ts'
import { platform } from '../../src/platform/node.ts'
import { checkConvolutions, type Convolution, CONVOLUTIONS } from '../ops/convolutions.ts'

let backend: Backend | undefined

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
})

afterAll(async () => {
  await backend?.idle()
  backend?.dispose()
})

const fallback: ContractionVariant = { kind: 'shared', rows: 8, columns: 8, quads: false, workgroup: 64 }
const hardware = { software: false, busyGroups: 1, tuning: tuningTable('test', { fallback, entries: {} }) }
/** Tiles want outputs of some extent; the last ones have images, strides, groups and long sums. */
const filling = (one: Convolution, i: number): boolean =>
  (one.features >= 15 && one.geometry.output[0]! >= 31 && i % 3 === 0) || i >= CONVOLUTIONS.length - 5

test.each([
  { name: 'its own choice', target: {}, list: CONVOLUTIONS.filter((_, i) => i % 3 === 0 || i >= CONVOLUTIONS.length - 11) }, // prettier-ignore
  { name: 'tiles in workgroup memory', target: hardware, list: CONVOLUTIONS.filter(filling) },
])('with $name every convolution and transpose is within 4 sqrt(K) 2^-24 of the sum of magnitudes', async ({ name, target, list }) => {
  const aimed: Backend = { ...backend!, target: { ...backend!.target, ...target } }
  const { cases, worst, failures } = await checkConvolutions(aimed, list)
  console.info(`convolution on ${backend!.name} with ${name}: ${cases} sums, greatest error ${worst.toPrecision(3)} of what is allowed`) // prettier-ignore
  expect(failures).toEqual([])
  expect(worst).toBeGreaterThan(0)
}) // prettier-ignore
