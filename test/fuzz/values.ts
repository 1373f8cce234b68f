// The values of a program's inputs: a function of the input and a text.

import type { Aval } from '../../src/core/aval.ts'
import { hostArrayOf, type TypedArray } from '../../src/core/dtype.ts'
import { sizeOf } from '../../src/core/shape.ts'
import type { Range } from './program.ts'
import { randomOf } from './random.ts'

/** Numbers of [-2, 2] (positive ones: [0.1, 2]) that keep away from multiples of 1/4, and integers. */
export function inputValues({ aval, range }: { readonly aval: Aval; readonly range: Range }, text: string): TypedArray {
  const random = randomOf(text)
  const data = hostArrayOf(aval.dtype, sizeOf(aval.shape))
  for (let i = 0; i < data.length; i++) data[i] = range.kind === 'integer' ? random.below(range.below + 1) : real(range.kind === 'positive' ? 0.1 : -2) // prettier-ignore
  return data

  function real(low: number): number {
    const x = low + (2 - low) * random.unit()
    const quarter = Math.round(x * 4) / 4
    return Math.abs(x - quarter) < 0.01 ? quarter + (x < quarter ? -0.01 : 0.01) : x
  }
}
