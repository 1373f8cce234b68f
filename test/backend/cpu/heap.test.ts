// The memory of CPU buffers: ranges do not overlap, are 0 when they are given, are used again and joined; and it says when it is full.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createCpuMemory } from '../../../src/backend/cpu/memory.ts'
import { createHeap } from '../../../src/backend/cpu/wasm/heap.ts'
import { DeviceError } from '../../../src/core/errors.ts'
import { randomFrom } from '../../conformance/sample.ts'

test('ranges are apart from each other, zero, and used again', () => {
  const heap = createHeap(false)!
  const random = randomFrom('heap')
  const held = new Map<number, { bytes: number; mark: number }>()
  const bytesAt = (address: number, bytes: number): Uint8Array => new Uint8Array(heap.memory.buffer, address, bytes)
  const faults: string[] = []
  const holds = (address: number, bytes: number, mark: number, fault: string): void => {
    if (!bytesAt(address, bytes).every((byte) => byte === mark)) faults.push(`${fault} of ${bytes} at ${address}`)
  }
  for (let step = 1; step <= 3000; step++) {
    const [first] = held
    if (first !== undefined && random() < 0.48) {
      const [address, { bytes, mark }] = [...held][Math.floor(random() * held.size)]!
      holds(address, bytes, mark, 'overwritten range')
      heap.free(address, bytes)
      held.delete(address)
    } else {
      const bytes = Math.floor(random() ** 4 * 100_000)
      const address = heap.allocate(bytes)
      holds(address, bytes, 0, 'range that is not zero')
      if (address % 64 !== 0) faults.push(`range at ${address}`)
      const mark = 1 + (step % 255)
      bytesAt(address, bytes).fill(mark)
      held.set(address, { bytes, mark })
    }
  }
  for (const [address, { bytes }] of held) heap.free(address, bytes)
  expect(faults).toEqual([])
  // everything is free: one range as large as all of it fits without growing
  const size = heap.memory.buffer.byteLength
  const address = heap.allocate(size - 2 * 4096)
  expect(bytesAt(address, size - 2 * 4096).every((byte) => byte === 0)).toBe(true)
  expect(heap.memory.buffer.byteLength).toBe(size)
})

test('a range beside a freed one joins it', () => {
  const heap = createHeap(false)!
  const [a, b, c] = [heap.allocate(1000), heap.allocate(1000), heap.allocate(1000)] as const
  heap.allocate(64) // what keeps c from the end
  heap.free(a, 1000)
  heap.free(c, 1000)
  heap.free(b, 1000)
  expect(heap.allocate(3000)).toBe(a)
})

test('a full memory is a typed error that says how full', () => {
  const heap = createHeap(false)!
  const address = heap.allocate(100)
  expect(() => heap.allocate(2 ** 32)).toThrow(DeviceError)
  expect(() => heap.allocate(2 ** 32)).toThrow(/no room for another 4096 MiB: it holds 1 MiB of at most 4096 MiB/)
  expect(heap.allocate(100)).toBeGreaterThan(address) // nothing is lost
})

test('memory of a buffer that nobody holds is used again, and freeing twice is freeing once', async () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('there is no gc')
  const heap = createHeap(false)!
  const memory = createCpuMemory(heap, false)
  const kept = memory.scratch(4096)
  const address = (() => memory.scratch(8192).address)()
  memory.scratch(64) // what keeps it from the end
  let found = 0
  for (let turn = 0; turn < 100 && found !== address; turn++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 5))
    found = heap.allocate(8192)
  }
  expect(found).toBe(address)
  memory.free(kept)
  memory.free(kept)
  const [first, second] = [memory.allocate(4096), memory.allocate(4096)]
  expect(first.address).toBe(kept.address)
  expect(second.address).not.toBe(first.address)
  expect(memory.usage()).toEqual({ buffers: 2, bytes: 8192, peakBytes: 8192 })
  memory.clear()
  expect(memory.usage()).toEqual({ buffers: 0, bytes: 0, peakBytes: 8192 })
})
