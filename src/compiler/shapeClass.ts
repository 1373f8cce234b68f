// Shape classes: contractions that run best with the same variant. Enters: a contraction kernel. Leaves: a text that says how its
// operands lie in memory and how large it is, to within a factor of two; it is the key of tuning tables and of their cache.

import { plus, times } from '../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../ir/scalar.ts'
import { dependsOn, loadsOf, substituteVariables, visitScalars } from '../ir/substitute.ts'
import type { ContractionKernel, Kernel } from './kernel.ts'
import type { ContractionVariant, TuningChoices } from './variants.ts'

/** Extents up to this are told apart; beyond it the nearest power of two stands for them. */
const EXACT = 16

/** An extent's class. Whether it divides by 4 stays visible, since lanes are taken four at a time. */
function extentClass(extent: number): string {
  if (extent <= EXACT) return `${extent}`
  return `${2 ** Math.round(Math.log2(extent))}${extent % 4 === 0 ? '' : '+'}`
}

/** Whether elements that are neighbours along `over` are neighbours in memory, four at a time, in every load that moves with it. */
function adjacent(operand: Scalar, over: Variable): boolean {
  if (over.extent % 4 !== 0) return false
  const lane = variable('lane', 4)
  const inQuad = plus(times(variable('quad', over.extent / 4), 4), lane)
  const loads = loadsOf([substituteVariables(operand, new Map([[over, inQuad]]))])
  return loads.every(({ index }) => {
    if (!dependsOn(index, lane) || index.hash === lane.hash) return true
    if (index.op !== 'affine' || index.constant % 4 !== 0) return false
    return index.terms.every(({ scalar, factor }) =>
      scalar.hash === lane.hash ? factor === 1 : factor % 4 === 0 && !dependsOn(scalar, lane),
    )
  })
}

/** `N`: adjacent along its last axis as written, `T`: along the other one, `S`: strided. */
function layoutOf(operand: Scalar, last: Variable, other: Variable): string {
  if (adjacent(operand, last)) return 'N'
  return adjacent(operand, other) ? 'T' : 'S'
}

/** How an operand's elements come about: `load`, `map` of loads, or loads at `windows` or at `indices` that are data. */
function sourceOf(operand: Scalar): string {
  let windows = false
  const loads = loadsOf([operand])
  const indices = loads.some(({ index }) => loadsOf([index]).length > 0)
  visitScalars(loads.map(({ index }) => index), (node) => {
    if (node.op !== 'variable' && node.op !== 'affine' && node.op !== 'const') windows = true
  }) // prettier-ignore
  const bytes = loads.some(({ dtype }) => dtype === 'uint8') ? ' uint8' : ''
  if (indices) return `indices${bytes}`
  if (windows) return `windows${bytes}`
  return operand.op === 'load' ? 'load' : `map${bytes}`
}

/** The class of a contraction, such as `NN load load 1 x [128, 1024] x [1024, 128]`. */
export function shapeClass(kernel: ContractionKernel): string {
  const { batch, m, n, k, lhs, rhs } = kernel
  const [rows, lanes, inner] = [extentClass(m.extent), extentClass(n.extent), extentClass(k.extent)]
  const layout = `${layoutOf(lhs, k, m)}${layoutOf(rhs, n, k)}`
  return `${layout} ${sourceOf(lhs)} ${sourceOf(rhs)} ${extentClass(batch.extent)} x [${rows}, ${inner}] x [${inner}, ${lanes}]`
}

/** The variant that a table gives a contraction. */
export function variantFor({ fallback, entries }: TuningChoices, kernel: ContractionKernel): ContractionVariant {
  return entries[shapeClass(kernel)] ?? fallback
}

/** The same kernel with the variant that a table gives it, if it is a contraction. */
export function withVariant(choices: TuningChoices, kernel: Kernel): Kernel {
  return kernel.kind === 'contraction' ? { ...kernel, variant: variantFor(choices, kernel) } : kernel
}
