// The order of elements along the last axis, by keys that compare as the elements sort. Short stretches are sorted by counting,
// for every element, those that stand before it; sorted runs are then merged in pairs, each element of the result finding its
// source by bisection (the merge path of Odeh, Green et al. 2012). All of it reads and none of it scatters, so it is made of
// reductions: 3 kernels up to `BLOCK` elements, one more for each doubling. Stable; NaN comes last; -0 and 0 are equal.

import type { Aval } from '../core/aval.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import { floorDiv, floorMod, integer, plus, times, within } from '../ir/indexMap.ts'
import type { Read } from '../ir/lowering.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, bitcast, cast, constant, type Scalar, select, unary } from '../ir/scalar.ts'
import type { ReferenceArray, Tensor } from '../ir/tensor.ts'
import { checkIndices, clampTo } from './indexing.ts'
import { stored } from './stored.ts'

/** Elements that are sorted by counting. */
const BLOCK = 128

const truth = (value: boolean): Scalar => constant('bool', Number(value))
const both = (...conditions: readonly Scalar[]): Scalar => conditions.reduce((a, b) => binary('and', a, b))
const isNaN = (x: Scalar): Scalar => (x.dtype === 'float64' ? binary('ne', x, x) : truth(false))
const notNaN = (x: Scalar): Scalar => (x.dtype === 'float64' ? binary('eq', x, x) : truth(true))

/** Whether key `a` sorts before key `b`, ties apart. NaN exists among float64 keys only, which no GPU has. */
function before(a: Scalar, b: Scalar): Scalar {
  const smaller = binary('lt', a, b)
  return a.dtype === 'float64' ? binary('or', smaller, both(isNaN(b), notNaN(a))) : smaller
}

/** The same for numbers. */
const precedes = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a))

/** The bits of a float32 as an int32 that compares as the number does: the magnitude with the sign; a NaN is above all. */
function integerKey(x: Scalar, descending: boolean): Scalar {
  const bits = bitcast('int32', x)
  const magnitude = binary('and', bits, integer(0x7fffffff))
  const negative = binary('lt', bits, integer(0))
  const minus = unary('neg', magnitude)
  const key = descending ? select(negative, magnitude, minus) : select(negative, minus, magnitude)
  return select(binary('gt', magnitude, integer(0x7f800000)), integer(0x7fffffff), key)
}

function keyOf(x: Scalar, descending: boolean): Scalar {
  switch (x.dtype) {
    case 'float64':
      return descending ? unary('neg', x) : x
    case 'float32':
      return integerKey(x, descending)
    case 'float16':
      return integerKey(cast('float32', x), descending)
    case 'uint32': {
      const shifted = bitcast('int32', binary('xor', x, constant('uint32', 2 ** 31)))
      return descending ? unary('bitnot', shifted) : shifted
    }
    default: {
      const whole = cast('int32', x)
      return descending ? unary('bitnot', whole) : whole
    }
  }
}

const keyAval = (x: Aval): Aval => ({ shape: x.shape, dtype: x.dtype === 'float64' ? 'float64' : 'int32' })

const floatBits = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0]!

/** Keys that ascend in the order in which the elements sort: int32 (float64 for float64) of any dtype. */
export const sortKey: PrimitiveFunction<{ descending: boolean }> = definePrimitive({
  name: 'sortKey',
  differentiable: false,
  shape: ([x]) => keyAval(x!),
  reference: ([x], { descending }) => {
    const sign = descending ? -1 : 1
    switch (x!.dtype) {
      case 'float64':
        return x!.data.map((value) => sign * value)
      case 'float32':
      case 'float16':
        return x!.data.map((value) => (Number.isNaN(value) ? 2 ** 31 - 1 : sign * Math.sign(value) * floatBits(Math.abs(value)) + 0)) // prettier-ignore
      default: {
        const offset = x!.dtype === 'uint32' ? 2 ** 31 : 0
        return x!.data.map((value) => (descending ? -1 - (value - offset) : value - offset))
      }
    }
  },
  lower: (_, { descending }) => ({ kind: 'map', element: ([x]) => keyOf(x!, descending) }),
  vjp: () => [null],
  rewrite: ([x], { descending }) => (x!.dtype === 'int32' && !descending ? x! : null),
})

/** Calls `visit` with the first index and the length of every stretch of at most `length` elements of every row. */
function eachStretch(x: ReferenceArray, length: number, visit: (first: number, count: number) => void): void {
  const extent = x.shape.at(-1)!
  for (let row = 0; row < x.data.length; row += extent)
    for (let from = 0; from < extent; from += length) visit(row + from, Math.min(length, extent - from))
}

