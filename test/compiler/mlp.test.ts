// The step that matters most, 784-128-10 with ReLU, softmax cross-entropy and SGD, compiled: few kernels, each with a reason.

import { expect, test } from 'vitest'
import { valueAndGrad } from '../../src/autodiff/vjp.ts'
import { verifyProgram } from '../../src/compiler/verify.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add, cast, div, mul, neg, sub } from '../../src/ops/arithmetic.ts'
import { relu } from '../../src/ops/activations.ts'
import { logSoftmax, mean, sum } from '../../src/ops/reductions.ts'
import { slice } from '../../src/ops/slicing.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { oneHot } from '../../src/ops/creation.ts'
import { dynamicSlice, gather } from '../../src/ops/gathering.ts'
import { FUSE_ALL } from '../../src/compiler/fuse.ts'
import { programOf, type Source, summaryOf } from './programs.ts'

type Params = readonly [Tensor, Tensor, Tensor, Tensor]

const mlp: Source = {
  parameters: { w1: [784, 128], b1: [128], w2: [128, 10], b2: [10], x: [64, 784], labels: [64], rate: [] },
  kinds: { labels: 'int32', rate: 'argument' },
  build: ({ w1, b1, w2, b2, x, labels, rate }) => {
    const loss = ([v1, c1, v2, c2]: Params): Tensor => {
      const logits = add(matmul(relu(add(matmul(x!, v1), c1)), v2), c2)
      return mean(neg(sum(mul(oneHot(labels!, 10), logSoftmax(logits)), -1)))
    }
    const params: Params = [w1!, b1!, w2!, b2!]
    const [value, gradients] = valueAndGrad(loss)(params)
    return [...params.map((p, i) => sub(p, mul(rate!, gradients[i]!))), value]
  },
  state: ['w1', 'b1', 'w2', 'b2', null],
  ring: [false, false, false, false, true],
  arena: ['w1', 'b1', 'w2', 'b2'],
}

test('the training step is three dispatches: forward, the rows of the loss, and all updates', () => {
  const program = programOf(mlp, { software: false })
  verifyProgram(program)
  expect(summaryOf(program)).toMatchInlineSnapshot(`
    "0: contraction [64, 784] x [784, 128] -> slot 0: float32[64, 128]
    1: rows 64 (inner 10, 128) -> slot 1: float32[64, 10], slot 2: float32[64, 128], slot 3: float32[64]
    2: contraction [784, 64] x [64, 128] -> w1': float32[784, 128]
    2: loop 128 -> b1': float32[128]
    2: contraction [128, 64] x [64, 10] -> w2': float32[128, 10]
    2: loop 10 -> b2': float32[10]
    2: loop 1 -> ring 0: float32[]"
  `)
})

test('a software adapter gets the same dispatches: a few workgroups walk through the kernels of each', () => {
  const program = programOf(mlp, { software: true })
  verifyProgram(program)
  expect(summaryOf(program)).toBe(summaryOf(programOf(mlp, { software: false })))
})

test('updates of state do not keep the rows of a batch of one apart', () => {
  for (const software of [false, true]) {
    const program = programOf({ ...mlp, parameters: { ...mlp.parameters, x: [1, 784], labels: [1] } }, { software })
    verifyProgram(program)
    expect(program.dispatches).toHaveLength(3)
    // a bias gradient over one sample is the gradient of what the bias was added to: stored once
    expect(program.slots).toHaveLength(3)
  }
})

test('a small batch of bytes is gathered and converted by the products that read it, a larger one in a dispatch of its own', () => {
  const bytes = (count: number): number => {
    const source: Source = {
      ...mlp,
      parameters: { ...mlp.parameters, x: [256, 784], labels: [256], order: [256], cursor: [] },
      kinds: { ...mlp.kinds, x: 'uint8', order: 'int32', cursor: 'cursor' },
      build: (given) => {
        const taken = dynamicSlice(given.order!, given.cursor!, count)
        const x = div(cast(gather(given.x!, taken), 'float32'), 255)
        return mlp.build({ ...given, x, labels: gather(given.labels!, taken) })
      },
    }
    const program = programOf(source, { software: true, fuse: { ...FUSE_ALL, bytes: 8 * 784 } })
    verifyProgram(program)
    return program.dispatches.length
  }
  expect([1, 2, 4, 8].map(bytes)).toEqual([3, 3, 3, 3])
  expect(bytes(9)).toBe(4)
})

test('an output layer joins the rows of the loss until tiles would gain more than its dispatch costs', () => {
  const kernelsAt = (batch: number): string[] => {
    const program = programOf({ ...mlp, parameters: { ...mlp.parameters, x: [batch, 784], labels: [batch] } })
    verifyProgram(program)
    return program.dispatches.flatMap(({ kernels }) => kernels.map(({ kind }) => kind))
  }
  expect(kernelsAt(8192).filter((kind) => kind === 'contraction')).toHaveLength(3)
  expect(kernelsAt(16384).filter((kind) => kind === 'contraction')).toHaveLength(5)
})

test('on a software adapter kernels whose code costs more than a dispatch are not packed', () => {
  const long: Source = {
    parameters: { a: [64, 200], b: [64, 200] },
    build: (of) =>
      ['a', 'b'].map((name) =>
        Array.from({ length: 60 }, (_, i) => slice(of[name]!, [0, i], [64, i + 100])).reduce((total, one) =>
          add(total, one),
        ),
      ),
  }
  expect(programOf(long, { software: false }).dispatches).toHaveLength(1)
  expect(programOf(long, { software: true }).dispatches.length).toBeGreaterThan(1)
})

test('without fusion the same step takes many more kernels', () => {
  const program = programOf(mlp, { fuse: { epilogues: false, rows: false }, pack: false })
  verifyProgram(program)
  expect(program.dispatches.length).toBeGreaterThan(3 * programOf(mlp).dispatches.length)
})

test('a target without packing runs one kernel per dispatch, in the same order', () => {
  const packed = programOf(mlp)
  const single = programOf(mlp, { pack: false })
  verifyProgram(single)
  expect(single.dispatches.every(({ kernels }) => kernels.length === 1)).toBe(true)
  expect(single.dispatches).toHaveLength(packed.dispatches.flatMap(({ kernels }) => kernels).length)
})

test('the forward pass alone is one contraction with bias and ReLU, and one kernel for the logits', () => {
  const forward: Source = {
    parameters: { w1: [784, 128], b1: [128], w2: [128, 10], b2: [10], x: [64, 784] },
    build: ({ w1, b1, w2, b2, x }) => [add(matmul(relu(add(matmul(x!, w1!), b1!)), w2!), b2!)],
  }
  expect(summaryOf(programOf(forward))).toMatchInlineSnapshot(`
    "0: contraction [64, 784] x [784, 128] -> slot 0: float32[64, 128]
    1: contraction [64, 128] x [128, 10] -> output 0: float32[64, 10]"
  `)
})
