// Convolutions at sizes around every boundary of a tile, on WebGPU in Node (Dawn). No adapter is a failure.

import { expect, test } from 'vitest'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { platform } from '../../src/platform/node.ts'
import { checkConvolutions, CONVOLUTIONS } from '../ops/convolutions.ts'

test('every convolution and transpose is within 4 sqrt(K) 2^-24 of the sum of magnitudes', async () => {
  const backend = await createWebGpuBackend(await platform.gpu())
  try {
    const list = CONVOLUTIONS.filter((_, i) => i % 3 === 0 || i >= CONVOLUTIONS.length - 11)
    const { cases, worst, failures } = await checkConvolutions(backend, list)
    console.info(`convolution on ${backend.name}: ${cases} sums, greatest error ${worst.toPrecision(3)} of what is allowed`) // prettier-ignore
    expect(failures).toEqual([])
    expect(worst).toBeGreaterThan(0)
  } finally {
    await backend.idle()
    backend.dispose()
  }
})
