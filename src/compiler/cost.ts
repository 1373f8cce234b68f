// What a dispatch costs by its kernels' own expressions, whatever code is made of them. Bytes: every distinct element that it
// loads or stores moves once, as from a cold cache that holds everything; upper bounds where indices are data. FLOPs: what the
// mathematics takes when every expression is computed once for all coordinates that it depends on; tiles may do more.

import { isFloating } from '../core/dtype.ts'
import type { DType } from '../core/dtype.ts'
import { rangeOf } from '../ir/indexMap.ts'
import { childrenOf, hashOf, type Scalar, type Variable } from '../ir/scalar.ts'
import { loadsOf } from '../ir/substitute.ts'
import type { Tensor } from '../ir/tensor.ts'
import { tensorOf } from './group.ts'
import { type Kernel, rootsOf, storesOf } from './kernel.ts'
import { deviceBytes } from './memory.ts'

/** The cost of one execution. */
export interface Cost {
  /** Arithmetic, comparisons and functions of floating-point values, each 1; a multiply-add is 2. Integers and casts are free. */
  readonly flops: number
  readonly bytesRead: number
  readonly bytesWritten: number
}

/** The cost of kernels that run as one dispatch: what several of them load is counted once. */
export function costOf(kernels: readonly Kernel[]): Cost {
  const read = new Map<Tensor, Map<number, number>>()
  const written = new Set<Tensor>()
  for (const kernel of kernels) {
    for (const { source, index } of loadsOf(rootsOf(kernel))) {
      const tensor = tensorOf(source)
      const own = read.get(tensor) ?? new Map<number, number>()
      read.set(tensor, own.set(index.hash, distinctValues(index)))
    }
    for (const { target } of storesOf(kernel)) written.add(target)
  }
  const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
  return {
    flops: total(kernels.map(flopsOf)),
    bytesRead: total(
      [...read].map(
        ([tensor, loads]) => Math.min(tensor.size, total([...loads.values()])) * elementBytes(tensor.dtype),
      ),
    ),
    bytesWritten: total([...written].map((tensor) => tensor.size * elementBytes(tensor.dtype))),
  }
}

/** Bytes of one element on a device; 16 of them need no padding. */
const elementBytes = (dtype: DType): number => deviceBytes({ shape: [16], dtype }) / 16

/** The variables that a scalar depends on and that nothing in it binds, by hash. `summed` are those of the accumulator. */
type Free = ReadonlyMap<number, Variable>

function freeVariables(summed: readonly Variable[] = []): (scalar: Scalar) => Free {
  const memo = new Map<number, Free>()
  const go = (scalar: Scalar): Free => {
    const known = memo.get(scalar.hash)
    if (known !== undefined) return known
    const free = new Map<number, Variable>()
    if (scalar.op === 'variable') free.set(scalar.hash, scalar)
    if (scalar.op === 'accumulator') summed.forEach((variable) => free.set(variable.hash, variable))
    for (const child of evaluatedIn(scalar)) {
      const bound =
        (scalar.op === 'fold' || scalar.op === 'local') && child === scalar.body ? scalar.variable.hash : null
      for (const [hash, variable] of go(child)) if (hash !== bound) free.set(hash, variable)
    }
    memo.set(scalar.hash, free)
    return free
  }
  return go
}

/** The nodes that are computed for a node: of an order without a value, only the value. */
const evaluatedIn = (scalar: Scalar): readonly Scalar[] => (scalar.op === 'after' ? [scalar.x] : childrenOf(scalar))

const productOf = (variables: Iterable<Variable>): number => [...variables].reduce((n, { extent }) => n * extent, 1)

/** How many values an index takes while its variables run; never less. */
function distinctValues(index: Scalar): number {
  const free = freeVariables()
  const count = (x: Scalar): number => {
    const { min, max } = rangeOf(x)
    return Math.min(own(x), productOf(free(x).values()), max - min + 1)
  }
  const own = (x: Scalar): number => {
    switch (x.op) {
      case 'affine':
        return affineValues(
          x.terms.map(({ scalar, factor }) => ({ factor, values: count(scalar), dense: isDense(scalar) })),
        )
      case 'quotient':
      case 'remainder':
      case 'cast':
        return count(x.x)
      case 'select':
        return x.y.op === 'const' ? count(x.x) : x.x.op === 'const' ? count(x.y) : count(x.x) + count(x.y)
      case 'binary':
        return (x.fn === 'min' || x.fn === 'max') && x.y.op === 'const' ? count(x.x) : Infinity
      default:
        return Infinity
    }
  }
  return count(index)
}

