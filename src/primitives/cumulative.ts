// Running sums, products and extremes along the last axis. An axis is cut into blocks: what runs inside the blocks is joined with
// what has run over all blocks before, which is the same problem on a shorter axis (Blelloch 1990). Sums inside a block are one
// reduction; products and extremes widen their reach from level to level (Hillis and Steele 1986), so that derivatives are those
// of a multiplication or of a choice: exact with zeros and ties, to every order.

import { formatAval } from '../core/aval.ts'
import { type DType, isFloating } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, select as selectScalar } from '../ir/scalar.ts'
import type { Tensor } from '../ir/tensor.ts'
import { broadcast } from './broadcast.ts'
import { add, and, bitcast, greater, greaterEqual, lessEqual, mul, not, notEqual, or, select } from './elementwise.ts'
import { fullLike } from './literal.ts'
import { roundInteger } from './reference.ts'
import { stored } from './stored.ts'
import { flip, pad, reshape, slice } from './structural.ts'

/** Elements that one block holds. */
const BLOCK = 64

const lastAxis = (x: Tensor): { axes: readonly number[] } => ({ axes: [x.rank - 1] })

/**
 * Sums of the elements up to each one along the last axis, by one masked reduction: quadratic in its extent. `runningSum` is
 * the form for long axes.
 */
export const cumsum: PrimitiveFunction<null> = definePrimitive({
  name: 'cumsum',
  shape: ([x]) => {
    if (x!.shape.length === 0) throw new ShapeError('cumsum: a scalar has no axis to run along')
    if (x!.dtype === 'bool' || x!.dtype === 'uint8')
      throw new DTypeError(`cumsum: takes numbers, not ${formatAval(x!)}; cast to int32 or float32 first`)
    return x!
  },
  reference: ([x]) => {
    const extent = x!.shape.at(-1)!
    let total = 0
    return x!.data.map((value, flat) => (total = roundInteger(x!.dtype, flat % extent === 0 ? value : total + value)))
  },
  lower: ([x]) => ({
    kind: 'reduce',
    combine: 'sum',
    extents: x!.shape.slice(-1),
    element: (coordinates, [inner], read) =>
      selectScalar(
        binary('le', inner!, coordinates.at(-1)!),
        read(0, [...coordinates.slice(0, -1), inner!]),
        constant(x!.dtype, 0),
      ),
  }),
  // x_j reaches the sums from j on
  vjp: ({ cotangent }) => [flip([cumsum([flip([cotangent], lastAxis(cotangent))], null)], lastAxis(cotangent))],
})

/** What runs: how two neighbouring stretches are joined, and what stands before the first element. */
interface Running {
  readonly join: (earlier: Tensor, later: Tensor) => Tensor
  readonly identity: number
  /** The running values of an axis of at most `BLOCK` elements. */
  readonly short: (x: Tensor) => Tensor
}

/** `x` moved by `by` places to the right along the last axis, with `identity` in front. */
function delayed(x: Tensor, by: number, identity: number): Tensor {
  const low = x.shape.map((_, axis) => (axis === x.rank - 1 ? by : 0))
  return pad([x], { low, high: low.map((n) => -n), interior: low.map(() => 0), value: identity })
}

/** Stretches that one level joins. */
const RADIX = 4

/** Running values in about log4(n) levels, each of which joins stretches of what the one before has reached. */
function widening({ join, identity }: Omit<Running, 'short'>): (x: Tensor) => Tensor {
  return (x) => {
    const extent = x.shape.at(-1)!
    let reached = x
    for (let reach = 1; reach < extent; reach *= RADIX) {
      let joined = reached
      for (let by = reach; by < Math.min(extent, reach * RADIX); by += reach)
        joined = join(delayed(reached, by, identity), joined)
      reached = stored([joined], null)
    }
    return reached
  }
}