function checkRow(name: string, x: Aval): void {
  if (x.shape.length === 0) throw new ShapeError(`${name}: a scalar has no axis to run along`)
}

/** For every key, how many of its block of the last axis stand before it; of equal ones the first comes first. */
export const rankInBlocks: PrimitiveFunction<{ block: number }> = definePrimitive({
  name: 'rankInBlocks',
  differentiable: false,
  shape: ([keys]) => {
    checkRow('rankInBlocks', keys!)
    if (keys!.dtype !== 'int32' && keys!.dtype !== 'float64')
      throw new DTypeError(`rankInBlocks: takes keys of sortKey (int32 or float64), not ${keys!.dtype}`)
    return { shape: keys!.shape, dtype: 'int32' }
  },
  reference: ([keys], { block }) => {
    const ranks = new Float64Array(keys!.data.length)
    eachStretch(keys!, block, (first, count) => {
      const own = Array.from(keys!.data.slice(first, first + count), (key, i) => ({ key, i }))
      own.sort((a, b) => Number(precedes(b.key, a.key)) - Number(precedes(a.key, b.key)) || a.i - b.i)
      own.forEach(({ i }, rank) => (ranks[first + i] = rank))
    })
    return ranks
  },
  lower: ([keys], { block }) => ({
    kind: 'reduce',
    combine: 'sum',
    extents: [Math.min(block, keys!.shape.at(-1)!)],
    element: (coordinates, [inner], read) => {
      const row = coordinates.slice(0, -1)
      const own = coordinates.at(-1)!
      const other = plus(times(floorDiv(own, block), block), inner!)
      const exists = within(other, keys!.shape.at(-1)!)
      const [a, b] = [read(0, [...row, select(exists, other, integer(0))]), read(0, coordinates)]
      const earlier = binary('and', binary('lt', inner!, floorMod(own, block)), unary('not', before(b, a)))
      return select(both(exists, binary('or', before(a, b), earlier)), integer(1), integer(0))
    },
  }),
  vjp: () => [null],
})

/** The positions along the last axis in the order of their ranks: the inverse of the permutation that every block of ranks is. */
export const orderInBlocks: PrimitiveFunction<{ block: number }> = definePrimitive({
  name: 'orderInBlocks',
  differentiable: false,
  shape: ([ranks]) => {
    checkRow('orderInBlocks', ranks!)
    checkIndices('orderInBlocks', ranks!)
    return { shape: ranks!.shape, dtype: 'int32' }
  },
  reference: ([ranks], { block }) => {
    const extent = ranks!.shape.at(-1)!
    const order = new Float64Array(ranks!.data.length)
    eachStretch(ranks!, block, (first, count) => {
      for (let i = 0; i < count; i++) order[first + ranks!.data[first + i]!] = (first % extent) + i
    })
    return order
  },
  lower: ([ranks], { block }) => ({
    kind: 'reduce',
    combine: 'sum',
    extents: [Math.min(block, ranks!.shape.at(-1)!)],
    element: (coordinates, [inner], read) => {
      const own = coordinates.at(-1)!
      const position = plus(times(floorDiv(own, block), block), inner!)
      const exists = within(position, ranks!.shape.at(-1)!)
      const rank = read(0, [...coordinates.slice(0, -1), select(exists, position, integer(0))])
      const hit = binary('eq', rank, cast(rank.dtype, floorMod(own, block)))
      return select(both(exists, hit), position, integer(0))
    },
  }),
  vjp: () => [null],
})

/**
 * A position clamped to `0 .. extent - 1` by one comparison, since a negative one is a great uint32. The compiler does not see its
 * range, and so never joins merges into one kernel per row, in which a single invocation would sort the row.
 */
function inside(position: Scalar, extent: number): Scalar {
  return cast('int32', binary('min', cast('uint32', position), constant('uint32', Math.max(0, extent - 1))))
}

