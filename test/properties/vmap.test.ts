// vmap(f) is f of every example, stacked: for a table with every kind of primitive, for random functions, nested, of gradients, and
// under gradients. All in float64, by the references.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { vmap } from '../../src/autodiff/vmap.ts'
import type { DType } from '../../src/core/dtype.ts'
import type { Shape } from '../../src/core/shape.ts'
import { isFloating } from '../../src/core/dtype.ts'
import { parameter, type ReferenceArray, type Tensor } from '../../src/ir/tensor.ts'
import * as ops from '../../src/ops/index.ts'
import { printProgram, type Range } from '../fuzz/program.ts'
import { bind, differenceIn, examplesOf, randomFunction, type RandomFunction, valuesOf } from './functions.ts'

const EXAMPLES = 3

type Fn = (...inputs: Tensor[]) => Tensor
const real = (...shape: number[]): RandomFunction['inputs'][number] => ({ kind: 'input', aval: { shape, dtype: 'float32' }, range: { kind: 'real' } }) // prettier-ignore
const below = (count: number, ...shape: number[]): RandomFunction['inputs'][number] => ({ kind: 'input', aval: { shape, dtype: 'int32' }, range: { kind: 'integer', below: count } }) // prettier-ignore

/** Functions of single examples, by the kind of primitive that they stand for. */
const TABLE: Readonly<Record<string, readonly [Fn, ...RandomFunction['inputs']]>> = {
  map: [(x, y) => ops.mul(ops.tanh(x!), ops.add(y!, 1)), real(2, 3), real(2, 3)],
  'map with a captured constant': [(x) => ops.add(x!, ops.arange(3)), real(2, 3)],
  'map with a select': [(x, y) => ops.where(ops.greater(x!, 0), x!, ops.neg(y!)), real(4), real(4)],
  broadcast: [(x, y) => ops.add(x!, y!), real(2, 3), real(3)],
  scalar: [(x) => ops.exp(ops.neg(ops.square(x!))), real()],
  'view: reshape and transpose': [(x) => ops.transpose(ops.reshape(x!, [3, 2])), real(2, 3)],
  'view: slice, pad and flip': [(x) => ops.pad(ops.flip(ops.slice(x!, [1, 0], [4, 3], [2, 1]), 0), [[1, 0], [0, 2]]), real(4, 3)], // prettier-ignore
  reduce: [(x) => ops.sum(x!, 1), real(2, 5)],
  'reduce all': [(x) => ops.max(x!), real(2, 5)],
  argMax: [(x) => ops.argMax(x!, 0), real(4, 3)],
  softmax: [(x) => ops.softmax(x!), real(2, 5)],
  'contraction, both batched': [(x, y) => ops.matmul(x!, y!), real(2, 3), real(3, 4)],
  'contraction of a vector': [(x, y) => ops.matmul(x!, y!), real(3), real(3, 2)],
  'contraction with a batch': [(x, y) => ops.matmul(x!, y!, { transposeB: true }), real(2, 3, 4), real(2, 5, 4)],
  gather: [(x, i) => ops.gather(x!, i!), real(5, 2), below(5, 3)],
  'gather of a scalar position': [(x, i) => ops.gather(x!, i!), real(5, 2), below(5)],
  scatterAdd: [(x, i) => ops.scatterAdd(i!, x!, 4), real(3, 2), below(3, 3)],
  dynamicSlice: [(x, i) => ops.dynamicSlice(x!, i!, 2), real(5, 2), below(5)],
  concat: [(x, y) => ops.concat([x!, y!], 0), real(2, 3), real(1, 3)],
  cumsum: [(x) => ops.cumsum(x!, 0), real(4, 2)],
  cumprod: [(x) => ops.cumprod(x!, -1, { reverse: true }), real(2, 4)],
  cummax: [(x) => ops.cummax(x!), real(5)],
  sort: [(x) => ops.sort(x!), real(2, 5)],
  argsort: [(x) => ops.argsort(x!, 0), real(5, 2)],
  einsum: [(x, y) => ops.einsum('ij,kj->ik', x!, y!), real(2, 3), real(4, 3)],
  convolution: [(x, k) => ops.conv2d(x!, k!, { padding: 'same' }), real(2, 4, 4, 2), real(3, 3, 2, 3)],
  'max pool': [(x) => ops.maxPool2d(x!, 2), real(1, 4, 4, 2)],
  'average pool': [(x) => ops.avgPool2d(x!, 2), real(1, 4, 4, 2)],
}

const stackOf = (examples: readonly ReferenceArray[]): ReferenceArray => ({
  shape: [examples.length, ...examples[0]!.shape],
  dtype: examples[0]!.dtype,
  data: Float64Array.from(examples.flatMap(({ data }) => [...data])),
})

