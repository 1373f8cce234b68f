// A golden as a program: its value, its gradients and its second derivatives in one function of tensors, and what PyTorch gave for
// each of them. No test runner in here, so that every backend's test builds the same programs.

import { vjp } from '../../../src/autodiff/vjp.ts'
import { hostArrayOf } from '../../../src/core/dtype.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import type { HostArray } from '../../../src/core/hostArray.ts'
import type { ReferenceArray, Tensor } from '../../../src/ir/tensor.ts'
import { differenceOf, type Tolerance } from '../../conformance/compare.ts'
import type { OpGolden } from '../../goldens/read.ts'
import { ELEMENTWISE } from './elementwise.ts'
import { LAYERS } from './layers.ts'
import { NETWORKS } from './networks.ts'
import { NUMERIC } from './numeric.ts'
import { SHAPING } from './shaping.ts'
import type { Table } from './table.ts'

/** How every operation is called. */
export const OPERATIONS: Table = { ...ELEMENTWISE, ...SHAPING, ...NUMERIC, ...NETWORKS, ...LAYERS }

/** The float dtype of a run. */
export type Precision = 'float32' | 'float64'

/** What may differ: in float64 summation order and rounding to 12 digits; in float32 what its arithmetic owes. */
const TOLERANCES: Readonly<Record<Precision, { readonly value: Tolerance; readonly gradient: Tolerance }>> = {
  float64: {
    value: { relative: 1e-9, ofGreatest: 0, absolute: 1e-12 },
    gradient: { relative: 1e-9, ofGreatest: 0, absolute: 1e-12 },
  },
  float32: {
    value: { relative: 1e-5, ofGreatest: 1e-6, absolute: 0 },
    gradient: { relative: 1e-4, ofGreatest: 1e-6, absolute: 0 },
  },
}

/** One output of a golden's program. */
interface Expected {
  readonly what: string
  readonly array: ReferenceArray
  readonly tolerance: Tolerance
}

/** A golden's program, the values to call it with, and what comes out. */
export interface GoldenProgram {
  readonly run: (leaves: readonly Tensor[]) => readonly Tensor[]
  readonly values: readonly HostArray[]
  readonly expected: readonly Expected[]
}

/** Whether NaN or an infinity occurs in a golden: WebGPU promises nothing of them. */
export function isNonFinite({ inputs, output, gradients }: OpGolden): boolean {
  const lists = [...inputs.map(({ data }) => data), output.data, ...gradients.filter((one) => one !== null)]
  return lists.some((list) => list.some((value) => !Number.isFinite(value)))
}

/** The program of a golden up to second derivatives where it has them, or to the first only. */
export function programOf(golden: OpGolden, precision: Precision, orders: 1 | 2): GoldenProgram {
  const { params, inputs } = golden
  const operation = OPERATIONS[golden.op]!
  const dtypeOf = (dtype: 'float32' | 'int32' | 'bool') => (dtype === 'float32' ? precision : dtype)
  const data = (values: readonly number[], shape: readonly number[], dtype: 'float32' | 'int32' | 'bool') => {
    const host = hostArrayOf(dtypeOf(dtype), sizeOf(shape))
    host.set(values)
    return { shape, dtype: dtypeOf(dtype), data: host }
  }
  const variables = inputs.flatMap((_, i) => (golden.gradients[i] === null ? [] : [i]))
  const given = inputs.map((input) => data(input.data, input.shape, input.dtype))
  // an operation without float inputs, and one that is told so, gives float32 in every run
  const fixed = params.dtype !== undefined || inputs.every(({ dtype }) => dtype !== 'float32')
  const outputType = fixed ? golden.output.dtype : dtypeOf(golden.output.dtype)
  const tolerance = TOLERANCES[precision]
  const value: Expected = {
    what: 'value',
    array: { shape: golden.output.shape, dtype: outputType, data: Float64Array.from(golden.output.data) },
    tolerance: tolerance.value,
  }
  const { cotangent } = golden
  if (cotangent === null) return { run: (leaves) => [operation(leaves, params)], values: given, expected: [value] }

  const expectedOf = (what: string, lists: readonly (readonly number[] | null)[]): Expected[] =>
    variables.map((position, i) => ({
      what: `${what} ${position}`,
      array: { shape: inputs[position]!.shape, dtype: precision, data: Float64Array.from(lists[i]!) },
      tolerance: tolerance.gradient,
    }))
  const second = orders === 2 && golden.products.length > 0
  const directions = second ? variables.map((at, i) => data(golden.directions[i]!, inputs[at]!.shape, 'float32')) : []
  const run = (leaves: readonly Tensor[]): readonly Tensor[] => {
    const operands = leaves.slice(0, inputs.length)
    const weights = leaves[inputs.length]!
    const valueOf = (...primals: Tensor[]): Tensor =>
      operation(
        operands.map((operand, i) => (variables.includes(i) ? primals[variables.indexOf(i)]! : operand)),
        params,
      )
    const gradientsOf = (...primals: Tensor[]): Tensor[] => [...vjp(valueOf, ...primals).pullback(weights)]
    const primals = variables.map((position) => operands[position]!)
    const first = [valueOf(...primals), ...gradientsOf(...primals)]
    if (!second) return first
    return [...first, ...vjp(gradientsOf, ...primals).pullback(leaves.slice(inputs.length + 1))]
  }
  return {
    run,
    values: [...given, data(cotangent, golden.output.shape, 'float32'), ...directions],
    expected: [
      value,
      ...expectedOf('gradient', golden.gradients.filter((one) => one !== null)), // prettier-ignore
      ...(second ? expectedOf('second derivative', golden.products) : []),
    ],
  }
}

/** What differs between a golden and the outputs of its program, or null. */
export function goldenDifference({ expected }: GoldenProgram, outputs: readonly HostArray[]): string | null {
  if (outputs.length !== expected.length) return `${outputs.length} outputs, expected ${expected.length}`
  for (const [i, { what, array, tolerance }] of expected.entries()) {
    const difference = differenceOf(outputs[i]!, array, tolerance)
    if (difference !== null) return `${what}: ${difference}`
  }
  return null
}
