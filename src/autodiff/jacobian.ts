// Whole derivatives: Jacobians by one pullback per output element or one pushforward per input element, all of them at once
// (vmap over the identity), and Hessians as forward over reverse.

import { ArgumentError } from '../core/errors.ts'
import { flattenTree, unflattenTree } from '../core/tree.ts'
import type { Tensor } from '../ir/tensor.ts'
import { equal } from '../primitives/elementwise.ts'
import { cast } from '../primitives/elementwise.ts'
import { fullLike, iota } from '../primitives/literal.ts'
import { reshape, transpose } from '../primitives/structural.ts'
import { checkLeaf, fresh, settle } from './leaves.ts'
import { pushforward } from './jvp.ts'
import { grad, pullback } from './vjp.ts'
import { batchOutputs, repeat } from './batch.ts'
import { parameter } from '../ir/tensor.ts'

/** Options of `jacobian`. */
export interface JacobianOptions {
  /** Which argument to differentiate by; default 0. */
  readonly argnum?: number
  /** `reverse` (default) costs one pullback per output element, `forward` one pushforward per input element. */
  readonly mode?: 'reverse' | 'forward'
}

/** The elements of a tensor like `like` that are 1 at one place: `[size, ...shape]`. */
function basisOf(like: Tensor): Tensor {
  const shape = [like.size, like.size]
  const hit = equal([iota([], { shape, axis: 0, dtype: 'int32' }), iota([], { shape, axis: 1, dtype: 'int32' })], null)
  return reshape([cast([hit], { dtype: like.dtype })], { shape: [like.size, ...like.shape] })
}

/** What `of` gives for every row of `basis`: `[rows, ...]`. */
function forEveryRow(basis: Tensor, of: (row: Tensor) => Tensor): Tensor {
  const row = parameter({ shape: basis.shape.slice(1), dtype: basis.dtype }, 'row')
  const [made] = batchOutputs([of(row)], new Map([[row, { tensor: basis, batched: true }]]), basis.shape[0]!)
  return made!.batched ? made!.tensor : repeat(made!.tensor, basis.shape[0]!)
}

/** `d output / d input` as `[...output, ...input]`. */
function block(output: Tensor, input: Tensor, mode: 'reverse' | 'forward'): Tensor {
  const shape = [...output.shape, ...input.shape]
  if (mode === 'reverse') {
    const rows = forEveryRow(basisOf(output), (row) => pullback([output], [row], [input])[0] ?? fullLike(input, 0))
    return reshape([rows], { shape })
  }
  const columns = forEveryRow(basisOf(input), (row) => pushforward([output], [input], [row])[0] ?? fullLike(output, 0))
  const flat = reshape([columns], { shape: [input.size, output.size] })
  return reshape([transpose([flat], { permutation: [1, 0] })], { shape })
}

/**
 * The function that gives all derivatives of `fn(...args)` by one argument: a tree like the output whose leaves are trees like the
 * argument, of shape `[...output, ...input]`. Outputs and the argument's leaves are float tensors.
 * @throws ArgumentError for an argument out of range or a leaf that is no tensor, DTypeError for one that is no float.
 */
export function jacobian<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: JacobianOptions = {},
): (...args: A) => R extends Tensor ? (A[0] extends Tensor ? Tensor : A[0]) : unknown {
  const { argnum = 0, mode = 'reverse' } = options
  if (mode !== 'reverse' && mode !== 'forward')
    throw new ArgumentError(`jacobian: mode must be 'reverse' or 'forward', got ${JSON.stringify(mode)}`)
  return (...args) => {
    if (!Number.isInteger(argnum) || argnum < 0 || argnum >= args.length)
      throw new ArgumentError(`jacobian: argnum ${argnum} is out of range for ${args.length} arguments`)
    const { leaves, paths, structure } = flattenTree(args[argnum])
    const inputs = leaves.map((leaf, i) => fresh(checkLeaf('jacobian', leaf, paths[i]!)))
    const replaced: unknown[] = [...args]
    replaced[argnum] = unflattenTree(structure, inputs)
    const result = flattenTree(fn(...(replaced as [...A])))
    const outputs = result.leaves.map((leaf, i) => checkLeaf('jacobian', leaf, result.paths[i]!))
    const own = new Set(inputs)
    const trees = outputs.map((output) => unflattenTree(structure, inputs.map((input) => settle(block(output, input, mode), own)))) // prettier-ignore
    return unflattenTree(result.structure, trees) as ReturnType<ReturnType<typeof jacobian<A, R>>>
  }
}

/**
 * The function that gives the second derivatives of the scalar `fn(...args)` by one argument: for a tensor `[...shape, ...shape]`, for
 * a tree a tree of trees. Forward over reverse. For products with vectors use `jvp` of `grad`, which never forms the matrix.
 * @throws as `grad` and `jacobian`.
 */
export function hessian<A extends readonly unknown[]>(
  fn: (...args: A) => Tensor,
  options: Omit<JacobianOptions, 'mode'> = {},
): (...args: A) => A[0] extends Tensor ? Tensor : unknown {
  const argnum = options.argnum ?? 0
  const gradient = grad(fn, { argnums: argnum })
  return jacobian(gradient, { argnum, mode: 'forward' }) as (...args: A) => A[0] extends Tensor ? Tensor : unknown
}
