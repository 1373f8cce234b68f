// The sum of a contraction as loops.

import type { ContractionKernel } from '../../compiler/kernel.ts'
import { ravel } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { takesApart } from '../walk.ts'

/** Terms of the sum whose panels are made at once: they stay in the cache while they are multiplied. */
export const TERMS = 512

/** A sum as one loop, or, where operands take its variable apart, as nested ones: `outer` runs over groups of `span` terms, `inner` through a group. */
export interface Walk {
  readonly outer: Variable
  readonly inner: readonly Variable[]
  readonly span: number
  /** The term, in these variables. */
  readonly value: Scalar
}

/** The loops that a contraction's operands ask for. */
export function walkOf({ k, kAxes = [], lhs, rhs }: ContractionKernel): Walk {
  // a variable of its own: extents beyond a block would let ranges simplify away what the loop bounds do not promise
  const whole = variable('k', k.extent)
  const plain: Walk = { outer: whole, inner: [], span: 1, value: whole }
  const axes = kAxes.filter((extent) => extent > 1)
  const isPart = axes.reduce((total, extent) => total * extent, 1) !== k.extent // of a sum that was traced
  if (isPart || axes.length < 2 || ![lhs, rhs].some((operand) => takesApart(operand, k))) return plain
  let span = 1
  let first = axes.length
  while (first > 0 && span * axes[first - 1]! <= TERMS) span *= axes[--first]!
  if (first === axes.length) return plain
  const outer = variable('k', k.extent / span)
  const inner = axes.slice(first).map((extent, i) => variable(`k_${i}`, extent))
  return { outer, inner, span, value: ravel([outer, ...inner], [outer.extent, ...axes.slice(first)]) }
}
