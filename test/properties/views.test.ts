// The algebra of views: inverses, compositions, and every view against naive index arithmetic.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sizeOf } from '../../src/core/shape.ts'
import { concat, flip, pad, reshape, slice, stack, transpose, unstack } from '../../src/ops/index.ts'
import { arrayOf, counting, elementAt, onCpu, plain, shapes } from './arbitraries.ts'

const RUNS = { numRuns: 80, seed: 20240607 }

/** A shape with something random for each of its axes. */
const withAxes = <T>(one: (extent: number) => fc.Arbitrary<T>, options = {}): fc.Arbitrary<readonly [number[], T[]]> =>
  shapes(options).chain((shape) => fc.tuple(fc.constant(shape), fc.tuple(...shape.map(one)) as fc.Arbitrary<T[]>)) // prettier-ignore

const permuted = (): fc.Arbitrary<readonly [number[], number[]]> =>
  shapes().chain((shape) => {
    const axes = shape.map((_, axis) => axis)
    return fc.tuple(fc.constant(shape), fc.shuffledSubarray(axes, { minLength: axes.length }))
  })

test('transpose moves axes as its permutation says, and the inverse permutation undoes it', async () => {
  const check = fc.asyncProperty(permuted(), async ([shape, permutation]) => {
    const x = counting(shape)
    const moved = permutation.map((axis) => shape[axis]!)
    const expected = arrayOf(moved, (at) =>
      elementAt(
        x,
        shape.map((_, axis) => at[permutation.indexOf(axis)]!),
      ),
    )
    expect(plain(await onCpu((t) => transpose(t, permutation), x))).toEqual(plain(expected))
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis))
    expect(plain(await onCpu((t) => transpose(transpose(t, permutation), inverse), x))).toEqual(plain(x))
  })
  await fc.assert(check, RUNS)
})

test('reshape keeps the row-major order, by any way', async () => {
  const check = fc.asyncProperty(shapes(), async (shape) => {
    const x = counting(shape)
    const way = async (...targets: readonly (readonly number[])[]): Promise<unknown> =>
      plain(await onCpu((t) => targets.reduce((y, target) => reshape(y, target), t), x))
    const turned = shape.toReversed()
    expect(await way([sizeOf(shape)], turned)).toEqual({ shape: turned, data: [...x.data] })
    expect(await way(turned, [sizeOf(shape), 1], shape)).toEqual(plain(x))
    expect(await way([sizeOf(shape) > 0 ? -1 : 0])).toEqual({ shape: [sizeOf(shape)], data: [...x.data] })
  })
  await fc.assert(check, RUNS)
})

test('flip is its own inverse and reverses the chosen axes', async () => {
  const check = fc.asyncProperty(
    withAxes(() => fc.boolean()),
    async ([shape, chosen]) => {
      const axes = shape.flatMap((_, axis) => (chosen[axis] ? [axis] : []))
      const x = counting(shape)
      const expected = arrayOf(shape, (at) =>
        elementAt(
          x,
          at.map((c, axis) => (chosen[axis] ? shape[axis]! - 1 - c : c)),
        ),
      )
      expect(plain(await onCpu((t) => flip(t, axes), x))).toEqual(plain(expected))
      expect(plain(await onCpu((t) => flip(flip(t, axes), axes), x))).toEqual(plain(x))
    },
  )
  await fc.assert(check, RUNS)
})

interface Cut {
  readonly from: number
  readonly to: number
  readonly step: number
}
const cut = (extent: number): fc.Arbitrary<Cut> =>
  fc
    .tuple(fc.integer({ min: 0, max: extent }), fc.integer({ min: 0, max: extent }), fc.integer({ min: 1, max: 3 }))
    .map(([a, b, step]) => ({ from: Math.min(a, b), to: Math.max(a, b), step }))

