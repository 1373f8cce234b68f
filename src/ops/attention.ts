// Attention: queries, keys and values to weighted values, as two batched products with a masked softmax between them. Masked positions
// are left out of the softmax instead of being pushed to -inf, so that a row without any position gives zeros, and its derivative too.

import { formatAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, sameShape, type Shape } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { add, and, div, greater, greaterEqual, mul, stopGradient, sub, where } from './arithmetic.ts'
import { exp } from './elementary.ts'
import { indices, zeros } from './creation.ts'
import { matmul } from './linalg.ts'
import { asTensor, broadcastTensor, castTo, commonDType, type TensorLike } from './operand.ts'
import { max, sum } from './reductions.ts'
import { reshape, transpose } from './shaping.ts'

/** Options of `attention`. */
export interface AttentionOptions {
  /**
   * Broadcasts to `[..., H, T, S]`. bool: true keeps a position. Float: added to the scores; entries of -1e30 and below, -Infinity among
   * them, leave the position out.
   */
  readonly mask?: Tensor | undefined
  /** Whether query `t` sees the keys `0 .. t` only. Default false. */
  readonly causal?: boolean
  /** The factor of the scores. Default `1 / √D`. */
  readonly scale?: number
}

/** Additive mask entries at most this leave a position out. */
const LEFT_OUT = -1e30

/** The least finite number of a float dtype. */
const LEAST = { float16: -65504, float32: -3.4028234663852886e38, float64: -Number.MAX_VALUE } as const

/**
 * `softmax(scale · q kᵀ + mask) v` per head: q `[..., T, H, D]`, k `[..., S, K, D]` and v `[..., S, K, E]` give `[..., T, H, E]`. With
 * fewer key heads than query heads (K divides H), H / K neighbouring query heads share one key head. A query for which the mask leaves no
 * position gives zeros. Vaswani et al., 2017; grouped heads: Ainslie et al., 2023.
 * @throws ShapeError, DTypeError or ArgumentError when operands or the mask do not fit.
 */
export function attention(q: TensorLike, k: TensorLike, v: TensorLike, options: AttentionOptions = {}): Tensor {
  const given = [asTensor('attention', q), asTensor('attention', k), asTensor('attention', v)] as const
  const dtype = commonDType(given)
  if (!isFloating(dtype))
    throw new DTypeError(`attention: takes floats, got ${given.map(({ aval }) => formatAval(aval)).join(', ')}`)
  const [queries, keys, values] = given.map((x) => castTo(x, dtype)) as [Tensor, Tensor, Tensor]
  const { batch, t, h, s, heads, e } = extentsOf(queries, keys, values)
  const d = queries.shape.at(-1)!
  const { scale = 1 / Math.sqrt(d), causal = false } = options
  if (!Number.isFinite(scale)) throw new ArgumentError(`attention: scale must be a finite number, got ${scale}`)
  if (s === 0) return zeros([...batch, t, h, e], dtype) // there is no position to attend to

  // the query heads of one key head are rows of one product: [..., K, H/K · T, D] x [..., K, D, S]
  const rows = reshape(headsFirst(queries), [...batch, heads, (h / heads) * t, d])
  const products = matmul(rows, headsFirst(keys), { transposeB: true })
  const scores = mul(reshape(products, [...batch, h, t, s]), scale)
  const weights = reshape(maskedSoftmax(scores, options.mask, causal), [...batch, heads, (h / heads) * t, s])
  return headsFirst(reshape(matmul(weights, headsFirst(values)), [...batch, h, t, e]))
}

/** `[..., T, H, D]` as `[..., H, T, D]`, and back. */
function headsFirst(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis)
  return transpose(x, [...axes.slice(0, -3), x.rank - 2, x.rank - 3, x.rank - 1])
}

/** Softmax along the last axis over the positions that mask and causality keep. */
function maskedSoftmax(scores: Tensor, mask: Tensor | undefined, causal: boolean): Tensor {
  const { score, kept } = masked(scores, mask, causal)
  if (kept === null) {
    const e = exp(sub(score, stopGradient(max(score, -1, true))))
    return div(e, sum(e, -1, true))
  }
  const least = LEAST[score.dtype as keyof typeof LEAST]
  const greatest = stopGradient(max(where(kept, score, least), -1, true))
  // the exponent is replaced before the exponential: an infinite one would turn the derivative 0 · inf into NaN
  const e = where(kept, exp(where(kept, sub(score, greatest), 0)), 0)
  const total = sum(e, -1, true)
  return div(e, where(greater(total, 0), total, 1))
}

/** The scores with what the mask adds, and which positions are kept (null: all). */
function masked(scores: Tensor, mask: Tensor | undefined, causal: boolean): { score: Tensor; kept: Tensor | null } {
  const pair = scores.shape.slice(-2)
  const past = causal
    ? broadcastTensor(greaterEqual(indices(pair, 0), indices(pair, 1)), scores.shape) // query t sees keys 0 .. t
    : null
  if (mask === undefined) return { score: scores, kept: past }
  checkMask(mask, scores.shape)
  const given = broadcastTensor(mask, scores.shape)
  const keeps = given.dtype === 'bool' ? given : greater(given, LEFT_OUT)
  const kept = past === null ? keeps : and(keeps, past)
  const score = given.dtype === 'bool' ? scores : add(scores, where(keeps, castTo(given, scores.dtype), 0))
  return { score, kept }
}

function checkMask(mask: Tensor, scores: Shape): void {
  if (mask.dtype !== 'bool' && !isFloating(mask.dtype)) {
    throw new DTypeError(
      `attention: the mask must be bool (true keeps) or a float to add, got ${formatAval(mask.aval)}: cast(mask, 'bool')`,
    )
  }
  const fits =
    mask.rank <= scores.length && sameShape(broadcastShapes('attention: the mask', mask.shape, scores), scores)
  if (!fits) {
    throw new ShapeError(
      `attention: the mask ${formatAval(mask.aval)} does not broadcast to the scores [..., H, T, S] = ${formatShape(scores)}`,
    )
  }
}

interface Extents {
  readonly batch: Shape
  /** Queries, query heads, keys, key heads, features of a value. */
  readonly t: number
  readonly h: number
  readonly s: number
  readonly heads: number
  readonly e: number
}

/** The extents by name, checked against each other. */
function extentsOf(q: Tensor, k: Tensor, v: Tensor): Extents {
  const fail = (what: string): never => {
    throw new ShapeError(
      `attention: ${what}: queries ${formatAval(q.aval)}, keys ${formatAval(k.aval)}, values ${formatAval(v.aval)}; ` +
        'expected [..., T, H, D], [..., S, K, D] and [..., S, K, E]',
    )
  }
  if ([q, k, v].some(({ rank }) => rank < 3) || k.rank !== q.rank || v.rank !== q.rank) fail('ranks do not fit')
  const batch = q.shape.slice(0, -3)
  const [t, h, d] = q.shape.slice(-3) as [number, number, number]
  const [s, heads, d2] = k.shape.slice(-3) as [number, number, number]
  const e = v.shape.at(-1)!
  if (!sameShape(batch, k.shape.slice(0, -3)) || !sameShape(k.shape.slice(0, -1), v.shape.slice(0, -1)))
    fail('leading axes differ')
  if (d !== d2) fail(`queries and keys differ in D (${d} and ${d2})`)
  if (heads === 0 || h % heads !== 0) fail(`the ${heads} key heads do not divide the ${h} query heads`)
  return { batch, t, h, s, heads, e }
}
