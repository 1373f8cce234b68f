// NumPy's broadcasting, against a naive implementation: shapes and values of binary operations, broadcastTo, where, and refusals.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ShapeError } from '../../src/core/errors.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { add, broadcastTo, greater, mul, sub, where } from '../../src/ops/index.ts'
import { arrayOf, broadcastable, counting, elementAt, onCpu, plain, shapes } from './arbitraries.ts'

const RUNS = { numRuns: 150, seed: 20240607 }

/** The shape that two shapes broadcast to, or null: aligned at the end, an extent of 1 gives way. */
function naiveShape(a: readonly number[], b: readonly number[]): number[] | null {
  const rank = Math.max(a.length, b.length)
  const whole: number[] = []
  for (let fromEnd = rank; fromEnd >= 1; fromEnd--) {
    const [m, n] = [a[a.length - fromEnd] ?? 1, b[b.length - fromEnd] ?? 1]
    if (m !== n && m !== 1 && n !== 1) return null
    whole.push(m === 1 ? n : m)
  }
  return whole
}

/** The coordinate in an operand of `shape` of a coordinate in the result. */
const within = (shape: readonly number[], coordinate: readonly number[]): number[] =>
  coordinate.slice(coordinate.length - shape.length).map((c, axis) => (shape[axis] === 1 ? 0 : c))

test('binary operations broadcast as NumPy does', async () => {
  const check = fc.asyncProperty(broadcastable(), async ([a, b]) => {
    const [x, y] = [counting(a), counting(b, 100)]
    const expected = arrayOf(naiveShape(a, b)!, (at) => elementAt(x, within(a, at)) - elementAt(y, within(b, at)))
    expect(plain(await onCpu((s, t) => sub(s, t), x, y))).toEqual(plain(expected))
  })
  await fc.assert(check, RUNS)
})

/** What `shape` gives, or the shapes that its refusal names. */
function attempt(shape: () => readonly number[]): unknown {
  try {
    return shape()
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    const named = [...error.message.matchAll(/\[([\d, ]*)\]/g)].map(([, list]) => list!)
    return { refused: named.slice(0, 2).map((list) => (list === '' ? [] : list.split(', ').map(Number))) }
  }
}

test('shapes that do not broadcast are refused with both shapes, others are not', () => {
  const check = fc.property(shapes(), shapes(), (a, b) => {
    const [x, y] = [a, b].map((shape) => parameter({ shape, dtype: 'float32' }, 'x'))
    const got = attempt(() => add(x!, y!).shape)
    expect(got).toEqual(naiveShape(a, b) ?? { refused: [a, b] })
  })
  fc.assert(check, { ...RUNS, numRuns: 500 })
})

test('broadcastTo repeats, and refuses what would shrink', async () => {
  const check = fc.asyncProperty(broadcastable(), async ([a, b]) => {
    const x = counting(a)
    const whole = naiveShape(a, b)!
    const expected = arrayOf(whole, (at) => elementAt(x, within(a, at)))
    expect(plain(await onCpu((t) => broadcastTo(t, whole), x))).toEqual(plain(expected))
    const to = attempt(() => broadcastTo(parameter({ shape: a, dtype: 'float32' }, 'x'), b).shape)
    expect(Array.isArray(to)).toBe(whole.join() === b.join() && whole.length === b.length)
  })
  await fc.assert(check, RUNS)
})

test('where broadcasts all three operands', async () => {
  const check = fc.asyncProperty(broadcastable(), fc.boolean(), async ([a, b], swap) => {
    const [x, y] = [counting(a), counting(b, 100)]
    const whole = naiveShape(a, b)!
    const chosen = (at: readonly number[]): number => {
      const [p, q] = [elementAt(x, within(a, at)), elementAt(y, within(b, at))]
      return p > 3 === swap ? q : 7
    }
    const got = await onCpu((s, t) => (swap ? where(greater(s, 3), t, 7) : where(greater(s, 3), 7, t)), x, y)
    expect(plain(got)).toEqual(plain(arrayOf(whole, chosen)))
  })
  await fc.assert(check, RUNS)
})

test('a number and a scalar tensor broadcast alike', async () => {
  const check = fc.asyncProperty(shapes(), async (shape) => {
    const x = counting(shape)
    const [byNumber, byTensor] = [
      await onCpu((t) => mul(t, 3), x),
      await onCpu((t, s) => mul(t, s), x, counting([], 3)),
    ]
    expect(plain(byNumber)).toEqual(plain(byTensor))
  })
  await fc.assert(check, { ...RUNS, numRuns: 50 })
})
