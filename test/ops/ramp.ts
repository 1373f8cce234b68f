// What the tests of structural operations share: small whole numbers whose order shows, the same as in the scripts that computed the
// constants with PyTorch and NumPy, and how many kernels a function becomes.

import { createCpuBackend } from '../../src/backend/cpu/cpu.ts'
import type { Backend } from '../../src/backend/backend.ts'
import { storesOf } from '../../src/compiler/kernel.ts'
import type { Program } from '../../src/compiler/program.ts'
import { kernelReads } from '../../src/compiler/schedule.ts'
import type { DType } from '../../src/core/dtype.ts'
import { type Shape, sizeOf } from '../../src/core/shape.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter, type Tensor } from '../../src/ir/tensor.ts'
import { readData, tensor } from '../../src/runtime/host.ts'
import { differenceOf } from '../conformance/compare.ts'
import { prepareGraph } from '../conformance/execute.ts'
import { WEBGPU_LIKE } from '../conformance/forward.ts'
import { referenceOutputs, toReference } from '../conformance/reference.ts'
import { hostValues, uniform } from '../conformance/sample.ts'

/** Element `i` is `((7 i + 3) mod 11) - 5`. */
export const rampValues = (count: number): number[] => Array.from({ length: count }, (_, i) => ((i * 7 + 3) % 11) - 5)

/** A tensor of them, in float64 unless stated. */
export const ramp = (shape: Shape, dtype: DType = 'float64'): Tensor =>
  tensor(Float64Array.from(rampValues(sizeOf(shape))), { dtype, shape })

/** `0, 1, 2, ...` */
export const counted = (shape: Shape, dtype: DType = 'int32'): Tensor =>
  tensor(Float64Array.from({ length: sizeOf(shape) }, (_, i) => i), { dtype, shape }) // prettier-ignore

/** The values of a tensor, row-major. */
export const valuesOf = async (x: Tensor): Promise<number[]> => Array.from(await readData(x))

/** The most buffers that a dispatch of a program binds. */
export function mostBindings({ dispatches, locations }: Program): number {
  const buffers = dispatches.map(({ kernels }) => {
    const tensors = kernels.flatMap((kernel) => [
      ...kernelReads(kernel),
      ...storesOf(kernel).map(({ target }) => target),
    ])
    return new Set(tensors.map((one) => JSON.stringify(locations.get(one)))).size
  })
  return Math.max(0, ...buffers)
}

/**
 * A function of float32 parameters compiled as for WebGPU and run on the CPU with poisoned slots.
 * @returns the program, and what is wrong with its outputs against the float64 reference, or null.
 */
export async function compiled(
  fn: (...inputs: Tensor[]) => readonly Tensor[],
  ...shapes: readonly Shape[]
): Promise<{ readonly program: Program; readonly difference: string | null }> {
  const backend: Backend = createCpuBackend({ target: WEBGPU_LIKE, poison: true })
  const inputs = shapes.map((shape, i) => parameter({ shape, dtype: 'float32' }, `x${i}`))
  const graph = graphOf(inputs, fn(...inputs))
  const values = shapes.map((shape, i) => hostValues(uniform(shape), `compiled ${i}`))
  const prepared = await prepareGraph(backend, graph)
  const got = await prepared.call(values, [[]])
  const expected = referenceOutputs(graph, values.map(toReference))
  const differences = got.map((output, i) => differenceOf(output, expected[i]!))
  prepared.dispose()
  return { program: prepared.program, difference: differences.find((one) => one !== null) ?? null }
}
