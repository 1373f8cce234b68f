// The public gradient check: any function of tensors, traced in float64 and compared with central differences.

import { isFloating } from '../core/dtype.ts'
import { ArgumentError, DTypeError } from '../core/errors.ts'
import { flattenTree } from '../core/tree.ts'
import { type ReferenceArray, Tensor } from '../ir/tensor.ts'
import { readData } from '../runtime/host.ts'
import { start } from '../runtime/realize.ts'
import { type LeafSpec, traceFunction } from '../trace/trace.ts'
import { compareGradients, type GradientCheckOptions, type GradientReport } from './compareGradients.ts'

export type { GradientCheckOptions, GradientReport }

/**
 * Checks the gradients of `fn` at `inputs`, its arguments: trees of tensors. The check runs on the CPU in float64, whatever the
 * default device is: float inputs become float64 there, so values should be chosen away from kinks.
 * @throws DifferentiationError at the first gradient that differs from central differences; DTypeError when no input is a float.
 */
export async function checkGradients<A extends readonly unknown[]>(
  fn: (...args: A) => unknown,
  inputs: A,
  options: GradientCheckOptions = {},
): Promise<GradientReport> {
  const { leaves, paths, structure } = flattenTree([...inputs])
  const given = leaves.map((leaf, i) => {
    if (leaf instanceof Tensor) return leaf
    throw new ArgumentError(
      `checkGradients: expected tensors as inputs, got ${leaf === null ? 'null' : typeof leaf} at ${paths[i]!}`,
    )
  })
  if (!given.some((leaf) => isFloating(leaf.dtype))) {
    throw new DTypeError('checkGradients: none of the inputs is a float: there is nothing to differentiate by')
  }
  const specs = given.map((leaf, i): LeafSpec => {
    const dtype = isFloating(leaf.dtype) ? 'float64' : leaf.dtype
    return { kind: 'tensor', aval: { shape: leaf.shape, dtype }, path: paths[i]! }
  })
  const { graph } = traceFunction(fn, structure, specs, start)
  const bindings = new Map<Tensor, ReferenceArray>()
  const bind = async (leaf: Tensor, from: Tensor): Promise<void> => {
    bindings.set(leaf, { ...leaf.aval, data: Float64Array.from(await readData(from)) })
  }
  await Promise.all(graph.parameters.map((leaf, i) => bind(leaf, given[i]!)))
  await Promise.all(graph.captures.map((leaf) => bind(leaf, leaf)))
  const differentiable = graph.parameters.filter((leaf) => isFloating(leaf.dtype))
  return compareGradients({ outputs: graph.outputs, inputs: differentiable, bindings }, options)
}
