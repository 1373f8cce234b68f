// jit(f) is f: random functions on the CPU device, compiled as a whole and run operation by operation, with each value realized
// before the next one is computed.

import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { fromHost, jit, realize, setDevice, type Tensor } from 'wgrad'
import { isFloating } from '../../src/core/dtype.ts'
import { evaluateCall, liveValues, printProgram } from '../fuzz/program.ts'
import { inputValues } from '../fuzz/values.ts'
import { randomFunction, type RandomFunction } from './functions.ts'

beforeAll(async () => {
  await setDevice('cpu')
})

/** The outputs of a function, every value realized by itself. */
async function stepByStep({ program }: RandomFunction, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const live = liveValues(program)
  const tensors = new Map<number, Tensor>()
  let next = 0
  for (const [i, value] of program.values.entries()) {
    if (!live.has(i)) continue
    const made = value.kind === 'call' ? evaluateCall(value.call, (use) => tensors.get(use)!) : inputs[next++]!
    if (value.kind === 'call') await realize(made)
    tensors.set(i, made)
  }
  return program.outputs.map((output) => tensors.get(output)!)
}

test('jit(f) is f', async () => {
  const check = fc.asyncProperty(fc.nat(1e6), async (seed) => {
    const one = randomFunction(`jit/${seed}`, { operations: 12 })
    if (one.inputs.length === 0) return
    const compiled = jit(one.call)
    for (let call = 0; call < 2; call++) {
      const inputs = one.inputs.map((input, i) => fromHost({ ...input.aval, data: inputValues(input, `jit ${seed} ${i} ${call}`) })) // prettier-ignore
      const [whole, single] = [compiled(...inputs), await stepByStep(one, inputs)]
      for (const [i, output] of whole.entries()) {
        const [got, expected] = [Float64Array.from(await output.data()), Float64Array.from(await single[i]!.data())]
        const greatest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3)
        const allowed = isFloating(output.dtype) ? 1e-4 * greatest : 0
        const wrong = expected.findIndex((value, at) => !(Math.abs(got[at]! - value) <= allowed))
        expect(wrong, `output ${i}: got ${got[wrong]}, expected ${expected[wrong]}\n${printProgram(one.program)}`).toBe(
          -1,
        )
      }
    }
  })
  await fc.assert(check, { numRuns: 60, seed: 20240607, endOnFailure: true })
})
