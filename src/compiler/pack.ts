// pack: a wave of independent kernels -> dispatches. Hardware skips what a workgroup does not take part in, so it packs all that bindings
// allow. Software adapters run every kernel's straight-line code for every workgroup of the dispatch, masked out: there a few workgroups
// walk through all kernels of a dispatch, and kernels share one only where the masked code costs less than a dispatch.

import type { Tensor } from '../ir/tensor.ts'
import { visitScalars } from '../ir/substitute.ts'
import type { Scalar } from '../ir/scalar.ts'
import { type Kernel, rootsOf, storesOf } from './kernel.ts'
import type { Dispatch } from './program.ts'
import { kernelReads } from './schedule.ts'
import { type Target, WALKERS } from './target.ts'

/** Nanoseconds on SwiftShader with two workers, as measured there: of a dispatch, and of code for four invocations. */
const DISPATCH = 20_000
const ACCESS = 15
const DIVISION = 10
const ARITHMETIC = 0.4

/** What one invocation of a contraction computes at most, in rows and lanes. */
const TILE_ROWS = 16
const TILE_LANES = 8

interface Open {
  readonly kernels: Kernel[]
  readonly bindings: Set<string>
  /** Groups of four invocations that run any kernel of the dispatch. */
  groups: number
  /** Nanoseconds that such a group spends on the code outside of loops. */
  code: number
}

/** The dispatches of a wave; `binding` says which physical buffer a tensor is in. Kernels without elements are dropped. */
export function packWave(wave: readonly Kernel[], target: Target, binding: (tensor: Tensor) => string): Dispatch[] {
  const dispatches: Open[] = []
  for (const kernel of wave) {
    if (isEmpty(kernel)) continue
    const own = new Set([...kernelReads(kernel), ...storesOf(kernel).map((store) => store.target)].map(binding))
    const groups = Math.min(WALKERS, Math.ceil(invocationsOf(kernel) / 4))
    const code = target.software ? straightCode(kernel) : 0
    const fits = (open: Open): boolean =>
      new Set([...open.bindings, ...own]).size <= target.maxBindings &&
      (!target.software || open.groups * code + groups * open.code < DISPATCH)
    const open = target.pack ? dispatches.find(fits) : undefined
    if (open === undefined) dispatches.push({ kernels: [kernel], bindings: own, groups, code })
    else {
      open.kernels.push(kernel)
      own.forEach((name) => open.bindings.add(name))
      open.groups = Math.max(open.groups, groups)
      open.code += code
    }
  }
  return dispatches.map(({ kernels }) => ({ kernels }))
}

function isEmpty(kernel: Kernel): boolean {
  if (kernel.kind === 'loop') return kernel.row.extent === 0
  return kernel.batch.extent * kernel.m.extent * kernel.n.extent === 0
}

/** A contraction's tile: rows, and lanes in vectors of four. */
function tileOf({ m, n }: Extract<Kernel, { kind: 'contraction' }>): { rows: number; quads: number } {
  const [rows, lanes] = n.extent % 4 === 0 ? [m, n] : [n, m]
  return { rows: Math.min(TILE_ROWS, rows.extent), quads: Math.ceil(Math.min(TILE_LANES, lanes.extent) / 4) }
}

function invocationsOf(kernel: Kernel): number {
  if (kernel.kind === 'loop') return isVector(kernel) ? kernel.row.extent / 4 : kernel.row.extent
  const { rows, quads } = tileOf(kernel)
  return (kernel.batch.extent * kernel.m.extent * kernel.n.extent) / (rows * quads * 4)
}

const isVector = (kernel: Extract<Kernel, { kind: 'loop' }>): boolean =>
  kernel.row.extent % 4 === 0 && kernel.stages.every(({ inner }) => inner === null)

/** What a kernel's code costs if its loops run once. */
function straightCode(kernel: Kernel): number {
  if (kernel.kind === 'loop') {
    return (expressions(rootsOf(kernel)) + storesOf(kernel).length * ACCESS) * (isVector(kernel) ? 4 : 1)
  }
  const { rows, quads } = tileOf(kernel)
  const epilogue = expressions(kernel.stores.map(({ value }) => value)) + kernel.stores.length * ACCESS
  const products = 2 * ARITHMETIC
  const operands = rows * expressions([kernel.lhs]) + quads * 4 * expressions([kernel.rhs])
  return 4 * epilogue + rows * quads * 4 * products + operands // the epilogue is a loop over the tile
}

function expressions(roots: readonly Scalar[]): number {
  let cost = 0
  visitScalars(roots, ({ op }) => {
    cost += op === 'load' ? ACCESS : op === 'quotient' || op === 'remainder' ? DIVISION : ARITHMETIC
  })
  return cost
}
