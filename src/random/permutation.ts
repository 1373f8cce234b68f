// Permutations: positions sorted by random bits, by the algorithm of jax.random.permutation, so that equal keys give equal
// permutations on every device.

import { formatAval } from '../core/aval.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { Tensor } from '../ir/tensor.ts'
import { indices } from '../ops/creation.ts'
import { gather } from '../ops/gathering.ts'
import { argsort } from '../ops/sorting.ts'
import { bits, splitKeys } from './keys.ts'

/**
 * How often `count` elements are sorted. One sort by 32 random bits leaves equal bits in their old order; after so many, the chance
 * that any two elements agreed every time is below 1 / count.
 */
const roundsFor = (count: number): number => Math.ceil((3 * Math.log(Math.max(1, count))) / Math.log(2 ** 32 - 1))

function permutedIndices(key: Tensor, count: number): Tensor {
  let order = indices([count])
  let rest = key
  for (let round = 0; round < roundsFor(count); round++) {
    const [next, own] = splitKeys(rest)
    const sorted = argsort(bits(own!, [count]))
    order = round === 0 ? sorted : gather(order, sorted)
    rest = next!
  }
  return order
}

/**
 * A random permutation of `0 .. n - 1` (int32) for a number `n`, or of the slices of a tensor along its first axis. All permutations
 * are equally likely, up to the quality of the bits.
 * @throws ArgumentError when `n` is no whole number from 0 on; ShapeError for a scalar tensor.
 */
export function permutation(key: Tensor, x: number | Tensor): Tensor {
  if (x instanceof Tensor) {
    if (x.rank === 0) {
      throw new ShapeError(
        `random.permutation: expected a count or a tensor with at least one axis, got ${formatAval(x.aval)}`,
      )
    }
    return gather(x, permutedIndices(key, x.shape[0]!))
  }
  if (!Number.isInteger(x) || x < 0 || x >= 2 ** 31) {
    throw new ArgumentError(`random.permutation: expected a count from 0 to 2^31 - 1 or a tensor, got ${String(x)}`)
  }
  return permutedIndices(key, x)
}
