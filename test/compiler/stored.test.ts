// What gets memory: chains that read a tensor at several coordinates do not multiply their expressions, costly values that are
// repeated are computed once, cheap ones are not stored, and results stay what they are.

import { describe, expect, test } from 'vitest'
import { fuse } from '../../src/compiler/fuse.ts'
import { rootsOf } from '../../src/compiler/kernel.ts'
import { verifyProgram } from '../../src/compiler/verify.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { loadsOf } from '../../src/ir/substitute.ts'
import { parameter, type Tensor } from '../../src/ir/tensor.ts'
import {
  add,
  broadcastTo,
  cast,
  conv2d,
  cumsum,
  div,
  exp,
  gather,
  matmul,
  maxPool2d,
  mul,
  pad,
  slice,
  sqrt,
  sum,
} from '../../src/ops/index.ts'
import { compositeDifference, MODES } from '../conformance/composite.ts'
import { cpuBackends } from '../conformance/forward.ts'
import { uniform } from '../conformance/sample.ts'
import { programOf, type Source, summaryOf } from './programs.ts'

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

describe('bytes that products read', () => {
  const source: Source = {
    parameters: { bytes: [24, 96], order: [32], w: [96, 64] },
    kinds: { bytes: 'uint8', order: 'int32' },
    build: ({ bytes, order, w }) => [matmul(div(cast(gather(bytes!, order!), 'float32'), 255), w!)],
  }

  test('are converted where they are read, four from one load', () => {
    const program = programOf(source, { fuse: { epilogues: true, rows: true, bytes: Infinity } })
    verifyProgram(program)
    expect(program.slots).toEqual([])
  })

  test('are converted once and stored where that is not wanted, or where windows overlap', () => {
    expect(programOf(source, { fuse: { epilogues: true, rows: true } }).slots).toHaveLength(1)
    const windows: Source = {
      parameters: { bytes: [4, 64, 64, 1], kernel: [3, 3, 1, 8] },
      kinds: { bytes: 'uint8' },
      build: ({ bytes, kernel }) => [conv2d(div(cast(bytes!, 'float32'), 255), kernel!)],
    }
    expect(programOf(windows, { fuse: { epilogues: true, rows: true, bytes: Infinity } }).slots).toHaveLength(1)
  })
})

test('a pooled value is stored before a convolution reads it, since it looks up a position for each element', () => {
  const program = programOf({
    parameters: { x: [2, 64, 64, 4], kernel: [3, 3, 4, 8] },
    build: ({ x, kernel }) => [conv2d(maxPool2d(x!, 2), kernel!)],
  })
  verifyProgram(program)
  expect(summaryOf(program)).toMatchInlineSnapshot(`
    "0: loop 8192 -> slot 0: float32[2, 32, 32, 4]
    1: contraction [1800, 36] x [36, 8] -> output 0: float32[2, 30, 30, 8]"
  `)
})
