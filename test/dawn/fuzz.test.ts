// Random programs on WebGPU in Node (Dawn): as precise as the unfused form, both against float64. No adapter is a failure.

import { afterAll, beforeAll } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { platform } from '../../src/platform/node.ts'
import { deviceVariants } from '../fuzz/run.ts'
import { testSeries } from '../fuzz/series.ts'

let backend: Backend | undefined

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
})

afterAll(async () => {
  await backend?.idle()
  backend?.dispose()
})

testSeries({
  title: 'WebGPU',
  seed: 'dawn',
  first: 0,
  programs: 100,
  batch: 10,
  operations: 16,
  device: 'webgpu',
  variants: () => deviceVariants(backend!),
})
