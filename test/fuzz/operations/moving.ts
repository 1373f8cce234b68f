// Views, joins and indexed access.

import { anyOf, axisOf, call, type Entry, float, floatOf, MOST_ELEMENTS, moved, type Operation, type Pool, rounded, sameShape, sizeOf } from '../pool.ts' // prettier-ignore

const on =
  (rank: number, choose: (x: Entry, pool: Pool) => ReturnType<Operation>): Operation =>
  (pool) => {
    const x = pool.pick(pool.random.chance(0.85) ? (entry) => float(entry) && entry.shape.length >= rank : anyOf(rank))
    return x === null ? null : choose(x, pool)
  }

/** A shape of the same size: axes joined or split. */
function otherShape(pool: Pool, { shape }: Entry): readonly number[] {
  const { random } = pool
  if (shape.length > 1 && random.chance(0.5)) {
    const at = random.below(shape.length - 1)
    return [...shape.slice(0, at), shape[at]! * shape[at + 1]!, ...shape.slice(at + 2)]
  }
  const at = shape.findIndex((extent) => extent > 3 && [2, 3, 5, 7].some((factor) => extent % factor === 0 && extent > factor)) // prettier-ignore
  if (at < 0 || shape.length > 3) return random.chance(0.5) ? shape.toReversed() : [sizeOf(shape)]
  const factor = [2, 3, 5, 7].find((candidate) => shape[at]! % candidate === 0)!
  const split = random.chance(0.5) ? [factor, shape[at]! / factor] : [shape[at]! / factor, factor]
  return [...shape.slice(0, at), ...split, ...shape.slice(at + 1)]
}

const views: readonly Operation[] = [
  on(1, (x, pool) => moved([x], 'reshape', x, otherShape(pool, x))),
  on(2, (x, { random }) => moved([x], 'transpose', x, random.shuffled(x.shape.map((_, axis) => axis)))),
  on(2, (x) => moved([x], 'transpose', x)),
  on(1, (x) => moved([x], 'flatten', x)),
  on(0, (x, { random }) => (x.shape.length < 4 ? moved([x], 'expandDims', x, random.below(x.shape.length + 1)) : null)),
  on(1, (x) => (x.shape.includes(1) ? moved([x], 'squeeze', x) : null)),
  on(0, (x, pool) => {
    const shape = [...(x.shape.length < 4 ? [pool.extent()] : []), ...x.shape.map((extent) => (extent === 1 ? pool.extent() : extent))] // prettier-ignore
    return sizeOf(shape) <= MOST_ELEMENTS ? moved([x], 'broadcastTo', x, shape) : null
  }),
  on(1, (x, { random }) => {
    const start = x.shape.map((extent) => random.below(Math.max(1, extent)))
    const limit = x.shape.map((extent, axis) => Math.min(extent, start[axis]! + 1 + random.below(extent)))
    return moved([x], 'slice', x, start, limit, x.shape.map(() => 1 + random.below(2))) // prettier-ignore
  }),
  on(1, (x, pool) => moved([x], 'flip', x, pool.random.chance(0.3) ? undefined : axisOf(pool, x))),
  on(1, (x, { random }) => moved([x], 'pad', x, x.shape.map(() => [random.below(3), random.below(2)]), random.of([0, 0, 0.5]))), // prettier-ignore
  on(1, (x, pool) => moved([x], 'roll', x, pool.random.of([-1, 1, 2]), axisOf(pool, x))),
  on(1, (x, { random }) => moved([x], 'tile', x, x.shape.map(() => 1 + random.below(2)))), // prettier-ignore
  on(1, (x, pool) => moved([x], 'repeat', x, 2, axisOf(pool, x))),
  on(1, (x, pool) => moved([x], 'diag', x, pool.random.of([-1, 0, 1]))),
]

/** Two or three values that differ along one axis at most. */
const joins: readonly Operation[] = [
  on(1, (x, pool) => {
    const axis = pool.random.below(x.shape.length)
    const alike = (entry: Entry): boolean =>
      entry.dtype === x.dtype &&
      entry.shape.length === x.shape.length &&
      entry.shape.every((extent, i) => i === axis || extent === x.shape[i])
    const parts = [x, pool.pick(alike)!, ...(pool.random.chance(0.3) ? [pool.pick(alike)!] : [])]
    return moved(parts, 'concat', pool.random.shuffled(parts), axis)
  }),
  on(0, (x, pool) => {
    const y = pool.pick((entry) => entry.dtype === x.dtype && sameShape(entry.shape, x.shape))!
    return x.shape.length < 4 ? moved([x, y], 'stack', [x, y], pool.random.below(x.shape.length + 1)) : null
  }),
]

/** Positions below `count`: an argMax, another integer value (which is clamped), or an input. */
function positions(pool: Pool, count: number): Entry {
  const known = pool.pick(({ dtype, shape }) => dtype === 'int32' && shape.length > 0 && shape.length < 3 && sizeOf(shape) < 20) // prettier-ignore
  if (known !== null && pool.random.chance(0.6)) return known
  const shape = pool.random.chance(0.8) ? [pool.extent()] : [2, pool.extent()]
  return pool.input(shape, 'int32', { kind: 'integer', below: count + 1 })
}

const indexed: readonly Operation[] = [
  on(1, (x, pool) => {
    if (x.shape[0] === 0) return null
    const at = positions(pool, x.shape[0]!)
    const outgrows = sizeOf(at.shape) * sizeOf(x.shape.slice(1)) > MOST_ELEMENTS || at.shape.length + x.shape.length > 5
    return outgrows ? null : moved([x, at], 'gather', x, at)
  }),
  (pool) => {
    const x = pool.pick(floatOf(1))
    if (x === null) return null
    const at = pool.input([x.shape[0]!], 'int32', { kind: 'integer', below: x.shape[0]! })
    return rounded('scatterAdd', at, x, pool.extent() + 1)
  },
  on(1, (x, pool) => {
    if (x.shape[0] === 0) return null
    const start = pool.input([], 'int32', { kind: 'integer', below: x.shape[0]! })
    return moved([x, start], 'dynamicSlice', x, start, 1 + pool.random.below(x.shape[0]!))
  }),
  on(1, (x, pool) => {
    const axis = pool.random.below(x.shape.length)
    if (x.shape[axis] === 0) return null
    const shape = x.shape.map((extent, i) => (i === axis ? Math.max(1, pool.random.below(extent + 2)) : extent))
    if (sizeOf(shape) > MOST_ELEMENTS) return null
    const at = pool.input(shape, 'int32', { kind: 'integer', below: x.shape[axis]! })
    return moved([x], 'takeAlongAxis', x, at, axis)
  }),
  (pool) => {
    const x = pool.pick(({ dtype, shape }) => dtype === 'int32' && shape.length < 3 && sizeOf(shape) < 60)
    return x === null ? null : { call: call('oneHot', x, 1 + pool.extent()), exact: true }
  },
]

/** Movements, by family. */
export const moving = { views, joins, indexed }
