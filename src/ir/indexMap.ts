// Index arithmetic: int32 scalars in a canonical affine form with known ranges, so that composed views (transpose, slice, pad,
// reshape, broadcast) simplify to the shortest flat index. Every function takes and returns scalars; the key identity is
// k·⌊x/k⌋ + x mod k = x, which removes the divisions of a reshape that does not move data.

import type { Shape } from '../core/shape.ts'
import { affineNode, binary, constant, divisionNode, type Scalar, select } from './scalar.ts'

/** The least and greatest value that an int32 scalar can take. */
export interface Range {
  readonly min: number
  readonly max: number
}

const UNKNOWN: Range = { min: -(2 ** 31), max: 2 ** 31 - 1 }

/** What is known of an int32 scalar's value. */
export function rangeOf(x: Scalar): Range {
  switch (x.op) {
    case 'const':
      return { min: x.value, max: x.value }
    case 'variable':
      return { min: 0, max: Math.max(0, x.extent - 1) }
    case 'affine': {
      let min = x.constant
      let max = x.constant
      for (const { scalar, factor } of x.terms) {
        const range = rangeOf(scalar)
        min += factor * (factor > 0 ? range.min : range.max)
        max += factor * (factor > 0 ? range.max : range.min)
      }
      return { min, max }
    }
    case 'quotient': {
      const range = rangeOf(x.x)
      return { min: Math.floor(range.min / x.by), max: Math.floor(range.max / x.by) }
    }
    case 'remainder':
      return { min: 0, max: x.by - 1 }
    case 'select': {
      const a = rangeOf(x.x)
      const b = rangeOf(x.y)
      return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }
    }
    case 'binary': {
      const a = rangeOf(x.x)
      const b = rangeOf(x.y)
      if (x.fn === 'min') return { min: Math.min(a.min, b.min), max: Math.min(a.max, b.max) }
      if (x.fn === 'max') return { min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) }
      return UNKNOWN
    }
    case 'fold':
      return x.combine === 'argmax' || x.combine === 'argmin' ? { min: 0, max: x.variable.extent - 1 } : UNKNOWN
    default:
      return UNKNOWN
  }
}

/** A constant and multiples of scalars. */
export interface Sum {
  readonly terms: { scalar: Scalar; factor: number }[]
  readonly constant: number
}

/** `x` as the sum that it is, of one term where it is something else. */
export function sumOf(x: Scalar): Sum {
  if (x.op === 'const') return { terms: [], constant: x.value }
  if (x.op === 'affine') return { terms: [...x.terms], constant: x.constant }
  return { terms: [{ scalar: x, factor: 1 }], constant: 0 }
}

/** Joins pairs k·q·⌊x/k⌋ + q·(x mod k) into q·x, and k·q·(⌊x/k⌋ mod m) + q·(x mod k) into q·(x mod k·m), until none is left. */
function recombine(terms: { scalar: Scalar; factor: number }[]): {
  terms: Sum['terms']
  constant: number
  changed: boolean
} {
  for (let i = 0; i < terms.length; i++) {
    const low = terms[i]!
    if (low.scalar.op !== 'remainder') continue
    const { x, by } = low.scalar
    const quotient = floorDiv(x, by)
    const at = terms.findIndex(
      ({ factor, scalar }) =>
        factor === low.factor * by &&
        (scalar.hash === quotient.hash || (scalar.op === 'remainder' && scalar.x.hash === quotient.hash)),
    )
    if (at < 0) continue
    const high = terms[at]!.scalar
    const whole = sumOf(high.hash !== quotient.hash && high.op === 'remainder' ? floorMod(x, by * high.by) : x)
    const rest = terms.filter((_, j) => j !== i && j !== at)
    const scaled = whole.terms.map((term) => ({ scalar: term.scalar, factor: term.factor * low.factor }))
    return { terms: [...rest, ...scaled], constant: whole.constant * low.factor, changed: true }
  }
  return { terms, constant: 0, changed: false }
}

/** `constant + Σ factor · scalar` in its shortest form. */
export function normalized(given: Sum['terms'], givenConstant: number): Scalar {
  let terms = given
  let constantPart = givenConstant
  for (;;) {
    const byHash = new Map<number, { scalar: Scalar; factor: number }>()
    for (const { scalar, factor } of terms) {
      const known = byHash.get(scalar.hash)
      byHash.set(scalar.hash, { scalar, factor: factor + (known?.factor ?? 0) })
    }
    terms = [...byHash.values()].filter((term) => term.factor !== 0)
    const joined = recombine(terms)
    if (!joined.changed) break
    terms = joined.terms
    constantPart += joined.constant
  }
  if (terms.length === 0) return constant('int32', constantPart)
  if (terms.length === 1 && terms[0]!.factor === 1 && constantPart === 0) return terms[0]!.scalar
  terms.sort((a, b) => b.factor - a.factor || a.scalar.hash - b.scalar.hash)
  return affineNode(terms, constantPart + 0) // -0 would be another expression than 0
}

