// A program that fails -> a smaller one that still does: outputs, state and gradients are dropped, calls are replaced by one of
// their operands or by an input of the same shape and dtype, for as long as something still fails.

import { sameAval } from '../../src/core/aval.ts'
import { type FuzzProgram, liveValues, replaceUses, usesOf, type Value } from './program.ts'

/** Shrinks `program`; `fails` says whether a candidate still fails. At most `budget` candidates are tried. */
export async function shrinkProgram(
  program: FuzzProgram,
  fails: (candidate: FuzzProgram) => Promise<boolean>,
  budget = 400,
): Promise<FuzzProgram> {
  let best = program
  let left = budget
  for (let found = true; found && left > 0;) {
    found = false
    for (const candidate of candidatesOf(best)) {
      if (left-- <= 0) break
      if (!(await fails(candidate))) continue
      best = candidate
      found = true
      break
    }
  }
  return best
}

/** Smaller programs, the boldest changes first. */
function* candidatesOf(program: FuzzProgram): Generator<FuzzProgram> {
  const { outputs, state, gradient, values } = program
  if (gradient !== null) {
    yield { ...program, gradient: null }
    if (outputs.length > 0) yield { ...program, outputs: [], state: [] }
    if (gradient.second) yield { ...program, gradient: { ...gradient, second: false } }
    if (gradient.squared) yield { ...program, gradient: { ...gradient, squared: false } }
    if (gradient.of.length > 1) for (const of of gradient.of) yield { ...program, gradient: { ...gradient, of: [of] } }
    if (gradient.by.length > 1) for (const by of gradient.by) yield { ...program, gradient: { ...gradient, by: [by] } }
  }
  for (const i of outputs.keys()) {
    if (outputs.length > 1 || gradient !== null) yield { ...program, outputs: outputs.toSpliced(i, 1), state: state.toSpliced(i, 1) } // prettier-ignore
  }
  for (const i of outputs.keys()) if (state[i] !== null) yield { ...program, state: state.with(i, null) }
  if (program.steps > 1) yield { ...program, steps: 1 }
  if (program.arena) yield { ...program, arena: false }
  if (program.donate) yield { ...program, donate: false }

  const live = [...liveValues(program)].sort((a, b) => b - a)
  for (const target of live) {
    const value = values[target]!
    if (value.kind !== 'call') continue
    for (const operand of new Set(usesOf(value.call))) {
      if (sameAval(values[operand]!.aval, value.aval)) yield replaced(program, new Map([[target, operand]]))
    }
  }
  for (const target of live) {
    const value = values[target]!
    if (value.kind !== 'call' || program.outputs.includes(target)) continue
    const range: Value & { kind: 'input' } = { kind: 'input', aval: value.aval, range: value.aval.dtype === 'float32' ? { kind: 'real' } : { kind: 'integer', below: 1 } } // prettier-ignore
    yield { ...program, values: values.with(target, range) }
  }
  // an output that is not needed itself: what it was made of
  for (const [i, output] of outputs.entries()) {
    const value = values[output]!
    if (value.kind !== 'call' || state[i] !== null) continue
    for (const operand of new Set(usesOf(value.call))) {
      if (values[operand]!.kind === 'call' && !outputs.includes(operand)) yield { ...program, outputs: outputs.with(i, operand) } // prettier-ignore
    }
  }
}

/** `program` with values replaced by others of the same aval. */
function replaced(program: FuzzProgram, by: ReadonlyMap<number, number>): FuzzProgram {
  const at = (value: number): number => by.get(value) ?? value
  const { gradient } = program
  return {
    ...program,
    values: program.values.map((value) => {
      if (value.kind !== 'call') return value
      return { ...value, call: { ...value.call, args: value.call.args.map((argument) => replaceUses(argument, by)) } }
    }),
    outputs: program.outputs.map(at),
    gradient: gradient === null ? null : { ...gradient, of: gradient.of.map(at) },
  }
}
