// Index arithmetic against plain numbers: whatever it simplifies, the value stays, and the ranges that it claims hold.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  floorDiv,
  floorMod,
  integer,
  plus,
  rangeOf,
  ravel,
  sameIndex,
  times,
  unravel,
  within,
} from '../../src/ir/indexMap.ts'
import { type Scalar, variable } from '../../src/ir/scalar.ts'
import { substituteVariables } from '../../src/ir/substitute.ts'
import { evaluateScalar } from './evaluateScalar.ts'

const EXTENTS = [1, 2, 3, 4, 5, 7, 8, 12]
const runs = { numRuns: 400 }

/** An expression next to the plain function that it stands for, in two variables. */
interface Pair {
  readonly scalar: Scalar
  readonly plain: (x: number, y: number) => number
  readonly text: string
}

function pairs(x: Scalar, y: Scalar): fc.Arbitrary<Pair> {
  const factor = fc.integer({ min: -6, max: 12 })
  const divisor = fc.integer({ min: 1, max: 12 })
  return fc.letrec<{ pair: Pair }>((tie) => ({
    pair: fc.oneof(
      { maxDepth: 5, depthIdentifier: 'pair' },
      fc.constantFrom<Pair>({ scalar: x, plain: (a) => a, text: 'x' }, { scalar: y, plain: (_, b) => b, text: 'y' }),
      fc.tuple(tie('pair'), tie('pair')).map(([a, b]) => ({ scalar: plus(a.scalar, b.scalar), plain: (p: number, q: number) => a.plain(p, q) + b.plain(p, q), text: `(${a.text} + ${b.text})` })), // prettier-ignore
      fc.tuple(tie('pair'), factor).map(([a, k]) => ({
        scalar: times(a.scalar, k),
        plain: (p: number, q: number) => k * a.plain(p, q),
        text: `${k} ${a.text}`,
      })),
      fc.tuple(tie('pair'), factor).map(([a, k]) => ({
        scalar: plus(a.scalar, k),
        plain: (p: number, q: number) => k + a.plain(p, q),
        text: `(${a.text} + ${k})`,
      })),
      fc.tuple(tie('pair'), divisor).map(([a, k]) => ({ scalar: floorDiv(a.scalar, k), plain: (p: number, q: number) => Math.floor(a.plain(p, q) / k), text: `⌊${a.text} / ${k}⌋` })), // prettier-ignore
      fc.tuple(tie('pair'), divisor).map(([a, k]) => ({ scalar: floorMod(a.scalar, k), plain: (p: number, q: number) => a.plain(p, q) - k * Math.floor(a.plain(p, q) / k), text: `(${a.text} mod ${k})` })), // prettier-ignore
    ),
  })).pair
}

const cases = fc
  .tuple(fc.constantFrom(...EXTENTS), fc.constantFrom(...EXTENTS))
  .chain(([m, n]) => pairs(variable('x', m), variable('y', n)).map((pair) => ({ m, n, pair })))
const twoCases = cases.chain(({ m, n, pair }) =>
  pairs(variable('x', m), variable('y', n)).map((other) => ({ m, n, pair, other })),
)

function eachPoint(m: number, n: number, visit: (x: number, y: number) => void): void {
  for (let x = 0; x < m; x++) for (let y = 0; y < n; y++) visit(x, y)
}

/** The value at a point; `+ 0` makes 0 of -0, which no integer is. */
const valueAt = (scalar: Scalar, x: number, y: number): number =>
  evaluateScalar(scalar, { variables: { x, y }, data: () => [] }) + 0