/** Whether a scalar takes all integers of its range: coordinates and their parts do, data does not. */
const isDense = ({ op }: Scalar): boolean => op === 'variable' || op === 'quotient' || op === 'remainder'

interface Term {
  readonly factor: number
  readonly values: number
  readonly dense: boolean
}

/** Multiples of `unit` without a gap, `extent` of them. */
interface Level {
  readonly unit: number
  readonly extent: number
}

/**
 * Values of Σ factor · term. Mixed radix multiplies; a coordinate that moves within what another one covers (a window whose stride is
 * at most its extent) only makes it longer.
 */
function affineValues(terms: readonly Term[]): number {
  const levels: Level[] = []
  let reach = 0
  const dense = terms.filter((term) => term.dense).map(({ factor, values }) => ({ stride: Math.abs(factor), values }))
  for (const { stride, values } of dense.sort((a, b) => a.stride - b.stride)) {
    reach += stride * (values - 1)
    const at = levels.findLastIndex(({ unit, extent }) => stride % unit === 0 && stride <= unit * extent)
    if (at < 0) levels.push({ unit: stride, extent: values })
    else
      levels[at] = { unit: levels[at]!.unit, extent: levels[at]!.extent + (stride / levels[at]!.unit) * (values - 1) }
  }
  const count = levels.reduce((n, { extent }) => n * extent, 1)
  return terms.filter((term) => !term.dense).reduce((n, { values }) => n * values, Math.min(count, reach + 1))
}

/** Loops around an expression, outermost first, and what is already computed in each. */
interface Scope {
  readonly variable: Variable | null
  /** Executions of the scope's body. */
  readonly times: number
  readonly seen: Set<number>
}

const within = (scopes: readonly Scope[], variable: Variable): Scope[] => [
  ...scopes,
  { variable, times: scopes.at(-1)!.times * variable.extent, seen: new Set() },
]

function flopsOf(kernel: Kernel): number {
  const free = freeVariables(kernel.kind === 'contraction' ? [kernel.batch, kernel.m, kernel.n] : [])
  let flops = 0

  /** The innermost scope that any of these variables belongs to. */
  const place = (variables: Free, scopes: readonly Scope[], but: Variable | null = null): number =>
    scopes.findLastIndex(
      ({ variable }) => variable === null || (variable.hash !== but?.hash && variables.has(variable.hash)),
    )

  const walk = (node: Scalar, scopes: readonly Scope[]): void => {
    const at = place(free(node), scopes)
    const { seen, times } = scopes[at]!
    if (seen.has(node.hash)) return
    seen.add(node.hash)
    if ((node.op === 'unary' || node.op === 'binary') && isFloating(node.x.dtype)) flops += times
    if (node.op === 'fold' || node.op === 'local') {
      walkBody(node, node.op === 'fold' && isFloating(node.body.dtype), scopes)
      if (node.op === 'local') walk(node.index, scopes)
    } else evaluatedIn(node).forEach((child) => walk(child, scopes))
  }

  /** The body of a fold or local array, once for every value of its variable where all else that it depends on is known. */
  const walkBody = (
    { variable, body }: { variable: Variable; body: Scalar },
    combines: boolean,
    scopes: readonly Scope[],
  ) => {
    const at = place(free(body), scopes, variable)
    const key = hashOf('body', variable.hash, body.hash)
    if (scopes[at]!.seen.has(key)) return
    scopes[at]!.seen.add(key)
    const inner = within(scopes.slice(0, at + 1), variable)
    if (combines) flops += inner.at(-1)!.times
    walk(body, inner)
  }

  const outside: Scope[] = [{ variable: null, times: 1, seen: new Set() }]
  const nest = (...variables: readonly Variable[]): Scope[] => variables.reduce(within, outside)
  const stored = (
    stores: readonly { readonly index: Scalar; readonly value: Scalar }[],
    scopes: readonly Scope[],
  ): void => stores.forEach(({ index, value }) => [index, value].forEach((root) => walk(root, scopes)))

  if (kernel.kind === 'loop') {
    const rows = nest(kernel.row)
    for (const { inner, stores } of kernel.stages) stored(stores, inner === null ? rows : within(rows, inner))
    return flops
  }
  const { batch, m, n, k, lhs, rhs, stores } = kernel
  flops += isFloating(lhs.dtype) ? 2 * productOf([batch, m, n, k]) : 0
  walk(lhs, nest(batch, m, k))
  walk(rhs, nest(batch, k, n))
  stored(stores, nest(batch, m, n))
  return flops
}
