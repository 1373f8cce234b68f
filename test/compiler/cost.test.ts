// The cost model against counting: every index evaluated at every coordinate, and operation counts by hand.

import { describe, expect, test } from 'vitest'
import { costOf } from '../../src/compiler/cost.ts'
import { type Kernel, rootsOf } from '../../src/compiler/kernel.ts'
import { nodesOf } from '../../src/compiler/provenance.ts'
import type { Scalar, Variable } from '../../src/ir/scalar.ts'
import { visitScalars } from '../../src/ir/substitute.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import '../../src/fluent.ts'
import * as ops from '../../src/ops/index.ts'
import { programOf, type Source } from './programs.ts'

const kernelsOf = (source: Source): readonly Kernel[] => programOf(source).dispatches.flatMap(({ kernels }) => kernels)

const cost = (parameters: Source['parameters'], build: (...tensors: Tensor[]) => Tensor | readonly Tensor[]) => {
  const kernels = kernelsOf({
    parameters,
    build: (named) => [build(...Object.keys(parameters).map((name) => named[name]!))].flat(),
  })
  return { ...costOf(kernels), kernels }
}

/** The value of an int32 scalar without data; null where it loads some. */
function evaluate(scalar: Scalar, at: ReadonlyMap<number, number>): number {
  const go = (x: Scalar): number => evaluate(x, at)
  switch (scalar.op) {
    case 'const':
      return scalar.value
    case 'variable':
      return at.get(scalar.hash)!
    case 'affine':
      return scalar.terms.reduce((sum, { scalar: term, factor }) => sum + factor * go(term), scalar.constant)
    case 'quotient':
      return Math.floor(go(scalar.x) / scalar.by)
    case 'remainder':
      return ((go(scalar.x) % scalar.by) + scalar.by) % scalar.by
    case 'select':
      return go(scalar.condition) ? go(scalar.x) : go(scalar.y)
    case 'binary': {
      const [x, y] = [go(scalar.x), go(scalar.y)]
      if (scalar.fn === 'and') return x && y
      if (scalar.fn === 'ge') return Number(x >= y)
      if (scalar.fn === 'lt') return Number(x < y)
      if (scalar.fn === 'min') return Math.min(x, y)
      if (scalar.fn === 'max') return Math.max(x, y)
    }
  }
  throw new Error(`the counter does not know ${scalar.op}`)
}

/** Distinct elements that kernels load, by running every coordinate. */
function countLoads(kernels: readonly Kernel[]): number {
  const touched = new Map<number, Set<number>>()
  for (const kernel of kernels) {
    visitScalars(rootsOf(kernel), (node) => {
      if (node.op !== 'load') return
      const variables: Variable[] = []
      visitScalars([node.index], (part) => {
        if (part.op === 'variable') variables.push(part)
      })
      const seen = touched.get(node.source.id) ?? new Set<number>()
      touched.set(node.source.id, seen)
      const run = (rest: readonly Variable[], at: ReadonlyMap<number, number>): void => {
        const [first, ...others] = rest
        if (first === undefined) seen.add(evaluate(node.index, at))
        else for (let i = 0; i < first.extent; i++) run(others, new Map([...at, [first.hash, i]]))
      }
      run(variables, new Map())
    })
  }
  return [...touched.values()].reduce((sum, { size }) => sum + size, 0)
}

describe('bytes', () => {
  test.each<[string, Source['parameters'], (...tensors: Tensor[]) => Tensor]>([
    ['a matrix product', { a: [5, 7], b: [7, 8] }, (a, b) => ops.matmul(a, b)],
    ['a transposed operand', { a: [7, 5], b: [7, 8] }, (a, b) => ops.matmul(a, b, { transposeA: true })],
    ['a slice', { x: [6, 10] }, (x) => ops.slice(x, [1, 2], [3, 4]).mul(2)],
    ['a strided slice', { x: [40] }, (x) => ops.sum(ops.reshape(x, [10, 4]).slice([0, 0], [10, 3]))],
    ['a broadcast', { x: [4, 5], y: [5] }, (x, y) => x.mul(y)],
    ['a reshape of a transpose', { x: [4, 6] }, (x) => ops.reshape(ops.transpose(x), [24]).mul(2)],
    ['padding', { x: [3, 4] }, (x) => ops.pad(x, [[1, 1], [2, 0]]).mul(2)], // prettier-ignore
    ['windows that overlap', { x: [1, 9, 9, 2] }, (x) => ops.avgPool2d(x, 3, { strides: 1 })],
    ['windows that do not', { x: [1, 8, 8, 2] }, (x) => ops.avgPool2d(x, 2)],
    ['a convolution', { x: [2, 8, 8, 3], w: [3, 3, 3, 4] }, (x, w) => ops.conv2d(x, w)],
    [
      'strided windows over a part',
      { x: [2, 16, 16, 3], w: [3, 3, 3, 4] },
      (x, w) => ops.conv2d(x.slice([0, 4, 4, 0], [2, 9, 9, 3]), w, { strides: 2 }),
    ],
    ['a padded convolution', { x: [2, 8, 8, 3], w: [3, 3, 3, 4] }, (x, w) => ops.conv2d(x, w, { padding: 'same' })],
  ])('of %s are those of the distinct elements', (_, parameters, build) => {
    const { kernels, bytesRead, bytesWritten } = cost(parameters, build)
    expect(kernels).toHaveLength(1)
    expect(bytesRead).toBe(4 * countLoads(kernels))
    const stored = kernels.flatMap((kernel) => (kernel.kind === 'loop' ? kernel.stages.flatMap((s) => s.stores) : kernel.stores)) // prettier-ignore
    expect(bytesWritten).toBe(stored.reduce((sum, { target }) => sum + 4 * target.size, 0))
  })

  test('indices that are data read as many elements as there are indices, and never more than exist', () => {
    const gather = (rows: number) =>
      costOf(
        kernelsOf({
          parameters: { table: [100, 8], at: [rows] },
          kinds: { at: 'int32' },
          build: ({ table, at }) => [ops.mul(ops.gather(table!, at!), 2)],
        }),
      ).bytesRead
    expect(gather(5)).toBe(4 * (5 * 8 + 5))
    expect(gather(500)).toBe(4 * (100 * 8 + 500))
  })

  test('what several kernels of a dispatch read counts once', () => {
    const { kernels, bytesRead } = cost({ x: [6, 10] }, (x) => [ops.sum(x, 0), ops.sum(x, 1)])
    expect(kernels).toHaveLength(2)
    expect(bytesRead).toBe(4 * 60)
  })

  test('a byte is a byte, and a bool is a word', () => {
    const { bytesRead, bytesWritten } = cost({ x: [10] }, (x) => ops.greater(x, 1))
    expect([bytesRead, bytesWritten]).toEqual([40, 40])
  })
})