describe('index arithmetic', () => {
  test('has the value of the plain numbers', () => {
    fc.assert(
      fc.property(cases, ({ m, n, pair }) => {
        eachPoint(m, n, (x, y) => expect(valueAt(pair.scalar, x, y), pair.text).toBe(pair.plain(x, y) + 0))
      }),
      runs,
    )
  })

  test('stays within the range that rangeOf claims', () => {
    fc.assert(
      fc.property(cases, ({ m, n, pair }) => {
        const { min, max } = rangeOf(pair.scalar)
        eachPoint(m, n, (x, y) => {
          const value = pair.plain(x, y)
          expect(min <= value && value <= max, `${pair.text} = ${value} in [${min}, ${max}]`).toBe(true)
        })
      }),
      runs,
    )
  })

  test('within agrees with the plain comparison', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 20 }), ({ m, n, pair }, extent) => {
        const inside = within(pair.scalar, extent)
        eachPoint(m, n, (x, y) =>
          expect(valueAt(inside, x, y)).toBe(Number(pair.plain(x, y) >= 0 && pair.plain(x, y) < extent)),
        )
      }),
      runs,
    )
  })

  test('substituting a variable gives the value at its replacement', () => {
    fc.assert(
      fc.property(cases, ({ m, n, pair }) => {
        const [x, y] = [variable('x', m), variable('y', n)]
        const flat = variable('x', m * n)
        const swapped = substituteVariables(pair.scalar, new Map([[x, floorDiv(flat, n)], [y, floorMod(flat, n)]])) // prettier-ignore
        for (let i = 0; i < m * n; i++)
          expect(valueAt(swapped, i, 0), pair.text).toBe(pair.plain(Math.floor(i / n), i % n) + 0)
      }),
      runs,
    )
  })

  test('sameIndex never calls two different values the same', () => {
    fc.assert(
      fc.property(twoCases, ({ m, n, pair, other }) => {
        if (!sameIndex(pair.scalar, other.scalar)) return
        eachPoint(m, n, (x, y) => expect(valueAt(pair.scalar, x, y)).toBe(valueAt(other.scalar, x, y)))
      }),
      runs,
    )
  })
})

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })

describe('ravel and unravel', () => {
  test('ravel of unravel is the index itself, without a division', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const size = shape.reduce((a, b) => a * b, 1)
        const i = variable('i', size)
        expect(sameIndex(ravel(unravel(i, shape), shape), i)).toBe(true)
      }),
      runs,
    )
  })

  test('unravel of ravel gives the coordinates back', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const coordinates = shape.map((extent, axis) => variable(`c${axis}`, extent))
        const back = unravel(ravel(coordinates, shape), shape)
        back.forEach((coordinate, axis) => expect(sameIndex(coordinate, coordinates[axis]!)).toBe(true))
      }),
      runs,
    )
  })

  test('remainders of an index and of its quotient join', () => {
    const flat = variable('x', 5000)
    const pixel = plus(times(floorMod(floorDiv(flat, 28), 28), 28), floorMod(flat, 28))
    expect(pixel.hash).toBe(floorMod(flat, 784).hash)
    expect(plus(times(floorDiv(flat, 784), 784), pixel).hash).toBe(flat.hash)
    const shifted = plus(flat, -2500)
    const other = plus(times(floorMod(floorDiv(shifted, 3), 5), 6), times(floorMod(shifted, 3), 2))
    for (let at = 0; at < 5000; at += 7) {
      const plain = (((at - 2500) % 15) + 15) % 15
      expect(evaluateScalar(other, { variables: { x: at }, data: () => [] })).toBe(2 * plain)
    }
  })

  test('a reshape that only splits an axis needs no division', () => {
    const [i, j] = [variable('i', 12), variable('j', 5)]
    const split = unravel(ravel([i, j], [12, 5]), [3, 4, 5])
    expect(sameIndex(ravel(split, [3, 4, 5]), plus(times(i, 5), j))).toBe(true)
  })

  test('an index in an axis of extent 0 or 1 is 0', () => {
    expect(ravel([integer(0), variable('j', 3)], [1, 3])).toEqual(variable('j', 3))
    expect(unravel(variable('i', 0), [0, 3])).toHaveLength(2)
  })
})
