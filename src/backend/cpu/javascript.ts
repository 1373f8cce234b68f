// Kernel -> JavaScript source: one function per kernel over typed arrays, for what is not printed as WebAssembly. Contractions use 4x4 register
// tiles over blocks of k, with the sums in a scratch array until the epilogue.

import {
  rootsOf,
  storesOf,
  type ContractionKernel,
  type Kernel,
  type LoopKernel,
  type Stage,
  type Store,
} from '../../compiler/kernel.ts'
import { plus } from '../../ir/indexMap.ts'
import { type Loadable, type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { substituteVariables, visitScalars } from '../../ir/substitute.ts'
import { createEmitter, type Emitter } from '../emit.ts'
import type { Syntax } from '../syntax.ts'
import { axesOf } from './axes.ts'
import { javascript } from './syntax.ts'

/** A kernel as a function body over `arrays` and `args`, and what those hold, in order, for the units `from` to `to` of its work. */
export interface JavaScriptKernel {
  readonly source: string
  /** Rows or tiles, which may be computed in any order and by several threads; one where it is all or nothing. */
  readonly units: number
  readonly arrays: readonly Loadable[]
  readonly args: readonly Loadable[]
}

const TILE = 4
const K_BLOCK = 256

/** Prints a kernel. */
export function printJavaScript(kernel: Kernel): JavaScriptKernel {
  const arrays: Loadable[] = []
  const args: Loadable[] = []
  const nameOf = (list: Loadable[], prefix: string) => (source: { readonly id: number }) =>
    `${prefix}${list.findIndex((item) => item.id === source.id)}`
  visitScalars(rootsOf(kernel), (node) => {
    if (node.op === 'load' && !arrays.includes(node.source)) arrays.push(node.source)
    if (node.op === 'argument' && !args.includes(node.source)) args.push(node.source)
  })
  for (const { target } of storesOf(kernel)) if (!arrays.includes(target)) arrays.push(target)
  const argument = nameOf(args, '')
  const names = {
    array: nameOf(arrays, 'x'),
    argument: (source: { readonly id: number }) => `args[${argument(source)}]`,
  }
  const syntax = javascript(names)
  const { units, lines } =
    kernel.kind === 'loop'
      ? loopBody(kernel, syntax, names.array)
      : { units: 1, lines: contractionLines(kernel, syntax, names.array) }
  const header = arrays.map((_, i) => `const x${i} = arrays[${i}];`)
  return { source: [...header, ...lines].join('\n'), units, arrays, args }
}

type ArrayName = (source: { readonly id: number }) => string

/** Values first, then stores: a kernel that works in place reads an element before it overwrites it. */
function writeStores(emitter: Emitter, stores: readonly Store[], arrayName: ArrayName): void {
  const texts = stores.map(
    ({ target, index, value }) => `${arrayName(target)}[${emitter.value(index)}] = ${emitter.value(value)};`,
  )
  texts.forEach((text) => emitter.line(text))
}

function loopBody(kernel: LoopKernel, syntax: Syntax, arrayName: ArrayName): { units: number; lines: string[] } {
  const { row, stages } = kernel
  const isPlain = stages.every((stage) => stage.inner === null)
  const { axes, value } = isPlain ? axesOf(row, rootsOf(kernel)) : { axes: [row], value: row }
  const moved = (scalar: Scalar): Scalar => (value === row ? scalar : substituteVariables(scalar, new Map([[row, value]]))) // prettier-ignore
  const storesOfStage = (stage: Stage): Store[] =>
    stage.stores.map(({ target, index, value: stored }) => ({ target, index: moved(index), value: moved(stored) }))
  const [outer, ...inner] = axes as [Variable, ...Variable[]]
  const emitter = createEmitter(syntax, [])
  const nest = (left: readonly Variable[], write: () => void): void => {
    const [next, ...rest] = left
    if (next === undefined) write()
    else emitter.loop(next, next.name, () => nest(rest, write))
  }
  const body = emitter.within([{ variable: outer, name: 'i' }], () => {
    nest(inner, () => {
      for (const stage of stages) {
        if (stage.inner !== null)
          emitter.loop(stage.inner, stage.inner.name, () => writeStores(emitter, stage.stores, arrayName))
      }
      const last = stages.filter((stage) => stage.inner === null)
      writeStores(emitter, last.flatMap(storesOfStage), arrayName)
    })
  })
  return { units: outer.extent, lines: [...emitter.lines(), 'for (let i = from; i < to; i++) {', ...body, '}'] }
}

function contractionLines(kernel: ContractionKernel, syntax: Syntax, arrayName: ArrayName): string[] {
  const { batch, m, n, k } = kernel
  const [M, N, K] = [m.extent, n.extent, k.extent]
  const mFull = M - (M % TILE)
  const nFull = N - (N % TILE)
  const step = (name: string, from: number, to: number, by: number, body: readonly string[]): string[] =>
    from === to ? [] : [`for (let ${name} = ${from}; ${name} < ${to}; ${name} += ${by}) {`, ...body, '}']
  const tile = (rows: number, columns: number): string[] => tileLines(kernel, syntax, rows, columns)
  const epilogueNames = [
    { variable: batch, name: 'b' },
    { variable: m, name: 'm' },
  ]
  const epilogue = createEmitter(syntax, epilogueNames, [], { text: 'sums[m * N + n]', variables: [m, n] })
  epilogue.loop(n, 'n', () => writeStores(epilogue, kernel.stores, arrayName))
  return [
    `const N = ${N}; const sums = scratch('sums', ${M * N});`,
    ...step('b', 0, batch.extent, 1, [
      `sums.fill(0, 0, ${M * N});`,
      ...step('k0', 0, K, K_BLOCK, [
        `const k1 = Math.min(k0 + ${K_BLOCK}, ${K});`,
        ...step('n', 0, nFull, TILE, [
          ...step('m', 0, mFull, TILE, tile(TILE, TILE)),
          ...step('m', mFull, M, 1, tile(1, TILE)),
        ]),
        ...step('n', nFull, N, 1, [...step('m', 0, mFull, TILE, tile(TILE, 1)), ...step('m', mFull, M, 1, tile(1, 1))]),
      ]),
      ...step('m', 0, M, 1, epilogue.lines()),
    ]),
  ]
}

/** The sums of `rows` x `columns` outputs from (m, n), over k0 <= k < k1, added to the scratch array. */
function tileLines(kernel: ContractionKernel, syntax: Syntax, rows: number, columns: number): string[] {
  const { batch, m, n, k } = kernel
  const bound = [
    { variable: batch, name: 'b' },
    { variable: m, name: 'm' },
    { variable: n, name: 'n' },
  ]
  const emitter = createEmitter(syntax, bound)
  // extents beyond the block would let ranges simplify away what the loop bounds do not promise
  const over: Variable = variable('k', k.extent)
  const shifted = (value: Scalar, by: Variable, offset: number): Scalar =>
    substituteVariables(value, new Map([[by, plus(by, offset)]]))
  const sums: string[] = []
  const body = emitter.within([{ variable: over, name: 'k' }], () => {
    const lhs = Array.from({ length: rows }, (_, r) => emitter.value(shifted(kernel.lhs, m, r)))
    const rhs = Array.from({ length: columns }, (_, c) => emitter.value(shifted(kernel.rhs, n, c)))
    lhs.forEach((a, r) => rhs.forEach((b, c) => emitter.line(`s${r}_${c} += ${a} * ${b};`)))
  })
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) sums.push(`s${r}_${c}`)
  return [
    `let ${sums.map((sum) => `${sum} = 0`).join(', ')};`,
    ...emitter.lines(),
    'for (let k = k0; k < k1; k++) {',
    ...body,
    '}',
    ...sums.map((sum) => {
      const [r, c] = sum.slice(1).split('_')
      return `sums[(m + ${r}) * N + n + ${c}] += ${sum};`
    }),
  ]
}
