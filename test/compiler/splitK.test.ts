// Long sums of few results in slices: which kernels come out, and that they compute the same as the unsplit program, replayed with
// changing arguments and with state updated in place. The CPU runs the programs; test/dawn/conformance.test.ts runs them on a device.

import { describe, expect, test } from 'vitest'
import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import type { Target } from '../../src/compiler/target.ts'
import { verifyProgram } from '../../src/compiler/verify.ts'
import { grad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { conv2d } from '../../src/ops/convolution.ts'
import { relu } from '../../src/ops/activations.ts'
import { add, mul, sub } from '../../src/ops/arithmetic.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { max, mean, sum } from '../../src/ops/reductions.ts'
import { reshape, slice } from '../../src/ops/shaping.ts'
import { compositeDifference, MODES } from '../conformance/composite.ts'
import { WEBGPU_LIKE } from '../conformance/forward.ts'
import { LONG_COMPOSITES, LONG_SUMS_ON_SOFTWARE } from '../conformance/longComposites.ts'
import { programOf, type Source, summaryOf } from './programs.ts'

const hardware: Target = { ...WEBGPU_LIKE, software: false }
const backend = createCpuBackend({ target: hardware, poison: true })

const wgrad = (k: number, m = 128, n = 10): Source => ({
  parameters: { x: [k, m], dy: [k, n], w: [m, n], rate: [] },
  kinds: { rate: 'argument' },
  build: ({ x, dy, w, rate }) => [sub(w!, mul(rate!, matmul(x!, dy!, { transposeA: true })))],
  state: ['w'],
})

test('a weight gradient over many samples is summed in slices, and the update waits for all of them', () => {
  const program = programOf(wgrad(8192), hardware)
  verifyProgram(program)
  expect(summaryOf(program)).toMatchInlineSnapshot(`
    "0: contraction 32 x [128, 256] x [256, 10] -> slot 0: float32[32, 1280]
    1: loop 1280 -> w': float32[128, 10]"
  `)
})

test('a length that does not divide is cut into slices that reach past its end', () => {
  expect(summaryOf(programOf(wgrad(2051), hardware))).toMatchInlineSnapshot(`
    "0: contraction 15 x [128, 144] x [144, 10] -> slot 0: float32[15, 1280]
    1: loop 1280 -> w': float32[128, 10]"
  `)
})

test('software cuts the longest sums of the fewest results, those of convolutions between images', () => {
  expect(summaryOf(programOf(wgrad(16400, 16, 12), {}))).toMatchInlineSnapshot(`
    "0: contraction 10 x [16, 1640] x [1640, 12] -> slot 0: float32[10, 192]
    1: loop 192 -> w': float32[16, 12]"
  `)
  const convolution: Source = {
    parameters: { x: [22, 28, 28, 1], dy: [22, 28, 28, 4], w: [3, 3, 1, 4] },
    build: ({ x, dy, w }) => [grad((kernel: Tensor) => sum(mul(dy!, conv2d(x!, kernel, { padding: 'same' }))))(w!)],
  }
  const kernels = programOf(convolution).dispatches.flatMap((dispatch) => dispatch.kernels)
  expect(kernels.map((kernel) => (kernel.kind === 'contraction' ? kernel.kAxes : null))).toEqual([[2, 28, 28], null])
})

test('outputs of many tiles, short sums and all but the longest on software adapters are left alone', () => {
  const dispatches = (source: Source, target: Partial<Target>): number => programOf(source, target).dispatches.length
  expect(dispatches(wgrad(8192), hardware)).toBe(2)
  expect(dispatches(wgrad(8192), { ...hardware, busyGroups: 4 })).toBe(1)
  expect(dispatches(wgrad(8192, 1024, 1024), hardware)).toBe(1)
  expect(dispatches(wgrad(512), hardware)).toBe(1)
  expect(dispatches(wgrad(8192), {})).toBe(1)
})

test('a kernel that would have to bind one buffer more than there is stays whole', () => {
  // the sum is scaled by an element of what it sums, so that the last kernel reads x beside the partial sums
  const scaled: Source = {
    parameters: { x: [2, 8192] },
    build: ({ x }) => [mul(sum(x!, -1), reshape(slice(x!, [0, 0], [2, 1]), [2]))],
  }
  expect(programOf(scaled, { ...hardware, maxBindings: 3 }).dispatches).toHaveLength(2)
  expect(programOf(scaled, { ...hardware, maxBindings: 2 }).dispatches).toHaveLength(1)
})

test('a reduction of a large tensor takes two kernels, one within another takes four', () => {
  const total: Source = { parameters: { x: [1_000_000] }, build: ({ x }) => [sum(relu(x!))] }
  expect(summaryOf(programOf(total, hardware))).toMatchInlineSnapshot(`
    "0: loop 160 -> slot 0: float32[1, 160]
    1: loop 1 -> output 0: float32[]"
  `)
  const nested: Source = { parameters: { x: [65536] }, build: ({ x }) => [max(mul(sub(x!, mean(x!)), add(x!, 1)))] }
  expect(summaryOf(programOf(nested, hardware))).toMatchInlineSnapshot(`
    "0: loop 64 -> slot 0: float32[1, 64]
    1: loop 1 -> slot 1: float32[]
    2: loop 64 -> slot 0: float32[1, 64]
    3: loop 1 -> output 0: float32[]"
  `)
})

const software = createCpuBackend({ target: WEBGPU_LIKE, poison: true })

const modes = MODES.filter(({ name }) =>
  ['not fused', 'fused', 'fused, state donated in an arena', 'fused, three steps at once'].includes(name),
)

describe.each(modes)('in the mode $name', (mode) => {
  const cases = [
    ...LONG_COMPOSITES.map((composite) => ({ name: composite.name, composite, on: backend })),
    ...LONG_SUMS_ON_SOFTWARE.map((composite) => ({ name: `on software, ${composite.name}`, composite, on: software })),
  ]
  test.each(cases)('$name', async ({ composite, on }) => {
    const difference = await compositeDifference(on, composite, mode)
    expect(difference, `${difference}`).toBeNull()
  })
})