/** Running values of an axis of any extent, in blocks. */
function inBlocks(x: Tensor, running: Running): Tensor {
  const extent = x.shape.at(-1)!
  if (extent <= BLOCK) return running.short(x)
  const leading = x.shape.slice(0, -1)
  const blocks = Math.ceil(extent / BLOCK)
  const none = x.shape.map(() => 0)
  const high = none.map((_, axis) => (axis === leading.length ? blocks * BLOCK - extent : 0))
  const padded = pad([x], { low: none, high, interior: none, value: running.identity })
  const shape = [...leading, blocks, BLOCK]
  const inside = running.short(reshape([padded], { shape }))
  const start = shape.map((_, axis) => (axis === shape.length - 1 ? BLOCK - 1 : 0))
  const totals = reshape([slice([inside], { start, limit: shape, step: shape.map(() => 1) })], { shape: shape.slice(0, -1) }) // prettier-ignore
  const before = delayed(inBlocks(totals, running), 1, running.identity)
  const offsets = broadcast([before], { shape, axes: shape.slice(0, -1).map((_, axis) => axis) })
  const flat = reshape([running.join(offsets, inside)], { shape: padded.shape })
  return slice([flat], { start: none, limit: x.shape, step: none.map(() => 1) })
}

/** Which elements a running value covers. */
export interface RunningOptions {
  /** From the end instead of from the start. */
  readonly reverse?: boolean
  /** Without the element itself. */
  readonly exclusive?: boolean
}

function run(x: Tensor, running: Running, { reverse = false, exclusive = false }: RunningOptions): Tensor {
  const forward = reverse ? flip([x], lastAxis(x)) : x
  const inclusive = inBlocks(forward, running)
  const covered = exclusive ? delayed(inclusive, 1, running.identity) : inclusive
  return reverse ? flip([covered], lastAxis(x)) : covered
}

const SUM: Running = {
  join: (earlier, later) => add([earlier, later], null),
  identity: 0,
  short: (x) => cumsum([x], null),
}

/** Running sums along the last axis. */
export const runningSum = (x: Tensor, options: RunningOptions = {}): Tensor => run(x, SUM, options)

const product = { join: (earlier: Tensor, later: Tensor) => mul([earlier, later], null), identity: 1 }

/** Running products along the last axis. */
export const runningProduct = (x: Tensor, options: RunningOptions = {}): Tensor =>
  run(x, { ...product, short: widening(product) }, options)

/** Where `x` is NaN: of float32 by its bits, since a driver may assume that there is none. */
function isNaN(x: Tensor): Tensor {
  if (x.dtype !== 'float32') return notEqual([x, x], null)
  const bits = bitcast([x], { dtype: 'int32' })
  const magnitude = and([bits, fullLike(bits, 0x7fffffff)], null)
  return greater([magnitude, fullLike(magnitude, 0x7f800000)], null)
}

const least = (dtype: DType): number => (isFloating(dtype) ? -Infinity : dtype === 'int32' ? -(2 ** 31) : 0)
const greatest = (dtype: DType): number =>
  isFloating(dtype) ? Infinity : dtype === 'int32' ? 2 ** 31 - 1 : 2 ** 32 - 1

/** Running extremes: the later of two equal elements is chosen, and a NaN by everything after it. */
function extreme(x: Tensor, beats: typeof greaterEqual, identity: number, options: RunningOptions): Tensor {
  const join = (earlier: Tensor, later: Tensor): Tensor => {
    const better = beats([later, earlier], null)
    const wins = isFloating(x.dtype)
      ? or([isNaN(later), and([not([isNaN(earlier)], null), better], null)], null)
      : better
    return select([wins, later, earlier], null)
  }
  return run(x, { join, identity, short: widening({ join, identity }) }, options)
}

/** Running maxima along the last axis; of equal elements the last gets the cotangent. NaN stays once it has occurred. */
export const runningMax = (x: Tensor, options: RunningOptions = {}): Tensor =>
  extreme(x, greaterEqual, least(x.dtype), options)

/** Running minima along the last axis, as `runningMax`. */
export const runningMin = (x: Tensor, options: RunningOptions = {}): Tensor =>
  extreme(x, lessEqual, greatest(x.dtype), options)
