// How four neighbouring invocations share what each of them loads. Nobody broadcasts: in turn `j` an invocation has what its neighbour
// `lane ^ j` loaded, so that after four turns each has had all of it. Where a swap is one shuffle of a vector register, as on
// SwiftShader, a broadcast is some forty instructions. What is computed in turn `j` belongs to `lane ^ j`, not to `j`.

import type { Emitter } from '../emit.ts'

const SWAPS = ['quadSwapX', 'quadSwapY', 'quadSwapDiagonal']

/** The names of a value in the four turns of an exchange, the invocation's own first. */
export const exchanged = (emitter: Emitter, value: string): readonly string[] => [
  value,
  ...SWAPS.map((swap) => emitter.named(`${swap}(${value})`)),
]