/** The element of an order that merges sorted runs of `length` in pairs. */
function mergedElement(coordinates: readonly Scalar[], read: Read, extent: number, length: number): Scalar {
  const row = coordinates.slice(0, -1)
  const own = coordinates.at(-1)!
  const start = times(floorDiv(own, 2 * length), 2 * length)
  const place = floorMod(own, 2 * length)
  const second = plus(start, length)
  const lengthOf = (from: Scalar): Scalar =>
    binary('min', binary('max', plus(integer(extent), times(from, -1)), integer(0)), integer(length))
  const [ofFirst, ofSecond] = [lengthOf(start), lengthOf(second)]
  const source = (at: Scalar): Scalar => read(1, [...row, inside(at, extent)])
  const key = (at: Scalar): Scalar => read(0, [...row, inside(source(at), extent)])
  /** Whether element `i` of the first run stands before element `j` of the second one; what lies beyond it comes last. */
  const firstLeads = (i: Scalar, j: Scalar): Scalar =>
    binary('or', binary('ge', j, ofSecond), unary('not', before(key(plus(second, j)), key(plus(start, i)))))
  // how many of the first `place` results come from the first run: the most for which the last of them still leads
  let taken: Scalar = integer(0)
  const most = binary('min', place, ofFirst)
  for (let step = length; step >= 1; step /= 2) {
    const candidate = plus(taken, step)
    const leads = firstLeads(plus(candidate, -1), plus(place, times(candidate, -1)))
    taken = plus(taken, select(both(binary('le', candidate, most), leads), integer(step), integer(0)))
  }
  const rest = plus(place, times(taken, -1))
  const fromFirst = both(binary('lt', taken, ofFirst), firstLeads(taken, rest))
  return select(fromFirst, source(plus(start, taken)), source(plus(second, rest)))
}

/** An order whose runs of `length` (a power of 2) positions are sorted by key, merged to runs of twice that. */
export const mergeRuns: PrimitiveFunction<{ length: number }> = definePrimitive({
  name: 'mergeRuns',
  differentiable: false,
  shape: ([keys, order], { length }) => {
    checkIndices('mergeRuns', order!)
    checkRow('mergeRuns', keys!)
    if (!sameShape(keys!.shape, order!.shape))
      throw new ShapeError(`mergeRuns: keys ${formatShape(keys!.shape)} and order ${formatShape(order!.shape)} differ`)
    if (!Number.isInteger(Math.log2(length))) throw new ShapeError(`mergeRuns: ${length} is no power of 2`)
    return { shape: order!.shape, dtype: 'int32' }
  },
  reference: ([keys, order], { length }) => {
    const extent = keys!.shape.at(-1)!
    const merged = new Float64Array(order!.data)
    eachStretch(order!, 2 * length, (first, count) => {
      const row = first - (first % extent)
      const run = merged.subarray(first, first + count)
      const keyAt = (position: number): number => keys!.data[row + position]!
      run.set(
        Array.from(run).sort((a, b) => Number(precedes(keyAt(b), keyAt(a))) - Number(precedes(keyAt(a), keyAt(b)))),
      )
    })
    return merged
  },
  // a reduction over nothing, so that every merge is stored before the next one reads it at many places
  lower: ([keys], { length }) => ({
    kind: 'reduce',
    combine: 'sum',
    extents: [],
    element: (coordinates, _, read) => mergedElement(coordinates, read, keys!.shape.at(-1)!, length),
  }),
  vjp: () => [null],
})

/** int32 positions along the last axis in sorted order: stable, NaN last, of any dtype. */
export function orderOf(x: Tensor, descending: boolean): Tensor {
  const keys = stored([sortKey([x], { descending })], null)
  let order = orderInBlocks([rankInBlocks([keys], { block: BLOCK })], { block: BLOCK })
  for (let length = BLOCK; length < x.shape.at(-1)!; length *= 2) order = mergeRuns([keys, order], { length })
  return order
}

/** The inverse of the permutation that every row is. */
export function inverseOf(order: Tensor): Tensor {
  return order.shape.at(-1)! <= BLOCK ? orderInBlocks([order], { block: BLOCK }) : orderOf(order, false)
}

/** The elements of every row in the order of operand 1, a permutation of each row; its derivative is the inverse permutation. */
export const permute: PrimitiveFunction<null> = definePrimitive({
  name: 'permute',
  shape: ([x, order]) => {
    checkIndices('permute', order!)
    checkRow('permute', x!)
    if (!sameShape(x!.shape, order!.shape))
      throw new ShapeError(`permute: elements ${formatShape(x!.shape)} and order ${formatShape(order!.shape)} differ`)
    return x!
  },
  reference: ([x, order]) => {
    const extent = x!.shape.at(-1)!
    return order!.data.map((position, flat) => x!.data[flat - (flat % extent) + position]!)
  },
  lower: ([x]) => ({
    kind: 'view',
    element: (coordinates, read) =>
      read(0, [...coordinates.slice(0, -1), clampTo(read(1, coordinates), x!.shape.at(-1)! - 1)]),
  }),
  vjp: ({ inputs: [, order], cotangent }) => [permute([cotangent, inverseOf(order!)], null), null],
})
