// What gets memory: chains that read a tensor at several coordinates do not multiply their expressions, costly values that are
// repeated are computed once, cheap ones are not stored, and results stay what they are.

import { expect, test } from 'vitest'
import { fuse } from '../../src/compiler/fuse.ts'
import { rootsOf } from '../../src/compiler/kernel.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { loadsOf } from '../../src/ir/substitute.ts'
import { parameter, type Tensor } from '../../src/ir/tensor.ts'
import { add, broadcastTo, cumsum, exp, mul, pad, slice, sqrt, sum } from '../../src/ops/index.ts'
import { compositeDifference, MODES } from '../conformance/composite.ts'
import { cpuBackends } from '../conformance/forward.ts'
import { uniform } from '../conformance/sample.ts'

const { cpu, webgpuOnCpu } = cpuBackends()
const input = (shape: readonly number[]): Tensor => parameter({ shape, dtype: 'float32' }, 'x')

/** Running products by doubling: every level reads the one before at two coordinates. */
function doubling(x: Tensor, length: number): Tensor {
  let product = x
  for (let shift = 1; shift < length; shift *= 2) {
    product = mul(product, pad(slice(product, [0], [length - shift]), [[shift, 0]], 1))
  }
  return product
}

test('a chain of ten levels that each read the one before twice keeps its expressions short', () => {
  const x = input([1024])
  const kernels = fuse(graphOf([x], [doubling(x, 1024)]), new Map())
  expect(kernels.length).toBeGreaterThan(2)
  expect(kernels.length).toBeLessThanOrEqual(10)
  for (const kernel of kernels) expect(loadsOf(rootsOf(kernel)).length).toBeLessThanOrEqual(16)
})

test.each(MODES.map((mode) => [mode.name, mode] as const))('such a chain is right, %s', async (_, mode) => {
  const composite = {
    name: 'running products',
    inputs: [uniform([300], 0.9, 1.1)],
    build: ([x]: readonly Tensor[]) => [doubling(x!, 300)],
  }
  for (const backend of [cpu, webgpuOnCpu]) expect(await compositeDifference(backend, composite, mode)).toBeNull()
})

test('a costly value that a broadcast repeats is computed once, a cheap one where it is needed', () => {
  const [x, scale] = [input([64, 128]), input([128])]
  const count = (value: Tensor): number => {
    const spread = broadcastTo(value, [64, 128])
    return fuse(graphOf([x, scale], [mul(x, spread)]), new Map()).length
  }
  expect(count(add(scale, 1))).toBe(1)
  expect(count(sqrt(add(exp(scale), 1)))).toBe(2)
})

test('what a reduction reads over and over is stored', () => {
  const w = input([64])
  // a running sum of 64 elements reads each of them 64 times
  expect(fuse(graphOf([w], [cumsum(mul(w, 3), 0)]), new Map()).length).toBe(2)
  expect(fuse(graphOf([w], [sum(mul(w, 3))]), new Map()).length).toBe(1)
})
