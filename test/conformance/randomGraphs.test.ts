// Random graphs over small matrices, with random outputs and random donated state, in random modes: whatever fuse, schedule and
// the memory plan do with them, every call agrees with the reference, and every program passes verify.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add, greater, mul, neg, sub, where } from '../../src/ops/arithmetic.ts'
import { relu } from '../../src/ops/activations.ts'
import { tanh } from '../../src/ops/elementary.ts'
import { argMax, max, mean, softmax } from '../../src/ops/reductions.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { broadcastTo, flip, pad, reshape, slice, transpose } from '../../src/ops/shaping.ts'
import { gather } from '../../src/ops/gathering.ts'
import { type Composite, compositeDifference, MODES } from './composite.ts'
import { cpuBackends } from './forward.ts'
import { uniform } from './sample.ts'

const { cpu, webgpuOnCpu } = cpuBackends()
const SIZE = 4

/** Operations on [4, 4] tensors that keep to [-2, 2]; `leaf` decides what must not depend on rounding. */
const OPERATIONS: readonly ((x: Tensor, y: Tensor, leaf: Tensor) => Tensor)[] = [
  (x, y) => mul(add(x, y), 0.5),
  (x, y) => tanh(sub(x, y)),
  (x, y) => mul(x, tanh(y)),
  (x, y) => tanh(matmul(x, y)),
  (x, y) => mul(matmul(x, y, { transposeA: true }), 0.1),
  (x, y) => mul(matmul(tanh(x), y, { transposeB: true }), 0.1),
  (x) => transpose(x),
  (x) => flip(x, 1),
  (x) => relu(x),
  (x) => neg(tanh(x)),
  (x) => softmax(x),
  (x) => tanh(sub(x, max(x, 0, true))),
  (x, y) => mul(add(x, broadcastTo(mean(y, 1, true), [SIZE, SIZE])), 0.5),
  (x, y) => mul(x, mean(y)),
  (x, y, leaf) => where(greater(leaf, 0), x, y),
  (x) => pad(slice(x, [1, 0], [SIZE, 3]), [[0, 1], [1, 0]]), // prettier-ignore
  (x) => reshape(transpose(reshape(x, [2, SIZE * 2])), [SIZE, SIZE]),
  (x, _, leaf) => gather(x, argMax(leaf, 1)),
]

/** Errors of float32 arithmetic on values of about 1, which cancel here and there. */
const BOUNDED = { relative: 1e-4, ofGreatest: 1e-5, absolute: 2e-5 }

const graphs = fc.record({
  inputs: fc.integer({ min: 1, max: 4 }),
  nodes: fc.array(fc.record({ operation: fc.nat(), x: fc.nat(), y: fc.nat() }), { minLength: 1, maxLength: 14 }),
  outputs: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
  donated: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  mode: fc.constantFrom(...MODES),
})

test('random graphs agree with the reference', async () => {
  const check = fc.asyncProperty(graphs, async ({ inputs, nodes, outputs, donated, mode }) => {
    const free = Array.from({ length: inputs }, (_, i) => i)
    const state = outputs.map((_, i) => (donated[i] ? (free.shift() ?? null) : null))
    const composite: Composite = {
      name: 'random',
      // the last input is never state, whose values may vanish
      inputs: Array.from({ length: inputs + 1 }, () => uniform([SIZE, SIZE], -1, 1)),
      build: (leaves) => {
        const tensors = [...leaves]
        for (const { operation, x, y } of nodes) {
          tensors.push(
            OPERATIONS[operation % OPERATIONS.length]!(
              tensors[x % tensors.length]!,
              tensors[y % tensors.length]!,
              leaves.at(-1)!,
            ),
          )
        }
        return outputs.map((output) => tensors[tensors.length - 1 - (output % tensors.length)]!)
      },
      state,
    }
    const backend = nodes.length % 2 === 0 ? cpu : webgpuOnCpu
    expect(await compositeDifference(backend, composite, mode, BOUNDED)).toBeNull()
  })
  await fc.assert(check, { numRuns: 250, seed: 20240607 })
})
