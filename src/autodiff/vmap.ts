// vmap: a function of single examples becomes one of batches. The function is called once, on parameters of one example's shape;
// the graph that it makes is batched node by node (batch.ts). It composes with every other transform, since it makes graph.

import { formatAval } from '../core/aval.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { normalizeAxis } from '../core/shape.ts'
import { flattenTree, unflattenTree } from '../core/tree.ts'
import { parameter, Tensor } from '../ir/tensor.ts'
import { transpose } from '../primitives/structural.ts'
import { type Batched, batchOutputs, repeat } from './batch.ts'
import { settle } from './leaves.ts'

/** Options of `vmap`. */
export interface VmapOptions {
  /** The batch axis of every argument's leaves, null for arguments that all examples share; one number means all. Default 0. */
  readonly inAxes?: number | readonly (number | null)[]
  /** Where the batch axis of every output goes; default 0. */
  readonly outAxes?: number
}

/** `x` with axis `from` moved to `to`. */
function moveAxis(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x
  const permutation = x.shape.map((_, axis) => axis).filter((axis) => axis !== from)
  permutation.splice(to, 0, from)
  return transpose([x], { permutation })
}

/**
 * The function that applies `fn` to every example: arguments are trees of tensors with a batch axis, outputs get one. Tensors that
 * `fn` captures, and arguments whose entry in `inAxes` is null, are shared by all examples.
 * @throws ArgumentError when no argument is batched or a leaf is no tensor, ShapeError when batch sizes differ or an axis does not exist.
 */
export function vmap<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: VmapOptions = {},
): (...args: A) => R {
  const { inAxes = 0, outAxes = 0 } = options
  return (...args) => {
    const axes = typeof inAxes === 'number' ? args.map(() => inAxes) : inAxes
    if (axes.length !== args.length)
      throw new ArgumentError(`vmap: inAxes has ${axes.length} entries for ${args.length} arguments`)
    const trees = args.map((arg) => flattenTree(arg))
    let size: number | null = null
    const given = new Map<Tensor, Batched>()
    const inner: unknown[] = trees.map(({ leaves, paths, structure }, i) => {
      const axis = axes[i]
      if (axis === null || axis === undefined) return args[i]
      const parameters = leaves.map((leaf, j) => {
        const where = `argument ${i}${paths[j] === '' ? '' : `, ${paths[j]!}`}`
        if (!(leaf instanceof Tensor))
          throw new ArgumentError(`vmap: expected a tensor at ${where}; give it null in inAxes to share it`)
        if (leaf.rank === 0)
          throw new ShapeError(`vmap: ${where} is a scalar and has no batch axis; give it null in inAxes to share it`)
        const at = normalizeAxis('vmap', axis, leaf.rank)
        const extent = leaf.shape[at]!
        if (size !== null && size !== extent)
          throw new ShapeError(
            `vmap: ${where} is ${formatAval(leaf.aval)}: ${extent} examples along axis ${at}, others have ${size}`,
          )
        size = extent
        const one = parameter({ shape: leaf.shape.filter((_, k) => k !== at), dtype: leaf.dtype }, where)
        given.set(one, { tensor: moveAxis(leaf, at, 0), batched: true })
        return one
      })
      return unflattenTree(structure, parameters)
    })
    if (size === null) throw new ArgumentError('vmap: no argument has a batch axis')
    const examples: number = size
    const result = flattenTree(fn(...(inner as [...A])))
    const outputs = result.leaves.map((leaf, i) => {
      if (leaf instanceof Tensor) return leaf
      throw new ArgumentError(`vmap: the function must return tensors, got ${typeof leaf} at ${result.paths[i]!}`)
    })
    const made = batchOutputs(outputs, given, examples)
    return unflattenTree(
      result.structure,
      made.map(({ tensor, batched }) => {
        const whole = batched ? tensor : repeat(tensor, examples)
        return settle(moveAxis(whole, 0, normalizeAxis('vmap', outAxes, whole.rank)), new Set())
      }),
    ) as R
  }
}
