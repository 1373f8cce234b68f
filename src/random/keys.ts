// Keys: a key is a uint32[2] tensor, used once; new ones are derived from it by splitting and folding. The streams are those
// of JAX with jax_threefry_partitionable: element i of a draw depends on the key and on i alone.

import { formatAval } from '../core/aval.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { checkShape, type Shape, sizeOf } from '../core/shape.ts'
import { Tensor } from '../ir/tensor.ts'
import { xor } from '../ops/arithmetic.ts'
import { castTo, scalar, type TensorLike, unify } from '../ops/operand.ts'
import { concat, expandDims, reshape, slice } from '../ops/shaping.ts'
import { indices } from '../ops/creation.ts'
import { threefry } from '../primitives/threefry.ts'

/** Two uint32 tensors of one shape: the high and the low word of every 64-bit value. */
type Words = readonly [Tensor, Tensor]

/** The hash of counters under a key whose words are scalars (or of the counters' shape). */
function hashed(from: Words, counters: Words): Words {
  const words = unify('random', [...from, ...counters])
  return [threefry(words, { word: 0 }), threefry(words, { word: 1 })]
}

const pair = (high: Tensor, low: Tensor): Tensor => concat([expandDims(high, -1), expandDims(low, -1)], -1)

/** A seed or other datum as two words. A number inside jit is a float32 tensor: exact below 2^24. */
function wordsOf(operation: string, data: TensorLike): Words {
  if (typeof data === 'number') {
    if (!Number.isSafeInteger(data) || data < 0) {
      throw new ArgumentError(`${operation}: expected an integer from 0 to 2^53 - 1, got ${data}`)
    }
    return [scalar(Math.floor(data / 2 ** 32), 'uint32'), scalar(data % 2 ** 32, 'uint32')]
  }
  if (!(data instanceof Tensor))
    throw new ArgumentError(`${operation}: expected an integer or an integer scalar tensor, got ${typeof data}`)
  if (data.rank !== 0) throw new ShapeError(`${operation}: expected a scalar, got ${formatAval(data.aval)}`)
  if (data.dtype === 'bool') throw new DTypeError(`${operation}: expected an integer, got bool`)
  return [scalar(0, 'uint32'), castTo(data, 'uint32')]
}

/** @throws DTypeError or ShapeError when `from` is no key. */
function wordsOfKey(operation: string, from: Tensor): Words {
  if (!(from instanceof Tensor))
    throw new ArgumentError(`${operation}: expected a key, got ${typeof from}: make one with random.key(seed)`)
  if (from.dtype !== 'uint32')
    throw new DTypeError(
      `${operation}: expected a key uint32[2], got ${formatAval(from.aval)}: make one with random.key(seed)`,
    )
  if (from.rank !== 1 || from.shape[0] !== 2) {
    throw new ShapeError(
      `${operation}: expected one key uint32[2], got ${formatAval(from.aval)}: take one row of what split gave`,
    )
  }
  return [reshape(slice(from, [0], [1]), []), reshape(slice(from, [1], [2]), [])]
}

/** The hash of the 64-bit positions of all elements of `shape`. */
function hashPositions(operation: string, from: Tensor, shape: Shape): Words {
  checkShape(operation, shape)
  const words = wordsOfKey(operation, from)
  const low = reshape(indices([sizeOf(shape)], 0, 'uint32'), shape)
  return hashed(words, [scalar(0, 'uint32'), low]) // sizes are below 2^31, so the high words are 0
}

/**
 * The key of a seed: a whole number from 0 to 2^53 - 1, or an integer scalar tensor (of which 32 bits count).
 * @throws ArgumentError, DTypeError or ShapeError for anything else.
 */
export function key(seed: TensorLike): Tensor {
  return pair(...wordsOf('random.key', seed))
}

/**
 * `count` independent keys: uint32[count, 2], one per row. The key that was split must not be used again.
 * @throws ArgumentError when `count` is no positive integer.
 */
export function split(parent: Tensor, count = 2): Tensor {
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError(`random.split: expected a positive count, got ${count}`)
  return pair(...hashPositions('random.split', parent, [count]))
}

/** As `split`, but a list of keys. */
export function splitKeys(parent: Tensor, count = 2): Tensor[] {
  const rows = split(parent, count)
  return Array.from({ length: count }, (_, i) => reshape(slice(rows, [i], [i + 1]), [2]))
}

/** The key that belongs to a key and a datum, for example a step number; the datum is as `key`'s seed. */
export function foldIn(parent: Tensor, data: TensorLike): Tensor {
  return pair(...hashed(wordsOfKey('random.foldIn', parent), wordsOf('random.foldIn', data)))
}

/** 32 random bits per element, as uint32. */
export function bits(from: Tensor, shape: Shape): Tensor {
  const [high, low] = hashPositions('random.bits', from, shape)
  return xor(high, low)
}
