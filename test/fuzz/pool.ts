// The values that a program has so far, as operations choose their operands from them. Every value knows whether it is exact:
// the same number in float32 and float64, so that a jump (a comparison, an index) falls on the same side in both.

import type { DType } from '../../src/core/dtype.ts'
import { sameShape, type Shape, sizeOf } from '../../src/core/shape.ts'
import type { Call, Range, Use } from './program.ts'
import type { Random } from './random.ts'

/** A value that can be used. */
export interface Entry extends Use {
  readonly shape: Shape
  readonly dtype: DType
  readonly exact: boolean
}

/** The values so far. */
export interface Pool {
  readonly random: Random
  /** One of the values that pass a test, later ones more often; null if there is none. */
  readonly pick: (test: (entry: Entry) => boolean) => Entry | null
  /** An input like that: one that is there already, or a new one. */
  readonly input: (shape: Shape, dtype: DType, range: Range) => Entry
  /** An extent: one of the few that this program prefers, so that shapes meet. */
  readonly extent: () => number
}

/** An operation chosen with its operands; `exact` if its value is, given exact operands. */
export interface Choice {
  readonly call: Call
  readonly exact: boolean
}

/** Chooses an application of an operation, or null where the pool has no operands for it. */
export type Operation = (pool: Pool) => Choice | null

/** A call, as operations write it. */
export const call = (name: string, ...args: Call['args']): Call => ({ name, args })

/** A choice whose value rounds. */
export const rounded = (name: string, ...args: Call['args']): Choice => ({ call: call(name, ...args), exact: false })

/** A choice that only moves or chooses what its operands have. */
export const moved = (operands: readonly Entry[], name: string, ...args: Call['args']): Choice => ({
  call: call(name, ...args),
  exact: operands.every((operand) => operand.exact),
})

/** The most elements of a value. */
export const MOST_ELEMENTS = 700

/** A float of any rank. */
export const float = (entry: Entry): boolean => entry.dtype === 'float32'

/** A float with at least `rank` axes and an element. */
export const floatOf =
  (rank: number) =>
  (entry: Entry): boolean =>
    float(entry) && entry.shape.length >= rank && sizeOf(entry.shape) > 0

/** A value of any dtype with at least `rank` axes. */
export const anyOf =
  (rank: number) =>
  (entry: Entry): boolean =>
    entry.shape.length >= rank

/** A value that broadcasts with `shape` and does not outgrow the limit. */
export const fitting =
  (shape: Shape) =>
  (entry: Entry): boolean => {
    const rank = Math.max(shape.length, entry.shape.length)
    let size = 1
    for (let i = 1; i <= rank; i++) {
      const [a, b] = [shape[shape.length - i] ?? 1, entry.shape[entry.shape.length - i] ?? 1]
      if (a !== b && a !== 1 && b !== 1) return false
      size *= a === 1 ? b : a
    }
    return size <= MOST_ELEMENTS
  }

export { sameShape, sizeOf }

/** An axis of a value, sometimes counted from the end. */
export function axisOf(pool: Pool, { shape }: Entry): number {
  const axis = pool.random.below(shape.length)
  return pool.random.chance(0.3) ? axis - shape.length : axis
}

/** Axes to reduce: undefined for all, one, or several. */
export function axesOf(pool: Pool, entry: Entry): number | readonly number[] | undefined {
  if (pool.random.chance(0.25)) return undefined
  if (entry.shape.length < 2 || pool.random.chance(0.6)) return axisOf(pool, entry)
  return pool.random
    .shuffled(entry.shape.map((_, axis) => axis))
    .slice(0, 1 + pool.random.below(entry.shape.length - 1))
}
