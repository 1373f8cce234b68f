// Places in the caller's code, from the stacks of the three engines.

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { placeOf } from '../../src/runtime/origins.ts'

const own = fileURLToPath(new URL('../../src/', import.meta.url))
const place = (...lines: string[]) => placeOf({ stack: { stack: lines.join('\n') } })

test('the innermost frame outside wgrad is the place, the outermost operation before it the composite', () => {
  expect(
    place(
      'Error: made',
      `    at apply (${own}ir/tensor.ts:170:12)`,
      `    at div (${own}ops/arithmetic.ts:57:10)`,
      `    at Module.softmax (${own}ops/reductions.ts:73:10)`,
      `    at Tensor.softmax [as call] (${own}fluent.ts:73:10)`,
      '    at /home/me/model.ts:12:34',
      '    at train (/home/me/train.ts:1:2)',
    ),
  ).toEqual({ location: '/home/me/model.ts:12:34', composite: 'softmax' })
})

test('files as addresses, async frames and packages on the way are understood', () => {
  expect(
    place(
      'Error: made',
      `    at made (file://${own}runtime/origins.ts:30:40)`,
      '    at Array.map (<anonymous>)',
      '    at run (/x/node_modules/@scope/tool/index.js:5:6)',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
      '    at async main (file:///home/me/a%20b/main.ts?t=3:7:8)',
    ),
  ).toEqual({ location: '/home/me/a%20b/main.ts:7:8', composite: null })
})

test('the stacks of Firefox and Safari are understood', () => {
  expect(
    place(
      `apply@${own}ir/tensor.ts:170:12`,
      `log@${own}ops/arithmetic.ts:110:5`,
      'loss@http://localhost:5173/src/model.ts?t=17:3:9',
      '@http://localhost:5173/src/main.ts:1:1',
    ),
  ).toEqual({ location: 'http://localhost:5173/src/model.ts:3:9', composite: 'log' })
})

test('without a frame of the caller there is no place', () => {
  expect(place(`    at apply (${own}ir/tensor.ts:170:12)`).location).toBeNull()
  expect(placeOf({ stack: {} })).toEqual({ location: null, composite: null })
})
