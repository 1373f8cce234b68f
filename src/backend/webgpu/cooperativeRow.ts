// Row kernels for GPUs: a workgroup per row. Folds over the row are shared out, each invocation combining every 64th or 256th element,
// and exchanged in a fixed order; local arrays lie in workgroup memory; stages with an inner loop store in turns.

import { exchange, exchangeIndex, sharedLoop } from '../../../shaders/cooperativeRow.ts'
import type { KernelFunction } from '../../../shaders/module.ts'
import type { DType } from '../../core/dtype.ts'
import { loadsOf } from '../../ir/substitute.ts'
import { createEmitter } from '../emit.ts'
import type { FoldText, Syntax } from '../syntax.ts'
import { storeTexts, writeStores } from './loopKernel.ts'
import { isEach, isShared, type SharedRow } from './sharing.ts'
import { literalText, typeOf, wgslSyntax } from './syntax.ts'
import type { ModuleWriter } from './writer.ts'

/** A row kernel as a cooperative WGSL function. */
export function cooperativeFunction(
  { kernel }: SharedRow,
  name: string,
  writer: ModuleWriter,
  workgroup: number,
): KernelFunction {
  const { row, stages } = kernel
  const syntax = cooperativeSyntax(wgslSyntax(writer.names), name, workgroup, writer.declare)
  const emitter = createEmitter(syntax, [{ variable: row, name: 'row' }])
  for (const { inner, stores } of stages) {
    if (inner !== null) emitter.loop(inner, inner.name, () => writeStores(emitter, writer, stores, null))
  }
  const last = stages.filter((stage) => stage.inner === null).flatMap((stage) => stage.stores)
  if (last.length > 0) {
    const texts = storeTexts(emitter, writer, last, null)
    const bufferOf = (source: { readonly id: number }): string => writer.names.reach(source).buffer
    const written = new Set(last.map(({ target }) => bufferOf(target)))
    const values = stages.flatMap(({ stores }) => stores.map(({ value }) => value))
    // what one invocation overwrites in place all others must have read
    if (loadsOf(values).some(({ source }) => written.has(bufferOf(source)))) emitter.line('storageBarrier();')
    emitter.line(`if (thread == 0) { ${texts.join(' ')} }`)
  }
  const lines = [`fn ${name}(row: i32, thread: i32) {`, ...emitter.lines(), '}']
  return { name, source: lines.join('\n'), invocations: row.extent * workgroup, cooperative: true, quads: false }
}

function cooperativeSyntax(base: Syntax, prefix: string, workgroup: number, declare: (text: string) => void): Syntax {
  const arrays = new Set<string>()
  const nameOf = (array: string): string => (arrays.has(array) ? `${prefix}_${array}` : array)
  return {
    ...base,
    fold: (fold) => (isShared(fold.terms.variable) ? sharedFold(fold, base, workgroup) : base.fold(fold)),
    localStore: (array, ...store) => base.localStore(nameOf(array), ...store),
    localArray: (array, dtype, extent, filledBy, lanes) => {
      if (!isShared(filledBy)) return base.localArray(array, dtype, extent, filledBy, lanes)
      arrays.add(array)
      declare(`var<workgroup> ${nameOf(array)}: array<${typeOf(dtype)}, ${extent}>;`)
      return null
    },
    localLoad: (array, ...load) => base.localLoad(nameOf(array), ...load),
    loop: (over, extent, body) => {
      if (isShared(over)) return [...sharedLoop(over, extent, workgroup, body), 'workgroupBarrier();']
      return isEach(over) ? sharedLoop(over, extent, workgroup, body) : base.loop(over, extent, body)
    },
  }
}

const wordOf = (dtype: DType, value: string): string => (dtype === 'uint32' ? value : `bitcast<u32>(${value})`)
const fromWord = (dtype: DType, word: string): string =>
  dtype === 'uint32' ? word : `bitcast<${typeOf(dtype)}>(${word})`

/** A fold over the row: what each invocation has, then what all have. */
function sharedFold(fold: FoldText, base: Syntax, workgroup: number): string[] {
  const { name, combine, dtype } = fold
  const { variable, extent, body, value } = fold.terms
  const turns = Math.ceil(extent / workgroup)
  const turn = `${variable}_turn`
  const isIndex = combine === 'argmax' || combine === 'argmin'
  // the first of equal extremes wins, so that invocations must have what comes one after the other
  const place = isIndex ? `thread * ${turns} + ${turn}` : `${turn} * ${workgroup} + thread`
  const exact = extent % workgroup === 0
  // past the end the last element is taken again, which changes no extreme
  const lines = [`let ${variable} = ${exact ? place : `min(${place}, ${extent - 1})`};`, ...body]
  const neutral = combine === 'sum' ? 0 : combine === 'prod' ? 1 : null
  const isDropped = neutral !== null && !exact
  if (isDropped) lines.push(`let ${name}_term = select(${typeOf(dtype)}(${literalText(dtype, neutral)}), ${value}, ${place} < ${extent});`) // prettier-ignore
  const own = `${name}_own`
  const combineWords = (result: string, first: string, count: number): string[] =>
    base.fold({
      ...fold,
      name: result,
      terms: {
        variable: `${result}_i`,
        extent: count,
        body: [`let ${result}_word = ${fromWord(dtype, `partials[${first} + ${result}_i]`)};`],
        value: `${result}_word`,
      },
    })
  const word = (text: string): string => wordOf(dtype, text)
  const terms = { variable: turn, extent: turns, body: lines, value: isDropped ? `${name}_term` : value }
  const partial = base.fold({ ...fold, name: own, terms })
  const exchanged = isIndex
    ? exchangeIndex(workgroup, `${own}_best`, `min(thread * ${turns} + ${own}, ${extent - 1})`, `${name}_winner`, name, combineWords, word) // prettier-ignore
    : exchange(workgroup, own, `${name}_block`, name, combineWords, word)
  return [...partial, exchanged]
}
