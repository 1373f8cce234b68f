// A page that is not cross-origin isolated: memory that is not shared, of which every view is gone when it grows; one thread.

import { afterEach, expect, test, vi } from 'vitest'
import type { HostArray } from '../../../src/core/hostArray.ts'
import { graphOf } from '../../../src/ir/graph.ts'
import { parameter } from '../../../src/ir/tensor.ts'
import { add, mul } from '../../../src/ops/arithmetic.ts'
import { matmul } from '../../../src/ops/linalg.ts'
import { prepareGraph } from '../../conformance/execute.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('programs go on when the memory has grown, those of JavaScript too', async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined)
  vi.resetModules() // a memory of its own, not the one that other devices of this process share
  const { createCpuBackend } = await import('../../../src/backend/cpu/cpu.ts')
  const backend = createCpuBackend()
  expect(backend.info).toMatchObject({ threads: 1, simd: true })
  const shape = [40, 40]
  const single = parameter({ shape, dtype: 'float32' }, 'single')
  const double = parameter({ shape, dtype: 'float64' }, 'double')
  const graph = graphOf([single, double], [add(matmul(single, single), single), mul(double, double)])
  const prepared = await prepareGraph(backend, graph)
  const data = Float32Array.from({ length: 1600 }, (_, i) => (i % 13) - 6)
  const values: HostArray[] = [
    { shape, dtype: 'float32', data },
    { shape, dtype: 'float64', data: Float64Array.from(data) },
  ]
  const before = await prepared.call(values, [[]])
  const large = backend.allocate(64 * 2 ** 20)
  const after = await prepared.call([null, null], [[]])
  expect(after).toEqual(before)
  expect(after[1]!.data[1]).toBe(25)
  const sum = Array.from({ length: 40 }, (_, k) => data[k]! * data[40 * k]!).reduce((a, b) => a + b, data[0]!)
  expect(after[0]!.data[0]).toBe(sum)
  backend.free(large)
  prepared.dispose()
  backend.dispose()
})