test('slice takes every step-th element of a range, and slices compose', async () => {
  const check = fc.asyncProperty(
    withAxes((extent) => fc.tuple(cut(extent), fc.nat(3))),
    async ([shape, cuts]) => {
      const x = counting(shape)
      const [start, limit, step] = [cuts.map(([c]) => c.from), cuts.map(([c]) => c.to), cuts.map(([c]) => c.step)]
      const taken = cuts.map(([{ from, to, step: by }]) => Math.ceil((to - from) / by))
      const expected = arrayOf(taken, (at) =>
        elementAt(
          x,
          at.map((c, axis) => start[axis]! + c * step[axis]!),
        ),
      )
      expect(plain(await onCpu((t) => slice(t, start, limit, step), x))).toEqual(plain(expected))
      // a slice of the slice is a slice
      const later = cuts.map(([, skip], axis) => Math.min(skip, taken[axis]!))
      const whole = cuts.map(([c], axis) => Math.min(c.to, c.from + later[axis]! * c.step))
      const twice = await onCpu((t) => slice(slice(t, start, limit, step), later, taken), x)
      expect(plain(twice)).toEqual(plain(await onCpu((t) => slice(t, whole, limit, step), x)))
    },
  )
  await fc.assert(check, RUNS)
})

test('pad surrounds with the value, and a slice takes it off again', async () => {
  const sides = fc.tuple(fc.nat(2), fc.nat(2))
  const check = fc.asyncProperty(
    withAxes(() => sides),
    async ([shape, padding]) => {
      const x = counting(shape)
      const wide = shape.map((extent, axis) => extent + padding[axis]![0] + padding[axis]![1])
      const expected = arrayOf(wide, (at) => {
        const inner = at.map((c, axis) => c - padding[axis]![0])
        return inner.every((c, axis) => c >= 0 && c < shape[axis]!) ? elementAt(x, inner) : -5
      })
      expect(plain(await onCpu((t) => pad(t, padding, -5), x))).toEqual(plain(expected))
      const low = padding.map(([before]) => before)
      const high = shape.map((extent, axis) => low[axis]! + extent)
      expect(plain(await onCpu((t) => slice(pad(t, padding, -5), low, high), x))).toEqual(plain(x))
    },
  )
  await fc.assert(check, RUNS)
})

test('concat puts parts one after the other, slices take them apart, and it is associative', async () => {
  const parts = fc.tuple(shapes({ minRank: 1 }), fc.nat(3), fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)))
  const check = fc.asyncProperty(parts, async ([shape, given, extents]) => {
    const axis = given % shape.length
    const arrays = extents.map((extent, i) => counting(shape.with(axis, extent), 100 * i)) // prettier-ignore
    const total = extents.reduce((a, b) => a + b, 0)
    const expected = arrayOf(shape.with(axis, total), (at) => {
      let c = at[axis]!
      const part = extents.findIndex((extent) => c < extent || ((c -= extent), false))
      return elementAt(arrays[part]!, at.with(axis, c))
    })
    expect(plain(await onCpu((...all) => concat(all, axis), ...arrays))).toEqual(plain(expected))
    const nested = await onCpu((a, b, c) => concat([a, concat([b, c], axis)], axis), ...arrays)
    expect(plain(nested)).toEqual(plain(expected))
    const start = shape.map((_, i) => (i === axis ? extents[0] : 0))
    const limit = shape.map((extent, i) => (i === axis ? extents[0] + extents[1] : extent))
    const middle = await onCpu((...all) => slice(concat(all, axis), start, limit), ...arrays)
    expect(plain(middle)).toEqual(plain(arrays[1]!))
  })
  await fc.assert(check, RUNS)
})

test('stack makes an axis and unstack takes it away', async () => {
  const check = fc.asyncProperty(
    shapes().filter(({ length }) => length < 4),
    fc.nat(4),
    async (shape, given) => {
      const axis = given % (shape.length + 1)
      const arrays = [counting(shape), counting(shape, 100)]
      const expected = arrayOf(shape.toSpliced(axis, 0, 2), (at) =>
        elementAt(arrays[at[axis]!]!, at.toSpliced(axis, 1)),
      )
      expect(plain(await onCpu((a, b) => stack([a, b], axis), ...arrays))).toEqual(plain(expected))
      expect(plain(await onCpu((a, b) => unstack(stack([a, b], axis), axis)[1]!, ...arrays))).toEqual(plain(arrays[1]!))
    },
  )
  await fc.assert(check, RUNS)
})
