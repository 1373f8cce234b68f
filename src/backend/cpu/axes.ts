// A loop whose expressions take its variable apart by divisions, as one loop per axis: the divisions become loop variables, and what does
// not depend on an inner axis (a sample's place in the data set, a window's row) is computed outside it.

import { ravel } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { visitScalars } from '../../ir/substitute.ts'

/** The most loops that one becomes. */
const MAX_AXES = 5

/** Axes, outermost first, and what `over` is in them; one axis where nothing divides. */
export function axesOf(over: Variable, roots: readonly Scalar[]): { axes: readonly Variable[]; value: Scalar } {
  const divisors = new Set<number>()
  visitScalars(roots, (node) => {
    if (node.op !== 'quotient' && node.op !== 'remainder') return
    const stride = strideOf(node.x, over)
    if (stride !== null) divisors.add(stride * node.by)
  })
  const strides: number[] = [1]
  for (const divisor of [...divisors].sort((a, b) => a - b)) {
    const last = strides.at(-1)!
    if (divisor > last && divisor < over.extent && divisor % last === 0 && over.extent % divisor === 0)
      strides.push(divisor)
  }
  const ends = [...strides.slice(1), over.extent]
  const extents = strides.map((stride, i) => ends[i]! / stride).reverse()
  if (extents.length === 1 || extents.length > MAX_AXES) return { axes: [over], value: over }
  const axes = extents.map((extent, i) => variable(`${over.name}_${i}`, extent))
  return { axes, value: ravel(axes, extents) }
}

/** By how much `over` must grow for `x` to grow by 1, if it is `over` or a quotient of it. */
function strideOf(x: Scalar, over: Variable): number | null {
  if (x.hash === over.hash) return 1
  if (x.op !== 'quotient') return null
  const stride = strideOf(x.x, over)
  return stride === null ? null : stride * x.by
}
