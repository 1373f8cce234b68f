// Kernels that differ in nothing but what they are given are one function; those that differ in a type or an operation are not.

import { expect, test } from 'vitest'
import { createCpuBackend } from '../../../src/backend/cpu/cpu.ts'
import { compileKernels } from '../../../src/backend/cpu/kernels.ts'
import { commonHeap } from '../../../src/backend/cpu/wasm/heap.ts'
import { wasmSupport } from '../../../src/backend/cpu/wasm/module.ts'
import type { HostArray } from '../../../src/core/hostArray.ts'
import { graphOf } from '../../../src/ir/graph.ts'
import { parameter } from '../../../src/ir/tensor.ts'
import { add, mul } from '../../../src/ops/arithmetic.ts'
import { sum } from '../../../src/ops/reductions.ts'
import { prepareGraph } from '../../conformance/execute.ts'

const SHAPE = [16]
const floats = (from: number): HostArray => ({ shape: SHAPE, dtype: 'float32', data: Float32Array.from({ length: 16 }, (_, i) => from + i / 2) }) // prettier-ignore
const integers = (from: number): HostArray => ({ shape: SHAPE, dtype: 'int32', data: Int32Array.from({ length: 16 }, (_, i) => from + 3 * i) }) // prettier-ignore

test('sums of floats and of integers, and products, in one program', async () => {
  const values = [floats(1), floats(-2), integers(100), integers(-7), floats(5), floats(0.25)]
  const [a, b, c, d, e, f] = values.map(({ shape, dtype }, i) => parameter({ shape, dtype }, `x${i}`))
  const graph = graphOf(
    [a!, b!, c!, d!, e!, f!],
    [add(a!, b!), add(c!, d!), add(e!, f!), mul(a!, e!), sum(c!), sum(a!)],
  )
  const backend = createCpuBackend()
  const prepared = await prepareGraph(backend, graph, { fuse: { epilogues: false, rows: false } })
  const got = (await prepared.call(values, [[]])).map(({ data }) => Array.from(data))
  const [x, y, z, u, v, w] = values.map(({ data }) => Array.from(data))
  const total = (list: readonly number[]): number[] => [list.reduce((p, q) => p + q, 0)]
  expect(got).toEqual([
    x!.map((value, i) => value + y![i]!),
    z!.map((value, i) => value + u![i]!),
    v!.map((value, i) => value + w![i]!),
    x!.map((value, i) => value * v![i]!),
    total(z!),
    total(x!),
  ])
  const { kernels } = await compileKernels(prepared.program, 1, { support: wasmSupport()!, heap: commonHeap()! })
  const functions = new Set(kernels.map(({ shared }) => shared.text))
  expect(functions.size).toBe(kernels.length - 1) // the two sums of floats are one
  prepared.dispose()
})
