// The operands of a contraction as a tiled kernel reads them: which output axis runs over lanes, and how the sum is walked. A sum over
// several axes whose positions need divisions or guards (a convolution's window) becomes nested loops, so that they leave the innermost one.

import type { ContractionKernel } from '../../compiler/kernel.ts'
import { plus, ravel, times } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { dependsOn, loadsOf, substituteVariables } from '../../ir/substitute.ts'
import { laneAccess } from '../emit.ts'
import { takesApart } from '../walk.ts'

/** The roles of a contraction's axes: sums are vectors along `lanes`; `rows` are scalars broadcast against them. */
export interface Roles {
  readonly rows: Variable
  readonly lanes: Variable
  readonly rowOperand: Scalar
  readonly laneOperand: Scalar
}

/** Whether every load that moves with `over` moves over adjacent, aligned elements. */
export function adjacent(operand: Scalar, over: Variable): boolean {
  if (over.extent % 4 !== 0) return false
  const lane = variable('lane', 4)
  const moved = substituteVariables(operand, new Map([[over, plus(times(variable('quad', over.extent / 4), 4), lane)]]))
  return loadsOf([moved]).every(({ index }) => !dependsOn(index, lane) || laneAccess(index, lane) === 'contiguous')
}

/** The roles for a kernel, or null if no output axis divides into lanes. */
export function rolesOf(kernel: ContractionKernel): Roles | null {
  const { m, n, lhs, rhs } = kernel
  const alongN: Roles = { rows: m, lanes: n, rowOperand: lhs, laneOperand: rhs }
  const alongM: Roles = { rows: n, lanes: m, rowOperand: rhs, laneOperand: lhs }
  if (n.extent % 4 === 0 && (m.extent % 4 !== 0 || n.extent >= 8 || m.extent < n.extent)) return alongN
  return m.extent % 4 === 0 ? alongM : null
}

/** A sum as nested loops, the innermost last; the operands in their variables. */
export interface Walk {
  readonly outer: readonly Variable[]
  readonly inner: Variable
  readonly rowOperand: Scalar
  readonly laneOperand: Scalar
}

/** How a kernel's sum is walked: in one loop where positions are affine in it, else in one per axis. */
export function walkOf({ k, kAxes = [] }: ContractionKernel, { rowOperand, laneOperand }: Roles): Walk {
  const axes = kAxes.filter((extent) => extent > 1)
  const isSplit = axes.reduce((total, extent) => total * extent, 1) !== k.extent // a part of the sum that was traced
  if (isSplit || axes.length < 2 || ![rowOperand, laneOperand].some((operand) => takesApart(operand, k)))
    return { outer: [], inner: k, rowOperand, laneOperand }
  const variables = axes.map((extent, axis) => variable(`k${axis}`, extent))
  const at = new Map<Variable, Scalar>([[k, ravel(variables, axes)]])
  return {
    outer: variables.slice(0, -1),
    inner: variables.at(-1)!,
    rowOperand: substituteVariables(rowOperand, at),
    laneOperand: substituteVariables(laneOperand, at),
  }
}
