// Which maps are computed in blocks; what they compute is checked on devices (conformance/blockMaps.ts).

import { expect, test } from 'vitest'
import { blockedMap } from '../../../src/backend/webgpu/blockMap.ts'
import { printDispatch } from '../../../src/backend/webgpu/wgsl.ts'
import type { Program } from '../../../src/compiler/program.ts'
import { add } from '../../../src/ops/arithmetic.ts'
import { repeat } from '../../../src/ops/arranging.ts'
import { sum } from '../../../src/ops/reductions.ts'
import { transpose } from '../../../src/ops/shaping.ts'
import { programOf } from '../../compiler/programs.ts'

/** An `x` of this shape, repeated so often along its second axis, plus another tensor and a bias. */
function programFor(shape: readonly [number, number, number], times: number, software = true) {
  const [n, h, c] = shape
  return programOf(
    {
      parameters: { x: shape, y: [n, times * h, c], bias: [c] },
      build: ({ x, y, bias }) => [add(add(repeat(x!, times, 1), y!), bias!)],
    },
    { software },
  )
}

function mapOf(program: Program) {
  const kernel = program.dispatches[0]!.kernels[0]!
  return kernel.kind === 'loop' ? blockedMap(kernel) : null
}

const blocksOf = (shape: readonly [number, number, number], times: number) => mapOf(programFor(shape, times))

test('an axis that a load halves is taken in twos, four lanes at a time where they are adjacent', () => {
  const blocks = blocksOf([8, 32, 16], 2)
  expect([blocks?.blocks.length, blocks?.over.extent, blocks?.lane?.extent]).toEqual([2, (8 * 64 * 16) / 8, 4])
  const odd = blocksOf([8, 32, 15], 2)
  expect([odd?.blocks.length, odd?.over.extent, odd?.lane]).toEqual([2, (8 * 64 * 15) / 2, null])
})

test('small maps, sums, and maps whose neighbours have nothing in common, are not', () => {
  expect(blocksOf([2, 32, 16], 2)).toBeNull()
  expect(blocksOf([8, 32, 16], 1)).toBeNull()
  expect(blocksOf([8, 33, 16], 3)).toBeNull()
  const sums = programOf({
    parameters: { x: [8, 32, 16, 5] },
    build: ({ x }) => [sum(repeat(x!, 2, 1), -1)],
  })
  expect(mapOf(sums)).toBeNull()
})

test('elements that are not adjacent are not taken four at a time', () => {
  const program = programOf({
    parameters: { x: [8, 32, 16], y: [8, 16, 64] },
    build: ({ x, y }) => [add(repeat(x!, 2, 1), transpose(y!, [0, 2, 1]))],
  })
  expect([mapOf(program)?.blocks.length, mapOf(program)?.lane]).toEqual([2, null])
})

test('what a block has in common is loaded once, on software adapters', () => {
  const loads = (software: boolean): number => {
    const program = programFor([8, 32, 16], 2, software)
    const body = printDispatch(program.dispatches[0]!, program).source.split('fn kernel_0')[1]!
    return body.match(/_four\(/g)!.length
  }
  // x, the bias, two of y and two stores; without blocks x, y, the bias and a store
  expect([loads(true), loads(false)]).toEqual([6, 4])
})
