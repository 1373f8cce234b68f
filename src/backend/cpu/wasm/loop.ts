// Loop kernels as WebAssembly: the innermost axis four elements at a time, what is left of it one by one.

import { type LoopKernel, rootsOf, type Stage, type Store } from '../../../compiler/kernel.ts'
import { plus, rangeOf, times } from '../../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../../ir/scalar.ts'
import { dependsOn, loadsOf, substituteVariables, visitScalars } from '../../../ir/substitute.ts'
import { createEmitter, type Emitter, laneAccess, LEAST_SPLIT } from '../../emit.ts'
import type { Syntax } from '../../syntax.ts'
import { axesOf } from '../axes.ts'
import { i32, loopText } from './statements.ts'
import { storeText } from './syntax.ts'

/** The least extent of an axis that vectors run over. */
const LEAST_QUADS = 4

/** What statements of a kernel are written with. */
export interface Writing {
  readonly syntax: Syntax
  /** The lane that vectors run over. */
  readonly lane: Variable
  /** The local that holds a tensor's address. */
  readonly address: (source: { readonly id: number }) => string
}

/** A function's body for the units `$from` to `$to` of the kernel's work. */
export interface Body {
  readonly units: number
  readonly lines: readonly string[]
}

/** Values first, then stores: a kernel that works in place reads an element before it overwrites it. */
export function writeStores(
  emitter: Emitter,
  { lane, address }: Writing,
  stores: readonly Store[],
  wide: boolean,
): void {
  const texts = stores.map(({ target, index, value }) => {
    const { dtype } = target.aval
    const at = address(target)
    if (!wide) return storeText(at, dtype, emitter.value(index), emitter.value(value), 'scalar')
    const access = laneAccess(index, lane, 1)
    const first = access === 'contiguous' ? emitter.value(plus(index, times(lane, -1))) : emitter.vector(index)
    return storeText(at, dtype, first, emitter.vector(value), access)
  })
  texts.forEach((text) => emitter.line(text))
}

/** The stores with a variable replaced. */
export function storesAt(stores: readonly Store[], from: Variable, to: Scalar): Store[] {
  const at = new Map([[from, to]])
  return stores.map(({ target, index, value }) => ({
    target,
    index: substituteVariables(index, at),
    value: substituteVariables(value, at),
  }))
}

/** `stores` for every value of `over`: four at a time, then what is left. */
export function overQuads(emitter: Emitter, writing: Writing, over: Variable, stores: readonly Store[]): void {
  const { lane } = writing
  const isNarrow = over.extent < LEAST_QUADS || foldsAlong(stores, over, lane)
  const quads = isNarrow ? 0 : Math.floor(over.extent / 4)
  const rest = over.extent - 4 * quads
  if (quads > 0) {
    const quad = variable(`${over.name}_q`, quads)
    const wide = storesAt(stores, over, plus(times(quad, 4), lane))
    emitter.loop(quad, quad.name, () => writeStores(emitter, writing, wide, true))
  }
  if (rest > 0) {
    const one = variable(`${over.name}_r`, rest)
    const narrow = storesAt(stores, over, plus(one, 4 * quads))
    emitter.loop(one, one.name, () => writeStores(emitter, writing, narrow, false))
  }
}

/** Whether loads of folds lie side by side along what is folded, but not along `over`: then terms make better vectors than positions. */
function foldsAlong(stores: readonly Store[], over: Variable, lane: Variable): boolean {
  let [along, across] = [0, 0]
  const quad = variable('along_q', over.extent)
  const isGather = (index: Scalar, by: Variable): number => {
    if (!dependsOn(index, by)) return 0
    const moved = substituteVariables(index, new Map([[by, plus(times(quad, 4), lane)]]))
    return laneAccess(moved, lane, 1) === 'gather' ? 1 : 0
  }
  visitScalars(stores.map(({ value }) => value), (node) => {
    if (node.op !== 'fold' || node.variable.extent < LEAST_SPLIT) return
    for (const { index } of loadsOf([node.body])) {
      along += isGather(index, node.variable)
      across += isGather(index, over)
    }
  }) // prettier-ignore
  return across > along
}

/** Whether every store is known to stay within its tensor: nothing is written beyond one. */
export function storesWithin(stores: readonly Store[]): boolean {
  return stores.every(({ target, index }) => {
    const { min, max } = rangeOf(index)
    return min >= 0 && max < target.size
  })
}

/** A loop kernel. */
export function loopBody(kernel: LoopKernel, writing: Writing): Body {
  return kernel.stages.every(({ inner }) => inner === null) ? mapBody(kernel, writing) : rowBody(kernel, writing)
}

function mapBody(kernel: LoopKernel, writing: Writing): Body {
  const { row, stages } = kernel
  const { syntax, lane } = writing
  const { axes, value } = axesOf(row, rootsOf(kernel))
  const stores = storesAt(stages.flatMap((stage) => stage.stores), row, value) // prettier-ignore
  const [outer, ...inner] = axes as [Variable, ...Variable[]]
  const emitter = createEmitter(syntax, [], [lane])
  if (inner.length > 0) {
    const nest = ([next, ...rest]: readonly Variable[]): void => {
      if (next === undefined) return
      if (rest.length === 0) overQuads(emitter, writing, next, stores)
      else emitter.loop(next, next.name, () => nest(rest))
    }
    const body = emitter.within([{ variable: outer, name: '$i' }], () => nest(inner))
    return { units: outer.extent, lines: [...emitter.lines(), ...loopText('$i', '$from', '$to', body)] }
  }
  const quads = foldsAlong(stores, outer, lane) ? 0 : Math.floor(row.extent / 4)
  if (quads === 0) {
    const body = emitter.within([{ variable: outer, name: '$i' }], () => writeStores(emitter, writing, stores, false))
    return { units: row.extent, lines: [...emitter.lines(), ...loopText('$i', '$from', '$to', body)] }
  }
  const quad = variable(`${outer.name}_q`, quads)
  const rest = variable(`${outer.name}_r`, row.extent - 4 * quads)
  const wide = emitter.within([{ variable: quad, name: '$q' }], () =>
    writeStores(emitter, writing, storesAt(stores, outer, plus(times(quad, 4), lane)), true),
  )
  const narrow = emitter.within([{ variable: rest, name: '$r' }], () =>
    writeStores(emitter, writing, storesAt(stores, outer, plus(rest, 4 * quads)), false),
  )
  const last = [`(if (i32.eq $to ${i32(quads)}) (then`, ...loopText('$r', i32(0), i32(rest.extent), narrow), '))']
  return {
    units: quads,
    lines: [...emitter.lines(), ...loopText('$q', '$from', '$to', wide), ...(rest.extent === 0 ? [] : last)],
  }
}

function rowBody({ row, stages }: LoopKernel, writing: Writing): Body {
  const emitter = createEmitter(writing.syntax, [], [writing.lane])
  const body = emitter.within([{ variable: row, name: '$i' }], () => {
    for (const { inner, stores } of stages) if (inner !== null) overQuads(emitter, writing, inner, stores)
    const last = stages.filter((stage: Stage) => stage.inner === null)
    writeStores(emitter, writing, last.flatMap(({ stores }) => stores), false) // prettier-ignore
  })
  return { units: row.extent, lines: [...emitter.lines(), ...loopText('$i', '$from', '$to', body)] }
}