describe('FLOPs', () => {
  test('a product is 2 M N K, its epilogue counts once per element', () => {
    expect(cost({ a: [5, 7], b: [7, 8] }, (a, b) => ops.matmul(a, b)).flops).toBe(2 * 5 * 7 * 8)
    const dense = cost({ a: [5, 7], b: [7, 8], c: [8] }, (a, b, c) => ops.relu(ops.add(ops.matmul(a, b), c)))
    expect(dense.kernels).toHaveLength(1)
    expect(dense.flops).toBe(2 * 5 * 7 * 8 + 2 * 5 * 8)
  })

  test('a batched product and a convolution count all their sums', () => {
    expect(cost({ a: [3, 5, 7], b: [3, 7, 8] }, (a, b) => ops.matmul(a, b)).flops).toBe(2 * 3 * 5 * 7 * 8)
    const convolution = cost({ x: [2, 8, 8, 3], w: [3, 3, 3, 4] }, (x, w) => ops.conv2d(x, w))
    expect(convolution.flops).toBe(2 * (2 * 6 * 6) * 4 * (3 * 3 * 3))
  })

  test('an operand is computed once for each of its own elements', () => {
    expect(cost({ a: [8, 16], b: [16, 8] }, (a, b) => ops.matmul(ops.abs(a), b)).flops % (2 * 8 * 16 * 8)).toBe(8 * 16)
  })

  test('sums take one operation per element, and what does not depend on the inner coordinate is counted once', () => {
    expect(cost({ x: [6, 10] }, (x) => ops.sum(x, 1)).flops).toBe(60)
    expect(cost({ x: [6, 10], s: [6] }, (x, s) => ops.sum(ops.mul(x, ops.reshape(ops.exp(s), [6, 1])), 1)).flops).toBe(
      60 + 60 + 6,
    )
  })

  test('a value that is used several times is computed once', () => {
    const { flops } = cost({ x: [10] }, (x) => {
      const y = ops.exp(x)
      return ops.add(ops.mul(y, y), y)
    })
    expect(flops).toBe(3 * 10)
  })

  test('a row kernel counts what several of its stages use once', () => {
    // max, subtract, exp, sum and divide for every element
    const softmax = cost({ x: [6, 10] }, (x) => {
      const weights = ops.exp(ops.sub(x, ops.max(x, 1, true)))
      return ops.div(weights, ops.sum(weights, 1, true))
    })
    expect(softmax.kernels).toHaveLength(1)
    expect(softmax.flops).toBe(5 * 60)
  })

  test('integers, casts and selections are free', () => {
    const integers = kernelsOf({
      parameters: { i: [10] },
      kinds: { i: 'int32' },
      build: ({ i }) => [ops.add(ops.mul(i!, 3), 1)],
    })
    expect(costOf(integers).flops).toBe(0)
    expect(cost({ x: [10], y: [10] }, (x, y) => ops.where(ops.greater(x, 0), x, y)).flops).toBe(10)
  })
})

test('a kernel knows the nodes that it computes, and not those that it loads', () => {
  const { kernels } = cost({ a: [64, 128], b: [128, 64], c: [64] }, (a, b, c) =>
    ops.matmul(ops.relu(ops.add(ops.matmul(a, b), c)), b, { transposeB: true }),
  )
  const names = kernels.map((kernel) =>
    nodesOf(kernel).map(({ source }) => (source.kind === 'apply' ? source.primitive.name : '')),
  )
  expect(names).toHaveLength(2)
  expect(names[0]).toEqual(expect.arrayContaining(['matmul', 'add', 'relu']))
  expect(names[0]!.indexOf('matmul')).toBeLessThan(names[0]!.indexOf('relu'))
  expect(names[1]!.filter((name) => name === 'matmul')).toHaveLength(1)
  expect(names[1]).not.toContain('relu')
})
