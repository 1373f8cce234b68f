// A few workgroups that walk through all kernels of a dispatch (software adapters) give the same bits as a dispatch for each kernel, for
// kernels of fewer and of more elements than the walkers cover at once, and for updates in place over several runs.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend } from '../../src/backend/backend.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { printDispatch } from '../../src/backend/webgpu/wgsl.ts'
import type { HostArray } from '../../src/core/hostArray.ts'
import { sizeOf } from '../../src/core/shape.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { add, mul, sub } from '../../src/ops/arithmetic.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { softmax, sum } from '../../src/ops/reductions.ts'
import { platform } from '../../src/platform/node.ts'
import { prepareGraph } from '../conformance/execute.ts'
import { randomFrom } from '../conformance/sample.ts'

let backend: Backend

beforeAll(async () => {
  const own = await createWebGpuBackend(await platform.gpu())
  backend = { ...own, target: { ...own.target, software: true } }
})

afterAll(async () => {
  await backend.idle()
  backend.dispose()
})

const SHAPES = { w: [96, 64], v: [128, 10], x: [70, 96], y: [70, 64], b: [1001], u: [128, 4], t: [4, 10], three: [3] }

/** Independent kernels: updates with products in registers and as rows, a map, row kernels, and three elements. */
const graph = () => {
  const leaves = Object.entries(SHAPES).map(([name, shape]) => parameter({ shape, dtype: 'float32' }, name))
  const [w, v, x, y, b, u, t, three] = leaves
  const wide = matmul(x!, y!, { transposeA: true })
  return graphOf(leaves, [
    sub(w!, mul(0.1, wide)),
    sub(v!, mul(0.1, matmul(u!, t!))),
    mul(add(b!, 1), b!),
    softmax(u!),
    sum(y!, 0),
    mul(three!, three!),
  ])
}

test('walking through a dispatch gives the bits of one dispatch per kernel, also in place and again', async () => {
  const random = randomFrom('packing')
  const values = Object.values(SHAPES).map((shape): HostArray => {
    return { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, () => random() - 0.5) }
  })
  const donations = [0, null, 4, null, null, null]
  const results: HostArray[][] = []
  const counts: number[] = []
  for (const pack of [true, false]) {
    const prepared = await prepareGraph({ ...backend, target: { ...backend.target, pack } }, graph(), { donations })
    await prepared.call(values, [[], []])
    results.push(
      await prepared.call(
        values.map(() => null),
        [[]],
      ),
    )
    const sources = prepared.program.dispatches.map((dispatch) => printDispatch(dispatch, prepared.program).source)
    expect(sources.some((source) => source.includes('id += '))).toBe(pack)
    counts.push(sources.length)
    prepared.dispose()
  }
  expect(counts[0]).toBeLessThan(counts[1]! / 2)
  expect(results[0]).toEqual(results[1])
})
