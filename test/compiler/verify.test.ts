// verifyProgram finds what it is there to find: each test damages a good program in one way.

import { describe, expect, test } from 'vitest'
import type { Location, Program } from '../../src/compiler/program.ts'
import { verifyProgram } from '../../src/compiler/verify.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add, mul, sub } from '../../src/ops/arithmetic.ts'
import { exp } from '../../src/ops/elementary.ts'
import { sum } from '../../src/ops/reductions.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { transpose } from '../../src/ops/shaping.ts'
import { programOf } from './programs.ts'

/** Too large for row kernels, so that each contraction stays a kernel. */
const PARAMETERS = { x: [96, 96], w: [96, 96] }
const chain = (): Program =>
  programOf({
    parameters: PARAMETERS,
    build: ({ x, w }) => {
      const y = matmul(x!, w!)
      return [matmul(matmul(y, w!), y)]
    },
  })

const tensorsIn = (program: Program, space: Location['space']): Tensor[] =>
  [...program.locations].filter(([, location]) => location.space === space).map(([tensor]) => tensor)

const moved = (program: Program, tensor: Tensor, location: Location): Program => ({
  ...program,
  locations: new Map(program.locations).set(tensor, location),
  outputs: program.outputs.map((output) => (output.tensor === tensor ? { tensor, location } : output)),
})

describe('verifyProgram', () => {
  test('passes a good program', () => {
    expect(verifyProgram(chain())).toBeUndefined()
  })

  test('finds kernels in the wrong order', () => {
    const program = chain()
    expect(() => verifyProgram({ ...program, dispatches: program.dispatches.toReversed() })).toThrow(
      /which holds nothing/,
    )
  })

  test('finds a kernel in one dispatch with what it reads', () => {
    const program = chain()
    const together = { kernels: program.dispatches.flatMap(({ kernels }) => kernels) }
    expect(() => verifyProgram({ ...program, dispatches: [together] })).toThrow(/holds nothing/)
  })

  test('finds a slot that is reused before its last reader', () => {
    const program = chain()
    const [first, second] = tensorsIn(program, 'temporary')
    expect(() => verifyProgram(moved(program, second!, program.locations.get(first!)!))).toThrow(
      /holds tensor|overwrites/,
    )
  })

  test('finds a missing kernel, and an output that nothing computes', () => {
    const program = chain()
    expect(() => verifyProgram({ ...program, dispatches: program.dispatches.slice(0, -1) })).toThrow(
      /output 0: .* does not hold/,
    )
    expect(() => verifyProgram({ ...program, dispatches: program.dispatches.slice(1) })).toThrow(/holds nothing/)
  })

  test('finds a tensor without a location', () => {
    const program = chain()
    const locations = new Map(program.locations)
    locations.delete(tensorsIn(program, 'temporary')[0]!)
    expect(() => verifyProgram({ ...program, locations })).toThrow(/has no location/)
  })

  test('finds a slot that is too small', () => {
    const program = chain()
    expect(() => verifyProgram({ ...program, slots: program.slots.map(() => 128) })).toThrow(/too small/)
  })

  test('finds an update in place that reads other elements than it writes', () => {
    for (const build of [
      ({ x }: Record<string, Tensor>) => [add(x!, transpose(x!))],
      ({ x, w }: Record<string, Tensor>) => [matmul(x!, w!)],
      ({ x }: Record<string, Tensor>) => [mul(x!, sum(x!, 1, true))],
    ]) {
      const program = programOf({ parameters: PARAMETERS, build })
      const damaged = moved(program, program.outputs[0]!.tensor, { space: 'input', index: 0 })
      expect(() => verifyProgram(damaged)).toThrow(/still reads|which holds/)
    }
  })

  test('finds state that is overwritten before another kernel reads it', () => {
    const program = programOf({
      parameters: PARAMETERS,
      build: ({ x, w }) => [sub(x!, w!), matmul(w!, x!)],
      state: ['x', null],
    })
    verifyProgram(program)
    expect(() => verifyProgram({ ...program, dispatches: program.dispatches.toReversed() })).toThrow(
      /reads tensor .* which holds tensor/,
    )
    const together = { kernels: program.dispatches.flatMap(({ kernels }) => kernels) }
    expect(() => verifyProgram({ ...program, dispatches: [together] })).toThrow(/while .* overwrites it/)
  })

  test('finds an input that is overwritten although it was not donated', () => {
    const program = programOf({ parameters: PARAMETERS, build: ({ x, w }) => [exp(w!), exp(x!)] })
    const temporary = program.outputs[1]!.tensor
    const damaged = moved(program, temporary, { space: 'input', index: 0 })
    expect(() => verifyProgram({ ...damaged, outputs: damaged.outputs.slice(0, 1) })).toThrow(/not donated/)
  })

  test('finds two outputs in one place', () => {
    const program = programOf({ parameters: PARAMETERS, build: ({ x, w }) => [exp(x!), exp(w!)] }, { software: false })
    expect(() => verifyProgram(moved(program, program.outputs[1]!.tensor, program.outputs[0]!.location))).toThrow(
      /two stores|shares/,
    )
  })

  test('finds a dispatch that binds too many buffers', () => {
    const program = chain()
    expect(() => verifyProgram({ ...program, target: { ...program.target, maxBindings: 2 } })).toThrow(
      /binds 3 buffers, the target has 2/,
    )
  })

  test('finds inputs that overlap where one is written', () => {
    const program = programOf({ parameters: PARAMETERS, build: ({ x, w }) => [sub(x!, w!)], state: ['x'] })
    expect(() => verifyProgram({ ...program, placements: [{ group: 0, offset: 0 }, { group: 0, offset: 256 }] })).toThrow(/overlap/) // prettier-ignore
  })

  test('finds a kernel that stores too few elements', () => {
    const program = chain()
    const [first, ...rest] = program.dispatches
    const kernels = first!.kernels.map((kernel) =>
      kernel.kind === 'contraction' ? { ...kernel, m: { ...kernel.m, extent: 4 } } : kernel,
    )
    expect(() => verifyProgram({ ...program, dispatches: [{ kernels }, ...rest] })).toThrow(/stores 384 elements/)
  })

  test('finds a variable that nothing binds', () => {
    const program = chain()
    const [first, ...rest] = program.dispatches
    const kernels = first!.kernels.map((kernel) =>
      kernel.kind === 'contraction' ? { ...kernel, lhs: kernel.rhs } : kernel,
    )
    expect(() => verifyProgram({ ...program, dispatches: [{ kernels }, ...rest] })).toThrow(/is not bound/)
  })
})
