// PyTorch's goldens of single operations on WebGPU in Node (Dawn): value and gradients of each case in one program, in float32. Cases
// with NaN or infinities run on the CPU only: drivers may assume that there are none. Several cases are prepared at once, since
// compiling shaders takes nearly all of the time.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { platform } from '../../src/platform/node.ts'
import { runGraph } from '../conformance/execute.ts'
import { type OpGolden, opGoldens } from '../goldens/read.ts'
import { goldenDifference, isNonFinite, programOf } from '../ops/goldens/program.ts'

const AT_ONCE = 4
const GOLDENS = opGoldens().filter((golden) => !isNonFinite(golden))
const differences = new Map<string, string | null>()
let backend: Backend | undefined

async function differenceOn(device: Backend, golden: OpGolden): Promise<string | null> {
  const program = programOf(golden, 'float32', 1)
  const leaves = program.values.map(({ shape, dtype }, i) => parameter({ shape, dtype }, `x${i}`))
  return goldenDifference(program, await runGraph(device, graphOf(leaves, program.run(leaves)), program.values))
}

beforeAll(async () => {
  const device = await createWebGpuBackend(await platform.gpu())
  backend = device
  const queue = [...GOLDENS]
  const work = async (): Promise<void> => {
    for (let golden = queue.shift(); golden !== undefined; golden = queue.shift()) {
      const { name } = golden
      differences.set(name, await differenceOn(device, golden).catch((error: unknown) => String(error)))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}, 600_000)

afterAll(async () => {
  await backend?.idle()
  console.info(`${differences.size} PyTorch goldens on ${backend?.name ?? 'no device'}`)
  backend?.dispose()
})

test.each(GOLDENS.map(({ name }) => name))('PyTorch agrees on %s', (name) => {
  const difference = differences.get(name)
  expect(difference, difference ?? 'the device did not run it').toBeNull()
})