/** Whether two int32 scalars are always equal: the same expression, or both fixed to one value (a coordinate of extent 1 is 0). */
export function sameIndex(x: Scalar, y: Scalar): boolean {
  if (x.hash === y.hash) return true
  const [a, b] = [rangeOf(x), rangeOf(y)]
  return a.min === a.max && b.min === b.max && a.min === b.min
}

/** The int32 constant `value`. */
export function integer(value: number): Scalar {
  return constant('int32', value)
}

/** `x + y` of two int32 scalars. */
export function plus(x: Scalar, y: Scalar | number): Scalar {
  const a = sumOf(x)
  const b = typeof y === 'number' ? { terms: [], constant: y } : sumOf(y)
  return normalized([...a.terms, ...b.terms], a.constant + b.constant)
}

/** `factor · x` for an integer factor. */
export function times(x: Scalar, factor: number): Scalar {
  const sum = sumOf(x)
  return normalized(
    sum.terms.map((term) => ({ scalar: term.scalar, factor: term.factor * factor })),
    sum.constant * factor,
  )
}

/** Splits `x` into a part whose every factor is a multiple of `by`, divided by it, and the rest. */
function split(x: Scalar, by: number): { whole: Scalar; rest: Scalar } {
  const sum = sumOf(x)
  const constantRest = ((sum.constant % by) + by) % by
  const multiples = sum.terms.filter((term) => term.factor % by === 0)
  return {
    whole: normalized(
      multiples.map((term) => ({ scalar: term.scalar, factor: term.factor / by })),
      (sum.constant - constantRest) / by,
    ),
    rest: normalized(
      sum.terms.filter((term) => term.factor % by !== 0),
      constantRest,
    ),
  }
}

/** `⌊x / by⌋` for a positive constant `by`. */
export function floorDiv(x: Scalar, by: number): Scalar {
  if (by === 1) return x
  const { whole, rest } = split(x, by)
  const range = rangeOf(rest)
  const low = Math.floor(range.min / by)
  if (low === Math.floor(range.max / by)) return plus(whole, low)
  if (rest.op === 'quotient') return plus(whole, floorDiv(rest.x, rest.by * by))
  // ⌊(k·q + r) / by⌋ with k a divisor of by and 0 <= r < k loses r: divide numerator and denominator by k
  const sum = sumOf(rest)
  for (const { factor } of sum.terms) {
    const k = Math.abs(factor)
    if (k > 1 && by % k === 0 && k < by) {
      const inner = split(rest, k)
      const innerRange = rangeOf(inner.rest)
      if (innerRange.min >= 0 && innerRange.max < k) return plus(whole, floorDiv(inner.whole, by / k))
    }
  }
  return plus(whole, divisionNode('quotient', rest, by))
}

/** `x - by·⌊x / by⌋` for a positive constant `by`. */
export function floorMod(x: Scalar, by: number): Scalar {
  if (by === 1) return integer(0)
  const { rest } = split(x, by)
  const range = rangeOf(rest)
  const low = Math.floor(range.min / by)
  if (low === Math.floor(range.max / by)) return plus(rest, -low * by)
  const sum = sumOf(rest)
  for (const { factor } of sum.terms) {
    const k = Math.abs(factor)
    if (k > 1 && by % k === 0 && k < by) {
      const inner = split(rest, k)
      const innerRange = rangeOf(inner.rest)
      if (innerRange.min >= 0 && innerRange.max < k) return plus(times(floorMod(inner.whole, by / k), k), inner.rest)
    }
  }
  return divisionNode('remainder', rest, by)
}

/** The flat, row-major index of `coordinates` in `shape`. */
export function ravel(coordinates: readonly Scalar[], shape: Shape): Scalar {
  let index = integer(0)
  coordinates.forEach((coordinate, axis) => {
    index = plus(times(index, shape[axis]!), shape[axis] === 1 ? integer(0) : coordinate)
  })
  return index
}

/** The coordinates in `shape` of a flat, row-major index. */
export function unravel(index: Scalar, shape: Shape): Scalar[] {
  const coordinates: Scalar[] = []
  let rest = index
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!
    coordinates.unshift(axis === 0 ? rest : floorMod(rest, Math.max(1, extent)))
    rest = floorDiv(rest, Math.max(1, extent))
  }
  return coordinates
}

/** Whether `0 <= x < extent`; folded where the range of `x` decides. */
export function within(x: Scalar, extent: number): Scalar {
  const range = rangeOf(x)
  const low = range.min >= 0 ? constant('bool', 1) : binary('ge', x, integer(0))
  const high = range.max < extent ? constant('bool', 1) : binary('lt', x, integer(extent))
  return binary('and', low, high)
}

/** `x` where `valid`, else 0: an index that never leaves its buffer. */
export function guarded(valid: Scalar, x: Scalar): Scalar {
  return select(valid, x, integer(0))
}

/** `index` moved into `0 .. extent - 1`; what its range already promises is not tested again. */
export function clamped(index: Scalar, extent: number): Scalar {
  const { min, max } = rangeOf(index)
  const raised = min >= 0 ? index : binary('max', index, integer(0))
  return max < extent ? raised : binary('min', raised, integer(Math.max(0, extent - 1)))
}
