// Reverse mode: cotangents of outputs are carried back along the graph to inputs, each primitive adding its own rule. The
// result is again graph, so that gradients nest.

import { formatAval, sameAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { ArgumentError, DifferentiationError, InternalError, ShapeError } from '../core/errors.ts'
import { flattenTree, unflattenTree, formatStructure } from '../core/tree.ts'
import { topologicalOrder } from '../ir/graph.ts'
import { Tensor } from '../ir/tensor.ts'
import { add } from '../primitives/elementwise.ts'
import { full, fullLike } from '../primitives/literal.ts'
import { checkLeaf, fresh, settle } from './leaves.ts'

/** Options of `grad` and `valueAndGrad`. */
export interface GradOptions {
  /** Which arguments to differentiate by: one index gives its tree, a list gives a list of trees. Default 0. */
  readonly argnums?: number | readonly number[]
  /** Whether the function returns `[loss, auxiliary]`. */
  readonly hasAux?: boolean
}

/**
 * Cotangents of `inputs` for cotangents of `outputs`; null where no derivative flows.
 */
export function pullback(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  inputs: readonly Tensor[],
): (Tensor | null)[] {
  const order = topologicalOrder(outputs)
  const depends = new Set<Tensor>(inputs)
  for (const tensor of order) {
    const source = tensor.source
    if (source.kind === 'apply' && !depends.has(tensor) && source.inputs.some((input) => depends.has(input)))
      depends.add(tensor)
  }
  const collected = new Map<Tensor, Tensor>()
  const collect = (tensor: Tensor, cotangent: Tensor): void => {
    if (!sameAval(tensor.aval, cotangent.aval)) {
      throw new InternalError(`a VJP rule gave ${formatAval(cotangent.aval)} for ${formatAval(tensor.aval)}`)
    }
    const known = collected.get(tensor)
    collected.set(tensor, known === undefined ? cotangent : add([known, cotangent], null))
  }
  outputs.forEach((output, i) => {
    if (depends.has(output) && isFloating(output.dtype)) collect(output, cotangents[i]!)
  })
  const stops = new Set(inputs)
  for (const tensor of [...order].reverse()) {
    const cotangent = collected.get(tensor)
    const source = tensor.source
    if (cotangent === undefined || source.kind !== 'apply' || stops.has(tensor) || !depends.has(tensor)) continue
    const needs = source.inputs.map((input) => depends.has(input) && isFloating(input.dtype))
    const results = source.primitive.vjp({
      inputs: source.inputs,
      output: tensor,
      params: source.params,
      cotangent,
      needs,
    })
    source.inputs.forEach((input, i) => {
      const result = results[i] ?? null
      if (needs[i] && result !== null) collect(input, result)
    })
  }
  return inputs.map((input) => collected.get(input) ?? null)
}

type Fn<A extends readonly unknown[], R> = (...args: A) => R

/** The loss of a result that may carry auxiliary values. */
function splitResult(operation: string, result: unknown, hasAux: boolean): { loss: Tensor; aux: unknown } {
  const [loss, aux]: unknown[] = hasAux && Array.isArray(result) ? result : [result, undefined]
  if (hasAux && !Array.isArray(result))
    throw new ArgumentError(`${operation}: with hasAux the function must return [loss, auxiliary]`)
  if (!(loss instanceof Tensor)) throw new ArgumentError(`${operation}: the function must return a scalar tensor`)
  if (loss.rank !== 0) {
    throw new ShapeError(
      `${operation}: the loss must be a scalar, got ${formatAval(loss.aval)}: reduce it first, e.g. with mean()`,
    )
  }
  if (!isFloating(loss.dtype))
    throw new DifferentiationError(`${operation}: the loss must be a float, got ${formatAval(loss.aval)}`)
  return { loss, aux }
}

function differentiate(operation: string, fn: Fn<never[], unknown>, args: readonly unknown[], options: GradOptions) {
  const argnums = options.argnums ?? 0
  const positions = typeof argnums === 'number' ? [argnums] : argnums
  const trees = positions.map((position) => {
    if (!Number.isInteger(position) || position < 0 || position >= args.length) {
      throw new ArgumentError(`${operation}: argnums ${position} is out of range for ${args.length} arguments`)
    }
    return flattenTree(args[position])
  })
  const leaves = trees.map((tree) => tree.leaves.map((leaf, i) => fresh(checkLeaf(operation, leaf, tree.paths[i]!))))
  const replaced = [...args]
  positions.forEach((position, i) => {
    replaced[position] = unflattenTree(trees[i]!.structure, leaves[i]!)
  })
  const call = fn as Fn<unknown[], unknown>
  const { loss, aux } = splitResult(operation, call(...replaced), options.hasAux ?? false)
  const inputs = leaves.flat()
  const found = pullback([loss], [full([], 1, loss.dtype)], inputs)
  const gradients = inputs.map((input, i) => found[i] ?? fullLike(input, 0))
  const own = new Set(inputs)
  let next = 0
  const gradientTrees = trees.map((tree) => unflattenTree(tree.structure, tree.leaves.map(() => settle(gradients[next++]!, own)))) // prettier-ignore
  return { loss: settle(loss, own), aux, gradient: typeof argnums === 'number' ? gradientTrees[0] : gradientTrees }
}

type GradOf<A extends readonly unknown[]> = A[0]

/**
 * A function that gives the gradient of the scalar `fn(...args)`, as a tree like the argument (or as a list for several).
 * @throws ArgumentError, DTypeError or ShapeError when called with leaves that are no float tensors or a loss that is no scalar.
 */
export function grad<A extends readonly unknown[]>(fn: Fn<A, unknown>, options: GradOptions = {}): Fn<A, GradOf<A>> {
  return (...args) => differentiate('grad', fn as Fn<never[], unknown>, args, options).gradient as GradOf<A>
}

/** As `grad`, but gives `[value, gradient]`; with `hasAux`, `[[value, auxiliary], gradient]`. */
export function valueAndGrad<A extends readonly unknown[], R>(
  fn: Fn<A, R>,
  options: GradOptions = {},
): Fn<A, [R, GradOf<A>]> {
  return (...args) => {
    const { loss, aux, gradient } = differentiate('valueAndGrad', fn as Fn<never[], unknown>, args, options)
    return [(options.hasAux ? [loss, aux] : loss) as R, gradient as GradOf<A>]
  }
}

/**
 * The value of `fn(...primals)` and its pullback, which maps a cotangent (a tree like the output) to cotangents of the primals.
 */
export function vjp<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  ...primals: A
): { output: R; pullback: (cotangent: R) => A } {
  const { leaves, paths, structure } = flattenTree([...primals])
  const inputs = leaves.map((leaf, i) => fresh(checkLeaf('vjp', leaf, paths[i]!)))
  const output = fn(...(unflattenTree(structure, inputs) as A))
  const flat = flattenTree(output)
  const outputs = flat.leaves.map((leaf, i) => checkLeaf('vjp', leaf, flat.paths[i]!))
  const own = new Set(inputs)
  return {
    output: unflattenTree(
      flat.structure,
      outputs.map((out) => settle(out, own)),
    ) as R,
    pullback: (cotangent) => {
      const given = flattenTree(cotangent)
      if (formatStructure(given.structure) !== formatStructure(flat.structure)) {
        throw new ArgumentError('vjp: the cotangent must have the structure of the output')
      }
      const cotangents = given.leaves.map((leaf, i) => checkLeaf('vjp', leaf, given.paths[i]!))
      outputs.forEach((out, i) => {
        if (!sameAval(out.aval, cotangents[i]!.aval)) {
          throw new ShapeError(
            `vjp: the cotangent is ${formatAval(cotangents[i]!.aval)}, the output ${formatAval(out.aval)}`,
          )
        }
      })
      const found = pullback(outputs, cotangents, inputs)
      return unflattenTree(structure, inputs.map((input, i) => settle(found[i] ?? fullLike(input, 0), own))) as A // prettier-ignore
    },
  }
}
