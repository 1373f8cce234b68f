// Operands that read a tensor in runs (the channels under a position of a convolution's window): only where each run begins is computed
// here, and WebAssembly copies them, or zeros where a window lies beside the image.

import { sizeOf } from '../../core/shape.ts'
import { integer, plus, times } from '../../ir/indexMap.ts'
import { type Loadable, type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { dependsOn, substituteVariables } from '../../ir/substitute.ts'
import { createEmitter, type Emitter } from '../emit.ts'
import { axesOf } from './axes.ts'
import type { OperandPlan } from './sumWalk.ts'

/** A vector of WebAssembly. */
const LANES = 4

/** Where a run begins, and what must hold for it not to be zeros. */
interface Run {
  readonly source: Loadable
  readonly begin: Scalar
  readonly condition: Scalar | null
}

/** Statements that lay out runs one behind the other, and the floats that they take beside them. */
interface Copies {
  readonly lines: readonly string[]
  readonly floats: number
}

/** `value` as a run over `over`, or null: elements side by side, all or none of which are there. */
function runOf(value: Scalar, over: Variable): Run | null {
  const [condition, element] = value.op === 'select' ? [value.condition, value.x] : [null, value]
  if (value.op === 'select' && !(value.y.op === 'const' && Object.is(value.y.value, 0))) return null
  if (condition !== null && dependsOn(condition, over)) return null
  if (element.op !== 'load' || element.source.aval.dtype !== 'float32') return null
  const begin = substituteVariables(element.index, new Map([[over, integer(0)]]))
  if (dependsOn(begin, over) || plus(begin, over).hash !== element.index.hash) return null
  return { source: element.source, begin, condition }
}

/** All runs of so many lanes that `nest` goes through, copied to float `to` and on; what they need besides begins at `at`. */
function copies(
  plan: OperandPlan,
  run: Run,
  lanes: number,
  most: number,
  to: number,
  at: number,
  bound: readonly { variable: Variable; name: string }[],
  nest: (emitter: Emitter, write: () => void) => readonly string[],
): Copies {
  const array = plan.arrayOf(run.source)
  const staged = at + most
  const room = Math.min(sizeOf(run.source.aval.shape), most * lanes)
  const emitter = createEmitter(plan.syntax, bound)
  const body = nest(emitter, () => {
    const begin = emitter.value(run.begin)
    if (run.condition === null) emitter.line(`const run = ${begin};`)
    else emitter.line(`const run = ${emitter.value(run.condition)} ? ${begin} : -1;`)
    emitter.line('n[t++] = run;')
    emitter.line('if (run >= 0) { if (run < low) low = run; if (run > high) high = run; }')
  })
  const copied = `${to} + i * ${lanes}`
  return {
    floats: most + room,
    lines: [
      '{',
      `let t = ${at}, low = 2147483647, high = 0;`,
      ...body,
      `if (high - low + ${lanes} <= ${room}) {`,
      `f.set(${array}.subarray(low, high + ${lanes}), ${staged});`,
      `product.runs(${4 * at}, t - ${at}, ${lanes / LANES}, 4 * (${staged} - low), ${4 * to});`,
      '} else {', // far apart: each for itself
      `for (let i = 0; i < t - ${at}; i++) {`,
      `const run = n[${at} + i];`,
      `if (run < 0) f.fill(0, ${copied}, ${copied} + ${lanes}); else f.set(${array}.subarray(run, run + ${lanes}), ${copied});`,
      '}',
      '}',
      '}',
    ],
  }
}

/** Rows r0 to r1, each with its terms side by side from float `to` on, or null where their terms do not come in runs. */
export function termRuns(plan: OperandPlan, to: number, blockRows: number, at: number): Copies | null {
  const { kernel, axis, operand, walk, terms } = plan
  const { outer, inner, span, value } = walk
  const last = inner.at(-1)
  if (last === undefined || last.extent % LANES !== 0) return null
  const run = runOf(substituteVariables(operand, new Map([[kernel.k, value]])), last)
  if (run === null) return null
  const bound = [
    { variable: kernel.batch, name: 'b' },
    { variable: axis, name: 'r' },
  ]
  return copies(plan, run, last.extent, (blockRows * terms) / last.extent, to, at, bound, (emitter, write) => {
    const nest = ([next, ...rest]: readonly Variable[]): void => {
      if (next === undefined || next === last) write()
      else emitter.loop(next, next.name, () => nest(rest))
    }
    const body = emitter.within([{ variable: outer, name: 'k' }], () => nest(inner))
    return [
      'for (let r = r0; r < r1; r++) {',
      ...emitter.lines(),
      `for (let k = k0 / ${span}; k < k1 / ${span}; k++) {`,
      ...body,
      '}',
      '}',
    ]
  })
}

/** All terms of a block, each with its rows or columns from `o0` to `o1` times `lanes` side by side, or null where those do not come in runs. */
export function axisRuns(
  plan: OperandPlan,
  to: number,
  at: number,
): { readonly lanes: number; readonly copies: Copies } | null {
  const { kernel, axis, operand, walk, terms } = plan
  const lanes = axesOf(axis, [operand]).axes.at(-1)!.extent
  if (lanes === axis.extent || lanes % LANES !== 0) return null
  const [group, lane] = [variable('o', axis.extent / lanes), variable('lane', lanes)]
  const parts = new Map<Variable, Scalar>([[axis, plus(times(group, lanes), lane)], [kernel.k, walk.value]]) // prettier-ignore
  const run = runOf(substituteVariables(operand, parts), lane)
  if (run === null) return null
  const { outer, inner, span } = walk
  const bound = [{ variable: kernel.batch, name: 'b' }]
  const most = terms * group.extent
  const made = copies(plan, run, lanes, most, to, at, bound, (emitter, write) => {
    const nest = ([next, ...rest]: readonly Variable[]): void => {
      if (next !== undefined) {
        emitter.loop(next, next.name, () => nest(rest))
        return
      }
      const lines = emitter.within([{ variable: group, name: 'o' }], write)
      emitter.line('for (let o = o0; o < o1; o++) {')
      for (const line of [...lines, '}']) emitter.line(line)
    }
    const body = emitter.within([{ variable: outer, name: 'k' }], () => nest(inner))
    const groups = span === 1 ? '' : ` / ${span}`
    return [...emitter.lines(), `for (let k = k0${groups}; k < k1${groups}; k++) {`, ...body, '}']
  })
  return { lanes, copies: made }
}
