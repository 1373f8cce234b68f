// What four rows of a software adapter share, as text: what it computes is checked on devices (conformance/quadRows.ts).

import { expect, test } from 'vitest'
import { printDispatch } from '../../../src/backend/webgpu/wgsl.ts'
import type { Target } from '../../../src/compiler/target.ts'
import { matmul } from '../../../src/ops/linalg.ts'
import { softmax } from '../../../src/ops/reductions.ts'
import { programOf } from '../../compiler/programs.ts'

/** Softmax of so many rows of logits, a row kernel. */
function source(rows: number, features: number, classes: number, target: Partial<Target>): string {
  const program = programOf(
    { parameters: { x: [rows, features], w: [features, classes] }, build: ({ x, w }) => [softmax(matmul(x!, w!))] },
    { software: true, ...target },
  )
  return program.dispatches.map((dispatch) => printDispatch(dispatch, program).source).join('\n')
}

const count = (text: string, part: RegExp): number => text.match(part)?.length ?? 0

test('the sums of a row are added up in one loop, for which a quad loads each weight once', () => {
  const text = source(8, 64, 10, { subgroups: true })
  // per turn of the loop, for four terms: ten weights, swapped with three neighbours, and four features
  expect(count(text, /quadSwap\w+\(/g)).toBe(30)
  expect(text.match(/k\w* < \d+/g)).toEqual([expect.stringContaining('< 16')])
  expect(count(text, /let v\d+: f32 = b\d_at/g)).toBe(14)
})

test('quads share nothing where invocations cannot, and nothing of what no loop adds up', () => {
  expect(source(8, 64, 10, { subgroups: false })).not.toContain('quadSwap')
  expect(source(8, 64, 17, { subgroups: true })).not.toContain('quadSwap')
  expect(source(8, 66, 10, { subgroups: true })).not.toContain('quadSwap')
})

test('a last quad that is not whole repeats the last row and stores it once', () => {
  const text = source(6, 64, 10, { subgroups: true })
  expect(text).toContain('min(id, 5)')
  expect(count(text, /_set\(/g) - 1).toBe(count(text, /if \(id < 6\)/g))
})