/** The results of `fn` for every example of the batches, stacked. */
function oneByOne(fn: (...inputs: Tensor[]) => Tensor[], batches: readonly ReferenceArray[]): ReferenceArray[] {
  const results = Array.from({ length: EXAMPLES }, (_, example) => {
    const values = batches.map((batch) => examplesOf(batch)[example]!)
    const tensors = values.map(({ shape, dtype }, i) => parameter({ shape, dtype }, `example ${i}`))
    return valuesOf(fn(...tensors), { bindings: new Map(tensors.map((tensor, i) => [tensor, values[i]!])) })
  })
  return results[0]!.map((_, output) => stackOf(results.map((result) => result[output]!)))
}

/** What differs between vmap(fn) and `fn` of every example, per output. */
function differences(
  fn: (...inputs: Tensor[]) => Tensor[],
  inputs: RandomFunction['inputs'],
  text: string,
): (string | null)[] {
  const { tensors, bindings } = bind(inputs, text, [EXAMPLES])
  const expected = oneByOne(fn, tensors.map((tensor) => bindings.get(tensor)!)) // prettier-ignore
  const got = valuesOf(vmap(fn)(...tensors), { bindings })
  return got.map((value, i) => differenceIn(value, expected[i]!))
}

/** The gradient of the sum of squares by all float inputs. */
const gradientOf =
  (fn: Fn) =>
  (...inputs: Tensor[]): Tensor[] => {
    const floats = inputs.flatMap(({ dtype }, i) => (isFloating(dtype) ? [i] : []))
    const loss = (...args: Tensor[]): Tensor => ops.sum(ops.square(fn(...args)))
    const found: unknown = grad(loss as (...args: Tensor[]) => Tensor, { argnums: floats })(...inputs)
    return found as Tensor[]
  }

describe('vmap of f is f of every example', () => {
  test.each(Object.entries(TABLE))('%s', (name, [fn, ...inputs]) => {
    expect(differences((...given) => [fn(...given)], inputs, name)).toEqual([null])
  })
})

describe('vmap of a gradient is the gradient of every example', () => {
  const differentiable = Object.entries(TABLE).filter(([name]) => !name.startsWith('arg'))
  test.each(differentiable)('%s', (name, [fn, ...inputs]) => {
    const found = differences(gradientOf(fn), inputs, name)
    expect(found.length).toBeGreaterThan(0)
    expect(found).toEqual(found.map(() => null))
  })
})

describe('the gradient through vmap is that of the sum over examples', () => {
  const differentiable = Object.entries(TABLE).filter(([name]) => !name.startsWith('arg'))
  test.each(differentiable)('%s', (name, [fn, ...inputs]) => {
    const { tensors, bindings } = bind(inputs, name, [EXAMPLES])
    const expected = oneByOne(gradientOf(fn), tensors.map((tensor) => bindings.get(tensor)!)) // prettier-ignore
    const got = valuesOf(gradientOf(vmap(fn) as Fn)(...tensors), { bindings })
    got.forEach((value, i) => expect(differenceIn(value, expected[i]!)).toBeNull())
  })
})

describe('nested vmap is f of every example of every batch', () => {
  test.each(Object.entries(TABLE))('%s', (name, [fn, ...inputs]) => {
    const batched = inputs.map((input) => ({
      ...input,
      aval: { ...input.aval, shape: [EXAMPLES, ...input.aval.shape] },
    }))
    const once = (...given: Tensor[]): Tensor[] => [fn(...given)]
    const { tensors, bindings } = bind(batched, name, [EXAMPLES])
    const rows = tensors.map((tensor) => examplesOf(bindings.get(tensor)!))
    const expected = stackOf(Array.from({ length: EXAMPLES }, (_, i) => oneByOne(once, rows.map((row) => row[i]!))[0]!)) // prettier-ignore
    const [got] = valuesOf(vmap(vmap(once))(...tensors), { bindings })
    expect(differenceIn(got!, expected)).toBeNull()
  })
})

test('random functions', () => {
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      const { call, inputs, program } = randomFunction(`vmap/${seed}`, { operations: 12 })
      if (inputs.length === 0) return
      const found = differences(call, inputs, `vmap ${seed}`)
      expect(found, printProgram(program)).toEqual(found.map(() => null))
    }),
    { numRuns: 100, seed: 20240607, endOnFailure: true },
  )
})

const leaf = (shape: Shape, dtype: DType = 'float32', range: Range = { kind: 'real' }): RandomFunction['inputs'][number] => ({ kind: 'input', aval: { shape, dtype }, range }) // prettier-ignore

test('inAxes chooses the batch axis, null shares an argument, outAxes places the result', () => {
  const { tensors, bindings } = bind([leaf([2, EXAMPLES, 4]), leaf([4, 5])], 'axes')
  const [x, w] = [tensors[0]!, tensors[1]!]
  const [got, expected] = valuesOf(
    [
      vmap((a: Tensor, b: Tensor) => ops.matmul(a, b), { inAxes: [1, null], outAxes: 2 })(x, w),
      ops.transpose(ops.matmul(ops.transpose(x, [1, 0, 2]), w), [1, 2, 0]),
    ],
    { bindings },
  )
  expect(got!.shape).toEqual([2, 5, EXAMPLES])
  expect(differenceIn(got!, expected!)).toBeNull()
})
