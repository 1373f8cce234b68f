// Random functions of tensors for the property tests: programs of the fuzzer, called with tensors of any kind; and the float64
// values of what they give.

import { evaluateReference } from '../../src/ir/evaluate.ts'
import { parameter, type ReferenceArray, type Tensor } from '../../src/ir/tensor.ts'
import { generateProgram, type GenerateOptions } from '../fuzz/generate.ts'
import { evaluateCall, type FuzzProgram, liveValues, type Value } from '../fuzz/program.ts'
import { inputValues } from '../fuzz/values.ts'

/** A function of tensors, with what it takes. */
export interface RandomFunction {
  readonly program: FuzzProgram
  readonly inputs: readonly (Value & { readonly kind: 'input' | 'argument' })[]
  readonly call: (...inputs: Tensor[]) => Tensor[]
}

/** The function of a seed: all outputs of a program without gradients, by its inputs and arguments. */
export function randomFunction(seed: string, options: GenerateOptions = {}): RandomFunction {
  const program = { ...generateProgram(seed, options), gradient: null }
  const live = liveValues(program)
  const leaves = program.values.flatMap((value, i) => (value.kind !== 'call' && live.has(i) ? [{ value, i }] : []))
  return {
    program,
    inputs: leaves.map(({ value }) => value),
    call: (...inputs) => {
      const tensors = new Map(leaves.map(({ i }, position) => [i, inputs[position]!]))
      program.values.forEach((value, i) => {
        if (value.kind === 'call' && live.has(i))
          tensors.set(
            i,
            evaluateCall(value.call, (use) => tensors.get(use)!),
          )
      })
      return program.outputs.map((output) => tensors.get(output)!)
    },
  }
}

/** Parameters with values: what a function is called with where its result is evaluated in float64. */
export interface Bound {
  readonly tensors: readonly Tensor[]
  readonly bindings: Map<Tensor, ReferenceArray>
}

/** Parameters for the inputs of a function, with the values of `text`; `batch` adds a leading axis. */
export function bind(inputs: RandomFunction['inputs'], text: string, batch: readonly number[] = []): Bound {
  const bindings = new Map<Tensor, ReferenceArray>()
  const tensors = inputs.map(({ aval, range }, i) => {
    const whole = { shape: [...batch, ...aval.shape], dtype: aval.dtype }
    const tensor = parameter(whole, `input ${i}`)
    bindings.set(tensor, { ...whole, data: Float64Array.from(inputValues({ aval: whole, range }, `${text} ${i}`)) })
    return tensor
  })
  return { tensors, bindings }
}

/** The values of tensors in float64. */
export const valuesOf = (outputs: readonly Tensor[], { bindings }: Pick<Bound, 'bindings'>): ReferenceArray[] =>
  evaluateReference(outputs, bindings)

/** The sum of the products of elements. */
export const innerProduct = (a: ReferenceArray, b: ReferenceArray): number =>
  a.data.reduce((sum, value, i) => sum + value * b.data[i]!, 0)

/** What is wrong with `got`, or null: shapes and dtypes are equal, numbers to a relative 1e-9 of the greatest. */
export function differenceIn(got: ReferenceArray, expected: ReferenceArray): string | null {
  const aval = ({ dtype, shape }: ReferenceArray): string => `${dtype} [${shape.join(', ')}]`
  if (aval(got) !== aval(expected)) return `got ${aval(got)}, expected ${aval(expected)}`
  const greatest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
  const wrong = expected.data.findIndex((value, i) => !(Math.abs(got.data[i]! - value) <= 1e-9 * greatest))
  return wrong < 0 ? null : `element ${wrong}: got ${got.data[wrong]}, expected ${expected.data[wrong]}`
}

/** The examples of a batch, along the leading axis. */
export function examplesOf(batch: ReferenceArray): ReferenceArray[] {
  const [count, ...shape] = batch.shape
  const size = shape.reduce((a, b) => a * b, 1)
  return Array.from({ length: count! }, (_, i) => ({
    shape,
    dtype: batch.dtype,
    data: batch.data.slice(i * size, (i + 1) * size),
  }))
}
