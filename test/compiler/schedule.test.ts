// What keeps a schedule right: whatever overwrites state comes after everything that reads the old value, temporaries live
// until their last reader, and an update that cannot work in place gets a copy.

import { describe, expect, test } from 'vitest'
import { storesOf } from '../../src/compiler/kernel.ts'
import type { Program } from '../../src/compiler/program.ts'
import { kernelReads } from '../../src/compiler/schedule.ts'
import { verifyProgram } from '../../src/compiler/verify.ts'
import { add, mul, sub } from '../../src/ops/arithmetic.ts'
import { tanh } from '../../src/ops/elementary.ts'
import { mean, softmax, sum } from '../../src/ops/reductions.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { flip, transpose } from '../../src/ops/shaping.ts'
import { nameOf, programOf, type Source, summaryOf } from './programs.ts'

/** The dispatches that store a tensor, by its name, and those that read one. */
function dispatchesOf(program: Program, name: string): { writes: number[]; reads: number[] } {
  const found = { writes: [] as number[], reads: [] as number[] }
  program.dispatches.forEach(({ kernels }, i) => {
    for (const kernel of kernels) {
      if (storesOf(kernel).some(({ target }) => nameOf(program, target) === `${name}'`)) found.writes.push(i)
      if ([...kernelReads(kernel)].some((tensor) => nameOf(program, tensor) === name)) found.reads.push(i)
    }
  })
  return found
}

const P = { p: [8, 8], q: [8, 8] }

describe('anti-dependencies', () => {
  test('an update waits for a contraction that reads the old value', () => {
    const program = programOf({
      parameters: P,
      build: ({ p, q }) => [sub(p!, 0.1), matmul(q!, p!)],
      state: ['p', null],
    })
    verifyProgram(program)
    const { writes, reads } = dispatchesOf(program, 'p')
    expect(writes).toEqual([1])
    expect(reads).toEqual([0, 1])
  })

  test('an update waits also where its reader needs a value of another dispatch', () => {
    const program = programOf({
      parameters: P,
      build: ({ p, q }) => [mul(p!, 0.9), matmul(matmul(q!, q!), transpose(p!))],
      state: ['p', null],
    })
    verifyProgram(program)
    const { writes, reads } = dispatchesOf(program, 'p')
    expect(Math.min(...writes)).toBeGreaterThanOrEqual(Math.max(...reads.filter((i) => !writes.includes(i))))
    expect(writes[0]).toBeGreaterThan(reads[0]!)
  })

  test('two updates that read each other are split by a copy', () => {
    const program = programOf({
      parameters: P,
      build: ({ p, q }) => [matmul(q!, p!), matmul(p!, q!)],
      state: ['p', 'q'],
    })
    verifyProgram(program)
    expect(program.outputs.map(({ location }) => location.space)).toEqual(['input', 'input'])
    expect(program.slots.length).toBeGreaterThan(0)
  })
})

describe('donation', () => {
  test('an elementwise update works in place, in one kernel and without a temporary', () => {
    const program = programOf({ parameters: P, build: ({ p, q }) => [sub(p!, mul(q!, 0.1))], state: ['p'] })
    verifyProgram(program)
    expect(summaryOf(program)).toBe("0: loop 64 -> p': float32[8, 8]")
    expect(program.slots).toEqual([])
  })

  test('a contraction takes the update in its epilogue', () => {
    const program = programOf({ parameters: P, build: ({ p, q }) => [sub(p!, mul(matmul(q!, q!), 0.1))], state: ['p'] })
    verifyProgram(program)
    expect(summaryOf(program)).toBe("0: contraction [8, 8] x [8, 8] -> p': float32[8, 8]")
  })

  const elsewhere: Record<string, Source['build']> = {
    'transposes it': ({ p }) => [add(p!, transpose(p!))],
    'flips it': ({ p }) => [flip(p!)],
    'multiplies it by itself': ({ p }) => [matmul(p!, p!)],
    'subtracts its mean': ({ p }) => [sub(p!, mean(p!))],
    'normalises its columns': ({ p }) => [softmax(p!, 0)],
  }
  test.each(Object.entries(elsewhere))('an update that %s goes through a temporary', (_, build) => {
    const program = programOf({ parameters: P, build, state: ['p'] })
    verifyProgram(program)
    expect(program.outputs[0]!.location).toEqual({ space: 'input', index: 0 })
    expect(program.dispatches.length).toBeGreaterThan(1)
    expect(program.slots.length).toBeGreaterThan(0)
  })

  test('swapped state goes through copies, and state that stays needs no kernel', () => {
    const swapped = programOf({ parameters: P, build: ({ p, q }) => [q!, p!], state: ['p', 'q'] })
    verifyProgram(swapped)
    expect(swapped.outputs.map(({ location }) => location)).toEqual([{ space: 'input', index: 0 }, { space: 'input', index: 1 }]) // prettier-ignore
    const still = programOf({ parameters: P, build: ({ p, q }) => [p!, q!], state: ['p', 'q'] })
    verifyProgram(still)
    expect(still.dispatches).toEqual([])
  })

  test('without donation every output has memory of its own, inputs and repeated ones too', () => {
    const program = programOf({
      parameters: P,
      build: ({ p }) => {
        const t = tanh(p!)
        return [p!, t, t]
      },
    })
    verifyProgram(program)
    expect(program.outputs.map(({ location }) => location)).toEqual(
      [0, 1, 2].map((index) => ({ space: 'output', index })),
    )
  })
})

describe('temporaries', () => {
  test('a chain of contractions alternates between two slots', () => {
    const chain: Source = {
      parameters: { x: [128, 128], w: [128, 128] },
      build: ({ x, w }) => [Array.from({ length: 8 }).reduce<typeof x>((y) => matmul(y!, w!), x)!],
    }
    const program = programOf(chain)
    verifyProgram(program)
    expect(program.dispatches).toHaveLength(8)
    expect(program.slots).toHaveLength(2)
  })

  test('a value with a late reader keeps its slot', () => {
    const program = programOf({
      parameters: { x: [128, 128], w: [128, 128] },
      build: ({ x, w }) => {
        const early = matmul(x!, w!)
        const late = matmul(matmul(matmul(early, w!), w!), w!)
        return [matmul(late, early)]
      },
    })
    verifyProgram(program)
    expect(program.slots).toHaveLength(3)
  })

  test('independent kernels share a dispatch as long as the bindings suffice', () => {
    const parameters = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`x${i}`, [16]]))
    const source: Source = { parameters, build: (given) => Object.values(given).map((x) => sum(x)) }
    for (const maxBindings of [2, 4, 8, 18]) {
      const program = programOf(source, { maxBindings })
      verifyProgram(program)
      expect(program.dispatches).toHaveLength(Math.ceil(9 / (maxBindings / 2)))
    }
  })
})

describe('bindings', () => {
  test('no kernel binds more buffers than the target has, however many parts a value has', () => {
    const parameters = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x${i}`, [4, 4]]))
    const build: Source['build'] = (given) => {
      const total = Object.values(given).reduce((a, b) => add(a, tanh(b)))
      return [total, matmul(total, transpose(total)), softmax(total), ...Object.values(given).map((x) => mul(x, total))]
    }
    for (const maxBindings of [3, 4, 8, 10, 64]) {
      const program = programOf({ parameters, build }, { maxBindings })
      expect(() => verifyProgram(program), `${maxBindings} bindings`).not.toThrow()
    }
  })
})
