// Row kernels of software adapters, whose quads are four rows. What does not depend on the row is loaded by one of the four and swapped
// with the others' (`quadExchange.ts`): they walk the turns of a loop by fours, each in an order of its own. Several sums over the same
// long axis (the logits of an output layer) are added up in one loop, so that what they have in common is loaded once; short sums are
// written out, so that positions in local arrays are constant. Loads are what such an adapter spends its time on.

import type { KernelFunction } from '../../../shaders/module.ts'
import type { LoopKernel, Store } from '../../compiler/kernel.ts'
import { integer, plus, times } from '../../ir/indexMap.ts'
import { binary, childrenOf, fold, type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { freeVariables, loadsOf, substitute, substituteVariables, visitScalars } from '../../ir/substitute.ts'
import { createEmitter, type Emitter } from '../emit.ts'
import { storeTexts } from './loopKernel.ts'
import { boundTurns, declareTurns, exchanged, quadTurns } from './quadExchange.ts'
import { typeOf, SUM_BLOCK, wgslSyntax } from './syntax.ts'
import type { ModuleWriter } from './writer.ts'

/** The most terms of a sum that is written out, and the most sums that one loop adds up. */
const SHORT = 16
/** The most nodes of what a loop over an inner axis repeats four times. */
const MOST_NODES = 128

type Fold = Extract<Scalar, { op: 'fold' }>
type Local = Extract<Scalar, { op: 'local' }>
type Load = Extract<Scalar, { op: 'load' }>

/** A row kernel whose quads share loads, or null where there is nothing to share. A last quad that is not whole repeats the last row. */
export function quadRowFunction(kernel: LoopKernel, name: string, writer: ModuleWriter): KernelFunction | null {
  const { row } = kernel
  const turns = quadTurns()
  const free = freeVariables()
  /** How much of some expressions is computed anew in every turn of a loop. */
  const nodesOf = (values: readonly Scalar[], over: Variable): number => {
    let count = 0
    visitScalars(values, (node) => (count += free(node).has(over.hash) ? 1 : 0))
    return count
  }
  const isShared = (load: Load, over: Variable): boolean => {
    const variables = free(load.index)
    return load.dtype !== 'bool' && variables.size === 1 && variables.has(over.hash)
  }
  const ofRow = new Map<Variable, Scalar>(row.extent === 1 ? [[row, integer(0)]] : [])
  const stages = kernel.stages.map(({ inner, stores }) => {
    const short = stores.map(({ target, index, value }): Store => ({
      target,
      index: substituteVariables(index, ofRow),
      value: withShortSums(substituteVariables(value, ofRow)),
    }))
    const values = short.map(({ value }) => value)
    const isFew = inner !== null && inner.extent % 4 === 0 && nodesOf(values, inner) <= MOST_NODES
    return { inner, stores: short, shared: isFew ? loadsOf(values).filter((load) => isShared(load, inner)) : [] }
  })
  const roots = stages.flatMap(({ stores }) => stores.map(({ value }) => value))
  const arrays = sumArrays(roots, (sum, over) => [...free(sum)].every((hash) => hash === row.hash || hash === over.hash)) // prettier-ignore
  if (arrays.length === 0 && stages.every(({ shared }) => shared.length === 0)) return null

  const isWhole = row.extent % 4 === 0
  const emitter = createEmitter(wgslSyntax(writer.names), [{ variable: row, name: 'row' }, ...boundTurns(turns)])
  const write = (stores: readonly Store[]): void => {
    const texts = storeTexts(emitter, writer, stores, null)
    emitter.line(isWhole ? texts.join('\n') : `if (id < ${row.extent}) { ${texts.join(' ')} }`)
  }
  /** Loads what quads share in four turns of a loop, `over` being four times `fours` and a turn. */
  const share = (loads: readonly Load[], over: Variable, fours: Variable): void => {
    for (const load of loads) {
      const at = (turn: Variable): Scalar => substituteVariables(load, new Map([[over, plus(times(fours, 4), turn)]]))
      exchanged(emitter, emitter.value(at(turns[0]!))).forEach((text, j) => emitter.provide(at(turns[j]!), text))
    }
  }
  arrays.forEach((array, i) => writeSums(emitter, array, `sums${i}`, turns, isShared, share))
  for (const { inner, stores, shared } of stages) {
    if (inner === null) continue
    if (shared.length === 0) {
      emitter.loop(inner, inner.name, () => write(stores))
      continue
    }
    const fours = variable(inner.name, inner.extent / 4)
    emitter.loop(fours, inner.name, () => {
      share(shared, inner, fours)
      for (const turn of turns) {
        const at = new Map<Variable, Scalar>([[inner, plus(times(fours, 4), turn)]])
        const moved = stores.map(({ target, index, value }) => ({
          target,
          index: substituteVariables(index, at),
          value: substituteVariables(value, at),
        }))
        write(moved)
      }
    })
  }
  const last = stages.filter(({ inner }) => inner === null).flatMap(({ stores }) => stores)
  if (last.length > 0) write(last)
  const invocations = 4 * Math.ceil(row.extent / 4)
  const lines = [
    `fn ${name}(id: i32) {`,
    `if (id >= ${invocations}) { return; }`,
    `let row = ${isWhole ? 'id' : `min(id, ${row.extent - 1})`};`,
    ...declareTurns(turns),
    ...emitter.lines(),
    '}',
  ]
  return { name, source: lines.join('\n'), invocations, cooperative: false, quads: true }
}

/** A local array of sums over a long axis, computed where nothing but the row is known. */
interface SumArray {
  readonly local: Local
  readonly sum: Fold
}

/** The arrays of sums that one loop each can add up; those that others read come first. */
function sumArrays(roots: readonly Scalar[], isOfRow: (sum: Scalar, over: Variable) => boolean): SumArray[] {
  const found = new Map<number, SumArray>()
  const seen = new Set<number>()
  const visit = (node: Scalar): void => {
    if (seen.has(node.hash)) return
    seen.add(node.hash)
    childrenOf(node).forEach(visit)
    if (node.op !== 'local' || node.variable.extent > SHORT) return
    const { body: sum } = node
    if (sum.op !== 'fold' || sum.combine !== 'sum' || sum.dtype !== 'float32') return
    const { extent } = sum.variable
    if (extent > SHORT && extent <= 2 * SUM_BLOCK && extent % 4 === 0 && isOfRow(sum, node.variable))
      found.set(sum.hash, { local: node, sum })
  }
  roots.forEach(visit)
  return [...found.values()]
}

/** Adds up an array of sums in one loop. */
function writeSums(
  emitter: Emitter,
  { local, sum }: SumArray,
  name: string,
  turns: readonly Variable[],
  isShared: (load: Load, over: Variable) => boolean,
  share: (loads: readonly Load[], over: Variable, fours: Variable) => void,
): void {
  const over = sum.variable
  const terms = Array.from({ length: local.variable.extent }, (_, i) =>
    substituteVariables(sum.body, new Map([[local.variable, integer(i)]])),
  )
  const type = typeOf(sum.dtype)
  const sums = terms.map((_, i) => `${name}_${i}`)
  sums.forEach((text) => emitter.line(`var ${text} = ${type}();`))
  const fours = variable(over.name, over.extent / 4)
  emitter.loop(fours, over.name, () => {
    share(loadsOf(terms).filter((load) => isShared(load, over)), over, fours) // prettier-ignore
    terms.forEach((term, i) => {
      const at = (turn: Variable): Scalar => substituteVariables(term, new Map([[over, plus(times(fours, 4), turn)]]))
      emitter.line(`${sums[i]} = ${[sums[i], ...turns.map((turn) => emitter.value(at(turn)))].join(' + ')};`)
    })
  })
  emitter.line(`var ${name} = array<${type}, ${sums.length}>(${sums.join(', ')});`)
  emitter.provideArray(local, name)
}

/** An expression with short sums of elements, or of products of two, written out. */
function withShortSums(value: Scalar): Scalar {
  return substitute(value, (node) => {
    if (node.op !== 'fold' || node.combine !== 'sum' || node.dtype !== 'float32') return null
    const { variable: over } = node
    const body = withShortSums(node.body)
    const parts = body.op === 'binary' && body.fn === 'mul' ? [body.x, body.y] : [body]
    const isShort = over.extent > 0 && over.extent <= SHORT && parts.every(({ op }) => op === 'load' || op === 'local')
    if (!isShort) return fold('sum', over, body)
    const terms = Array.from({ length: over.extent }, (_, i) =>
      substituteVariables(body, new Map([[over, integer(i)]])),
    )
    return terms.reduce((total, term) => binary('add', total, term))
  })
}
