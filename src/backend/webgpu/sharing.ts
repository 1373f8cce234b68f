// Which work of a row the invocations of a workgroup can share: folds, local arrays and inner loops that depend on nothing but the row.
// Enters: a loop kernel. Leaves: the same kernel with the variables of such loops renamed, so that printing can tell them from others.

import type { LoopKernel, Store } from '../../compiler/kernel.ts'
import { childrenOf, fold, local, type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { freeVariables, substitute, substituteVariables } from '../../ir/substitute.ts'
import { consecutive } from './consecutive.ts'

/** Loops of folds and local arrays that a workgroup shares are named so. */
const SHARED = 'shared_'
/** Inner loops of stages, whose turns only store. */
const EACH = 'each_'

/** Whether the loop of a fold or local array of this name is shared out. */
export const isShared = (name: string): boolean => name.startsWith(SHARED)
/** Whether a stage's loop of this name is shared out. */
export const isEach = (name: string): boolean => name.startsWith(EACH)

/** A row that is worth a workgroup. */
export interface SharedRow {
  readonly kernel: LoopKernel
  /** Invocations that it would like. */
  readonly workgroup: 64 | 256
  /** Bytes of its arrays in workgroup memory. */
  readonly bytes: number
}

/** Every invocation does work up to this by itself: two barriers cost more. */
const OWN_WORK = 32
/** The shortest loop that is worth a workgroup. */
const LONG = 64
/** From this length on a loop has work for 256 invocations. */
const VERY_LONG = 1024
/** Up to so many rows are shared although neighbours of the loop are not neighbours in memory. */
const FEW_ROWS = 2048

/** The kernel with its shared loops named, if it has long ones. */
export function sharedRow(kernel: LoopKernel): SharedRow | null {
  const { row } = kernel
  const free = freeVariables()
  const work = workOf()
  let longest = 0
  let bytes = 0
  let inOrder = false
  const arrays = new Set<number>()
  const memo = new Map<number, Scalar>()
  const note = (extent: number): void => {
    longest = Math.max(longest, extent)
  }
  const ofRow = (body: Scalar, over: Variable): boolean =>
    [...free(body)].every((hash) => hash === row.hash || hash === over.hash)
  const rewrite = (root: Scalar): Scalar =>
    substitute(root, (node) => {
      if ((node.op !== 'fold' && node.op !== 'local') || !ofRow(node.body, node.variable)) return null
      if (node.variable.extent * work(node.body) <= OWN_WORK) return null
      const known = memo.get(node.hash)
      if (known !== undefined) return known
      const over = variable(`${SHARED}${node.variable.name}`, node.variable.extent)
      const body = rewrite(substituteVariables(node.body, new Map([[node.variable, over]])))
      note(over.extent)
      inOrder ||= consecutive(body, over)
      if (node.op === 'local' && !arrays.has(body.hash)) bytes += over.extent * 4
      arrays.add(body.hash)
      const made = node.op === 'fold' ? fold(node.combine, over, body) : local(over, body, rewrite(node.index))
      memo.set(node.hash, made)
      return made
    })
  const stages = kernel.stages.map(({ inner, stores }) => {
    const over = inner === null ? null : variable(`${EACH}${inner.name}`, inner.extent)
    if (over !== null) {
      note(over.extent)
      inOrder = true
    }
    const move = (scalar: Scalar): Scalar =>
      rewrite(inner === null ? scalar : substituteVariables(scalar, new Map([[inner, over!]])))
    return { inner: over, stores: stores.map((store): Store => ({ ...store, index: move(store.index), value: move(store.value) })) } // prettier-ignore
  })
  if (longest < LONG || (row.extent > FEW_ROWS && !inOrder)) return null
  return { kernel: { ...kernel, stages }, workgroup: longest < VERY_LONG ? 64 : 256, bytes }
}

/** How often the innermost loop of an expression turns. */
function workOf(): (node: Scalar) => number {
  const memo = new Map<number, number>()
  const work = (node: Scalar): number => {
    const known = memo.get(node.hash)
    if (known !== undefined) return known
    const most = childrenOf(node).reduce((greatest, child) => Math.max(greatest, work(child)), 1)
    const total = node.op === 'fold' || node.op === 'local' ? most * node.variable.extent : most
    memo.set(node.hash, total)
    return total
  }
  return work
}
