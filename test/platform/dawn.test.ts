// WebGPU in Node: hardware, or the software adapter beside an installed Chrome. Neither is a failure, not a skip.

import { expect, test } from 'vitest'
import { platform } from '../../src/platform/node.ts'

test('Node finds a GPU, says which, and gives the same one every time', async () => {
  const gpu = await platform.gpu()
  const notes = await platform.gpuNotes()
  expect(gpu, notes.join(' ')).not.toBeNull()
  expect(await platform.gpu()).toBe(gpu)
  expect(notes.at(-1)).toMatch(/^Dawn offers (?!no)/)
  expect(globalThis.GPUBufferUsage.STORAGE).toBe(0x80)

  const adapter = await gpu?.requestAdapter()
  const device = await adapter?.requestDevice()
  const buffer = device?.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  device?.queue.writeBuffer(buffer!, 0, Uint32Array.of(42))
  await buffer?.mapAsync(GPUMapMode.READ)
  expect(new Uint32Array(buffer!.getMappedRange())[0]).toBe(42)
  device?.destroy()
})
