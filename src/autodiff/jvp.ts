// Forward mode: the derivative of a function along a direction. The pullback u -> Jᵀu is linear in u, so its own pullback is
// v -> J v: forward mode is reverse mode twice, with an opaque u that must not be left in the result.

import { formatAval, sameAval } from '../core/aval.ts'
import { ArgumentError, InternalError, ShapeError } from '../core/errors.ts'
import { flattenTree, formatStructure, unflattenTree } from '../core/tree.ts'
import { topologicalOrder } from '../ir/graph.ts'
import { apply, parameter, rebuild, type Tensor } from '../ir/tensor.ts'
import { barrier } from '../primitives/barrier.ts'
import { fullLike } from '../primitives/literal.ts'
import { checkLeaf, fresh, settle } from './leaves.ts'
import { pullback } from './vjp.ts'

/** The tangents of `outputs` for tangents of `inputs`; null where an output depends on no input. */
export function pushforward(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  tangents: readonly Tensor[],
): (Tensor | null)[] {
  const opaque = outputs.map((output, i) => parameter(output.aval, `cotangent ${i}`))
  const cotangents = pullback(outputs, opaque, inputs)
  const flowing = cotangents.flatMap((cotangent, i) =>
    cotangent === null ? [] : [{ cotangent, tangent: tangents[i]! }],
  )
  const results = pullback(flowing.map((one) => one.cotangent), flowing.map((one) => one.tangent), opaque) // prettier-ignore
  const plain = withoutBarriers(results, opaque)
  const left = new Set(topologicalOrder(plain.filter((result) => result !== null)))
  if (opaque.some((dummy) => left.has(dummy))) throw new InternalError('a VJP rule is not linear in its cotangent')
  return plain
}

/** `results` in which no value waits for `tokens`: forward mode recomputes nothing, so that nothing need be held back. */
function withoutBarriers(results: readonly (Tensor | null)[], tokens: readonly Tensor[]): (Tensor | null)[] {
  const waiting = new Set<Tensor>(tokens)
  const replaced = new Map<Tensor, Tensor>()
  for (const tensor of topologicalOrder(results.filter((result) => result !== null))) {
    const { source } = tensor
    if (source.kind !== 'apply') continue
    if (source.inputs.some((input) => waiting.has(input))) waiting.add(tensor)
    const inputs = source.inputs.map((input) => replaced.get(input) ?? input)
    if (source.primitive === barrier.primitive && waiting.has(source.inputs[1]!)) replaced.set(tensor, inputs[0]!)
    else if (inputs.some((input, i) => input !== source.inputs[i]))
      replaced.set(
        tensor,
        rebuild(source, () => apply(source.primitive, source.params, inputs, tensor.aval)),
      )
  }
  return results.map((result) => (result === null ? null : (replaced.get(result) ?? result)))
}

/**
 * The value of `fn(...primals)` and its derivative along `tangents`: `J v` without forming `J`. Both are lists of arguments, trees of
 * float tensors of equal structure, shapes and dtypes; `tangent` is a tree like the output. `jvp` of `grad(loss)` is a
 * Hessian-vector product.
 * @throws ArgumentError, ShapeError or DTypeError when tangents do not match the primals, or an output is no float.
 */
export function jvp<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  primals: A,
  tangents: NoInfer<A>,
): { output: R; tangent: R } {
  const { leaves, paths, structure } = flattenTree([...primals])
  const given = flattenTree([...tangents])
  if (formatStructure(given.structure) !== formatStructure(structure))
    throw new ArgumentError('jvp: the tangents must have the structure of the primals')
  const inputs = leaves.map((leaf, i) => fresh(checkLeaf('jvp', leaf, paths[i]!)))
  const directions = given.leaves.map((leaf, i) => checkLeaf('jvp', leaf, given.paths[i]!))
  inputs.forEach((input, i) => {
    const { aval } = directions[i]!
    if (!sameAval(input.aval, aval))
      throw new ShapeError(
        `jvp: the tangent is ${formatAval(aval)}, the primal ${formatAval(input.aval)} at ${paths[i]!}`,
      )
  })
  const result = flattenTree(fn(...(unflattenTree(structure, inputs) as A)))
  const outputs = result.leaves.map((leaf, i) => checkLeaf('jvp', leaf, result.paths[i]!))
  const found = pushforward(outputs, inputs, directions)
  const own = new Set(inputs)
  const tree = (list: readonly Tensor[]): R =>
    unflattenTree(result.structure, list.map((leaf) => settle(leaf, own))) as R // prettier-ignore
  return { output: tree(outputs), tangent: tree(outputs.map((output, i) => found[i] ?? fullLike(output, 0))) }
}
