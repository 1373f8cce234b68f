// Temporaries: a slot is reused once its last reader is over, or by that reader itself where it reads only what it overwrites.

import { expect, test } from 'vitest'
import { verifyProgram } from '../../src/compiler/verify.ts'
import type { Program } from '../../src/compiler/program.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { mul } from '../../src/ops/arithmetic.ts'
import { exp } from '../../src/ops/elementary.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { max } from '../../src/ops/reductions.ts'
import { transpose } from '../../src/ops/shaping.ts'
import { programOf } from './programs.ts'

/** The weights of a second layer depend on all of the first one: `again` says how the first one is read. */
const program = (again: (hidden: Tensor) => Tensor): Program =>
  programOf({
    parameters: { x: [96, 96], w: [96, 96], v: [96, 96] },
    build: ({ x, w, v }) => {
      const hidden = exp(matmul(x!, w!))
      return [matmul(mul(again(hidden), max(hidden, [0, 1])), v!)]
    },
  })

const large = ({ slots }: Program): number => slots.filter((bytes) => bytes >= 96 * 96 * 4).length

test('the last reader of a temporary works in place where it reads what it overwrites', () => {
  const inPlace = program((hidden) => hidden)
  verifyProgram(inPlace)
  expect(large(inPlace)).toBe(1)
})

test('it takes a slot of its own where it reads other elements', () => {
  const apart = program(transpose)
  verifyProgram(apart)
  expect(large(apart)).toBe(2)
})

test('large slots waste less than a page', () => {
  for (const bytes of program(transpose).slots.filter((size) => size > 1 << 16)) expect(bytes % 4096).toBe(0)
  const { slots } = programOf({
    parameters: { x: [129, 160], w: [160, 129] },
    build: ({ x, w }) => [matmul(exp(matmul(x!, w!)), x!)],
  })
  expect(slots.some((bytes) => bytes >= 129 * 129 * 4 && bytes < 129 * 129 * 4 + 4096)).toBe(true)
})
