// How four neighbouring invocations share what each of them loads. Nobody broadcasts: in turn `j` an invocation has what its neighbour
// `lane ^ j` loaded, so that after four turns each has had all of it. Where a swap is one shuffle of a vector register, as on
// SwiftShader, a broadcast is some forty instructions. What is computed in turn `j` belongs to `lane ^ j`, not to `j`.

import { type Variable, variable } from '../../ir/scalar.ts'
import type { Emitter } from '../emit.ts'

const SWAPS = ['quadSwapX', 'quadSwapY', 'quadSwapDiagonal']

/** The names of a value in the four turns of an exchange, the invocation's own first. */
export const exchanged = (emitter: Emitter, value: string): readonly string[] => [
  value,
  ...SWAPS.map((swap) => emitter.named(`${swap}(${value})`)),
]

/** Whose value an invocation has in each of the four turns: itself first (`ql`), then `ql ^ j`. */
export const quadTurns = (): readonly Variable[] => [0, 1, 2, 3].map((j) => variable(j === 0 ? 'ql' : `ql${j}`, 4))

/** What the turns are bound to. */
export const boundTurns = (turns: readonly Variable[]): { variable: Variable; name: string }[] =>
  turns.map((turn) => ({ variable: turn, name: turn.name }))

/** Gives the turns their values in an invocation `id`. */
export const declareTurns = (turns: readonly Variable[]): string[] =>
  turns.map(({ name }, j) => `let ${name} = ${j === 0 ? 'id & 3' : `ql ^ ${j}`};`)
