// Laws of running sums and products, sorting and einsum, each against a naive implementation too.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReferenceArray, Tensor } from '../../src/ir/tensor.ts'
import * as ops from '../../src/ops/index.ts'
import { arrayOf, coordinatesOf, elementAt, inFloat64, numbers, onCpu, plain, shapes } from './arbitraries.ts'
import { differenceIn } from './functions.ts'

const RUNS = { numRuns: 80, seed: 20240607 }

/** An array with a chosen axis. */
const alongAxis = (options = {}): fc.Arbitrary<readonly [ReferenceArray, number]> =>
  shapes({ minRank: 1, ...options }).chain((shape) => fc.tuple(numbers(shape), fc.nat(shape.length - 1)))

/** The elements of the line through a coordinate along an axis, up to and with its own. */
const upTo = (x: ReferenceArray, at: readonly number[], axis: number): number[] =>
  Array.from({ length: at[axis]! + 1 }, (_, i) => elementAt(x, at.with(axis, i)))

const lineOf = (x: ReferenceArray, at: readonly number[], axis: number): number[] =>
  upTo(x, at.with(axis, x.shape[axis]! - 1), axis)

test('cumsum and cumprod are the sums and products up to each element', () => {
  const check = fc.property(alongAxis(), ([x, axis]) => {
    const sums = arrayOf(x.shape, (at) => upTo(x, at, axis).reduce((a, b) => a + b, 0))
    const products = arrayOf(x.shape, (at) => upTo(x, at, axis).reduce((a, b) => a * b, 1))
    expect(
      differenceIn(
        inFloat64((t) => ops.cumsum(t, axis), x),
        sums,
      ),
    ).toBeNull()
    expect(
      differenceIn(
        inFloat64((t) => ops.cumprod(t, axis), x),
        products,
      ),
    ).toBeNull()
  })
  fc.assert(check, RUNS)
})

test('inclusive is exclusive plus the element, reverse is the flip of the flip, and the last is the whole', () => {
  const check = fc.property(alongAxis({ empty: false }), ([x, axis]) => {
    const same = (f: (t: Tensor) => ReturnType<typeof ops.sum>, g: typeof f): void =>
      expect(
        differenceIn(
          inFloat64((t) => f(t), x),
          inFloat64((t) => g(t), x),
        ),
      ).toBeNull()
    same((t) => ops.cumsum(t, axis), (t) => ops.add(ops.cumsum(t, axis, { exclusive: true }), t)) // prettier-ignore
    same((t) => ops.cumprod(t, axis), (t) => ops.mul(ops.cumprod(t, axis, { exclusive: true }), t)) // prettier-ignore
    same((t) => ops.cumsum(t, axis, { reverse: true }), (t) => ops.flip(ops.cumsum(ops.flip(t, axis), axis), axis)) // prettier-ignore
    // what is before, the element, and what is after make the whole
    same((t) => ops.add(ops.cumsum(t, axis), ops.cumsum(t, axis, { reverse: true, exclusive: true })), (t) => ops.add(ops.sum(t, axis, true), ops.mul(t, 0))) // prettier-ignore
  })
  fc.assert(check, RUNS)
})

test('sort is the sorted permutation of every line, and argsort says where from', async () => {
  const check = fc.asyncProperty(alongAxis(), fc.boolean(), async ([x, axis], descending) => {
    const sorted = (at: readonly number[]): number[] => lineOf(x, at, axis).sort((a, b) => (descending ? b - a : a - b))
    const expected = arrayOf(x.shape, (at) => sorted(at)[at[axis]!]!)
    expect(plain(await onCpu((t) => ops.sort(t, axis, { descending }), x))).toEqual(plain(expected))
    const order = await onCpu((t) => ops.argsort(t, axis, { descending }), x)
    for (const at of coordinatesOf(x.shape)) {
      expect(elementAt(x, at.with(axis, elementAt(order, at)))).toBe(elementAt(expected, at))
    }
    // every position once; equal elements keep their order
    const positions = arrayOf(x.shape, (at) => lineOf(order, at, axis).sort((a, b) => a - b)[at[axis]!]!)
    expect(plain(positions)).toEqual(plain(arrayOf(x.shape, (at) => at[axis]!)))
    const before = (at: readonly number[]): number[] => at.with(axis, at[axis]! - 1)
    const ties = coordinatesOf(x.shape).filter((at) => at[axis]! > 0 && elementAt(expected, at) === elementAt(expected, before(at))) // prettier-ignore
    for (const at of ties) expect(elementAt(order, at)).toBeGreaterThan(elementAt(order, before(at)))
  })
  await fc.assert(check, RUNS)
})

test('cummax and cummin are monotone and reach the extreme', async () => {
  const check = fc.asyncProperty(alongAxis(), async ([x, axis]) => {
    const greatest = arrayOf(x.shape, (at) => Math.max(...upTo(x, at, axis)))
    const least = arrayOf(x.shape, (at) => Math.min(...upTo(x, at, axis)))
    expect(plain(await onCpu((t) => ops.cummax(t, axis), x))).toEqual(plain(greatest))
    expect(plain(await onCpu((t) => ops.cummin(t, axis), x))).toEqual(plain(least))
  })
  await fc.assert(check, RUNS)
})

/** An equation over the letters a to e, with an extent for each of them. */
const equations = fc
  .record({
    extents: fc.tuple(...Array.from({ length: 5 }, () => fc.integer({ min: 1, max: 4 }))),
    operands: fc.array(fc.array(fc.constantFrom(...'abcde'), { maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    kept: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    reversed: fc.boolean(),
  })
  .chain(({ extents, operands, kept, reversed }) => {
    const letters = [...new Set(operands.flat())].sort()
    const chosen = letters.filter((_, i) => kept[i])
    const output = reversed ? chosen.toReversed() : chosen
    const extentOf = (letter: string): number => extents['abcde'.indexOf(letter)]!
    const arrays = fc.tuple(...operands.map((axes) => numbers(axes.map(extentOf))))
    return arrays.map((given) => ({ operands, letters, output, extentOf, given }))
  })

test('einsum is the sum over all letters that the output lacks', () => {
  const check = fc.property(equations, ({ operands, letters, output, extentOf, given }) => {
    const total = new Map<string, number>()
    for (const at of coordinatesOf(letters.map(extentOf))) {
      const position = (axes: readonly string[]): number[] => axes.map((letter) => at[letters.indexOf(letter)]!)
      const product = operands.reduce((value, axes, i) => value * elementAt(given[i]!, position(axes)), 1)
      const key = position(output).join()
      total.set(key, (total.get(key) ?? 0) + product)
    }
    const expected = arrayOf(output.map(extentOf), (at) => total.get(at.join())!)
    const equation = `${operands.map((axes) => axes.join('')).join(',')}->${output.join('')}`
    const got = inFloat64((...tensors) => ops.einsum(equation, ...tensors), ...given)
    expect(differenceIn(got, expected), equation).toBeNull()
  })
  fc.assert(check, { ...RUNS, numRuns: 200 })
})
