// Stopwatches on WebGPU in Node (Dawn): device time of what is queued, in one submit or several, and nothing where there is nothing to
// measure. No adapter is a failure.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend, Bindings, Executable } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { compile } from '../../src/compiler/compile.ts'
import { deviceBytes } from '../../src/compiler/memory.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { platform } from '../../src/platform/node.ts'
import { deviceOf } from '../../src/runtime/device.ts'
import { createRing } from '../../src/runtime/replay.ts'
import { createFlights } from '../../src/train/flights.ts'

const AVAL = { shape: [128, 128], dtype: 'float32' } as const

let backend: Backend
let executable: Executable
let bindings: Bindings

beforeAll(async () => {
  backend = await createWebGpuBackend(await platform.gpu())
  const [a, b] = ['a', 'b'].map((name) => parameter(AVAL, name))
  const placements = [0, 1].map((group) => ({ group, offset: 0 }))
  const program = compile(graphOf([a!, b!], [matmul(a!, b!)]), backend.target, {
    donations: [null],
    ring: [false],
    placements,
  })
  executable = await backend.prepare(program)
  const [x, y, out] = [0, 1, 2].map(() => ({ buffer: backend.allocate(deviceBytes(AVAL)), offset: 0 }))
  for (const place of [x!, y!]) backend.write(place, AVAL, new Float32Array(128 * 128).fill(1))
  bindings = { inputs: [x!, y!], outputs: [out!], ring: null }
})
afterAll(async () => {
  await backend.idle()
  backend.dispose()
})

const queue = (runs: number): void =>
  executable.run(
    bindings,
    Array.from({ length: runs }, () => ({ values: [], ringRow: 0 })),
  )
const readBack = () => backend.read(bindings.outputs[0]!, AVAL)

/** The device's and the host's milliseconds for so many runs. */
async function timed(runs: number): Promise<{ device: number | null; host: number }> {
  const started = performance.now()
  const stopwatch = backend.stopwatch!()
  queue(runs)
  const device = stopwatch!.milliseconds()
  const values = await readBack()
  const host = performance.now() - started
  expect(values[0]).toBe(128)
  return { device: await device, host }
}

test('the device takes no longer than the host waits, and longer for more, also over several submits', async () => {
  await timed(1)
  const [few, many] = [await timed(20), await timed(400)] // a submit holds 128 runs
  expect(few.device).toBeGreaterThan(0)
  expect(few.device).toBeLessThan(few.host + 1) // timestamps are quantised
  expect(many.device).toBeGreaterThan(2 * few.device!)
  expect(many.device).toBeLessThan(many.host + 1)
})

test('what was queued before the start does not count', async () => {
  queue(100)
  const stopwatch = backend.stopwatch!()
  queue(1)
  const one = stopwatch!.milliseconds()
  await readBack()
  const all = await timed(100)
  expect(await one).toBeLessThan(all.device! / 2)
})

test('there is no time where nothing was queued, or more passes than a stopwatch holds', async () => {
  const idle = backend.stopwatch!()
  expect(await idle!.milliseconds()).toBeNull()
  const stopwatch = backend.stopwatch!()
  for (let i = 0; i < 9; i++) {
    queue(1)
    backend.flush()
  }
  expect(await stopwatch!.milliseconds()).toBeNull()
})

test('one stopwatch runs at a time, and a few wait for their results', async () => {
  const first = backend.stopwatch!()
  expect(backend.stopwatch!()).toBeNull()
  queue(1)
  const waiting = [first!.milliseconds()]
  for (;;) {
    const next = backend.stopwatch!()
    if (next === null) break
    queue(1)
    waiting.push(next.milliseconds())
  }
  expect(waiting.length).toBe(4)
  await readBack()
  expect(await Promise.all(waiting)).not.toContain(null)
  expect((await timed(20)).device).toBeGreaterThan(0)
})

test('submits are measured, and what they took counts for how long those under way will take', async () => {
  const runtime = deviceOf(backend)
  const asked: number[] = []
  const clocked = {
    ...runtime,
    backend: {
      ...backend,
      stopwatch: () => {
        asked.push(performance.now())
        return { milliseconds: () => Promise.resolve(30) }
      },
    },
  }
  const ring = createRing(clocked, 64, 1, 2)
  const flights = createFlights(clocked, ring)
  const record = { step: 1, epoch: 1, samples: 1, learningRate: 0.1 }
  const send = (): void =>
    flights.send(() => {
      queue(3)
      return [0, 1, 2].map((ringRow) => ({ record, ringRow }))
    })
  for (let i = 0; i < 20; i++) {
    send()
    await flights.land()
  }
  // the first eight, and every eighth from then on
  expect(asked).toHaveLength(10)
  send()
  expect(flights.time()).toBeCloseTo(30)
  await flights.land()
})
