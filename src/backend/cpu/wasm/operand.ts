// How an operand of a product gets to where it is multiplied. Elements of a tensor at fixed distances are read where they lie, or packed
// as panels; everything else (gathered, guarded, computed) is computed in vectors, over the operand's axis or over the terms of the sum.

import type { ContractionKernel } from '../../../compiler/kernel.ts'
import { plus, sumOf, times } from '../../../ir/indexMap.ts'
import { type Loadable, type Scalar, type Variable, variable } from '../../../ir/scalar.ts'
import { dependsOn, substituteVariables, visitScalars } from '../../../ir/substitute.ts'
import { createEmitter, type Emitter, laneAccess } from '../../emit.ts'
import type { Walk } from '../sumWalk.ts'
import type { Writing } from './loop.ts'
import { TILE_COLUMNS, TILE_ROWS } from './product.ts'
import { i32, letText, loopText } from './statements.ts'

/** What statements about an operand need to know. */
export interface OperandPlan {
  readonly kernel: ContractionKernel
  readonly axis: Variable
  readonly operand: Scalar
  readonly walk: Walk
  /** Terms of a block of the sum. */
  readonly terms: number
  readonly writing: Writing
}

/** Rows of an operand as the product walks through them: where they begin, and the bytes between rows, terms and tiles; no row begins after `last`. */
export interface RowLayout {
  readonly floats: number
  /** For each block of rows, `$r0` to `$r1`, within each block of terms, `$k0` to `$k1`. */
  readonly perRows: readonly string[]
  readonly at: string
  readonly row: string
  readonly last: string
  readonly term: string
  readonly tile: string
}

/** All columns of an operand as panels. */
export interface ColumnLayout {
  readonly floats: number
  /** For each block of terms. */
  readonly perBlock: readonly string[]
}

/** An operand as elements of a tensor: where it begins, and how far apart its batches, its rows or columns and its terms are, in elements. */
interface Strides {
  readonly source: Loadable
  readonly first: number
  readonly batch: number
  readonly axis: number
  readonly term: number
}

/** `value` rounded up to a multiple. */
export const ceil = (value: number, to: number): number => Math.ceil(value / to) * to

const add = (...terms: string[]): string => terms.reduce((left, right) => `(i32.add ${left} ${right})`)
const mul = (x: string, by: number): string => (by === 1 ? x : by === 0 ? i32(0) : `(i32.mul ${x} ${i32(by)})`)
/** The terms of this block. */
const COUNT = '(i32.sub $k1 $k0)'
/** After every address. */
const NOWHERE = i32(-1)

/** The tiles of the rows `$r0` to `$r1`. */
export const TILES = `(i32.shr_u (i32.add (i32.sub $r1 $r0) ${i32(TILE_ROWS - 1)}) ${i32(2)})`

/** The strides of an operand of float32, or null if it is more than elements at fixed distances. */
function stridesOf({ operand, axis, kernel }: OperandPlan): Strides | null {
  if (operand.op !== 'load' || operand.source.aval.dtype !== 'float32') return null
  const { index, source } = operand
  const { terms, constant } = sumOf(index)
  const over = [kernel.batch, axis, kernel.k]
  const factors = over.map((of) => terms.find(({ scalar }) => scalar.hash === of.hash)?.factor ?? 0)
  const isPlain = terms.every(({ scalar, factor }) => factor > 0 && over.some(({ hash }) => hash === scalar.hash))
  if (!isPlain) return null
  return { source, first: constant, batch: factors[0]!, axis: factors[1]!, term: factors[2]! }
}

/** The address of the operand's element at `position` of its axis in the first term of the block. */
function addressOf({ writing }: OperandPlan, { source, first, batch, axis, term }: Strides, position: string): string {
  const elements = add(i32(first), mul('$b', batch), mul(position, axis), mul('$k0', term))
  return add(writing.address(source), `(i32.shl ${elements} ${i32(2)})`)
}

/** Rows in place or as panels; what is copied or computed takes `floats` at `$rows`, for at most `blockRows` at a time. */
export function rowLayout(plan: OperandPlan, blockRows: number): RowLayout {
  const { axis, terms } = plan
  const strides = stridesOf(plan)
  const padded = ceil(blockRows, TILE_ROWS)
  const panels = { at: '$rows', row: i32(4), last: NOWHERE, term: i32(4 * TILE_ROWS) }
  if (strides !== null && (strides.axis !== 1 || plan.kernel.k.extent === 1)) {
    return {
      floats: 0,
      perRows: [],
      at: addressOf(plan, strides, '$r0'),
      row: i32(4 * strides.axis),
      last: addressOf(plan, strides, i32(axis.extent - 1)),
      term: i32(4 * strides.term),
      tile: i32(4 * TILE_ROWS * strides.axis),
    }
  }
  if (strides !== null) {
    const from = addressOf(plan, strides, '$r0')
    const perRows = [`(call $pack4 ${from} ${i32(4 * strides.term)} $rows ${TILES} ${COUNT})`]
    return { ...panels, floats: padded * terms, perRows, tile: mul(COUNT, 4 * TILE_ROWS) }
  }
  const floats = padded * terms
  const byTerms = termLanes(plan)
  if (byTerms !== null) {
    const perRows = loopText('$r', '$r0', '$r1', [
      letText('$to', 'i32', add('$rows', mul('(i32.sub $r $r0)', 4 * terms))),
      ...byTerms('$r'),
    ])
    return { floats, perRows, at: '$rows', row: i32(4 * terms), last: NOWHERE, term: i32(4), tile: i32(16 * terms) }
  }
  const first = `(i32.shr_u $r0 ${i32(2)})`
  const perRows = loopText('$q', first, add(first, TILES), [
    letText('$to', 'i32', add('$rows', mul(`(i32.sub $q ${first})`, 16 * terms))),
    ...axisLanes(plan, 4 * TILE_ROWS),
  ])
  return { ...panels, floats, perRows, tile: i32(16 * terms) }
}

/** All columns as panels at `$columns`. */
export function columnLayout(plan: OperandPlan): ColumnLayout {
  const { axis, terms } = plan
  const width = ceil(axis.extent, TILE_COLUMNS)
  const panels = i32(width / TILE_COLUMNS)
  const strides = stridesOf(plan)
  const floats = width * terms
  if (strides !== null && (strides.axis === 1 || axis.extent === 1)) {
    const from = addressOf(plan, strides, i32(0))
    return { floats, perBlock: [`(call $pack8 ${from} ${i32(4 * strides.term)} $columns ${panels} ${COUNT})`] }
  }
  if (strides !== null && strides.term === 1) {
    const [from, last] = [addressOf(plan, strides, i32(0)), addressOf(plan, strides, i32(axis.extent - 1))]
    return { floats, perBlock: [`(call $turn8 ${from} ${i32(4 * strides.axis)} ${last} $columns ${panels} ${COUNT})`] }
  }
  const byTerms = termLanes(plan)
  if (byTerms !== null) {
    const staged = add('$columns', i32(4 * floats))
    const last = add(staged, i32(4 * terms * (axis.extent - 1)))
    return {
      floats: 2 * floats,
      perBlock: [
        ...loopText('$c', i32(0), i32(axis.extent), [
          letText('$to', 'i32', add(staged, mul('$c', 4 * terms))),
          ...byTerms('$c'),
        ]),
        `(call $turn8 ${staged} ${i32(4 * terms)} ${last} $columns ${panels} ${COUNT})`,
      ],
    }
  }
  const panel = `(i32.mul (i32.shr_u $q ${i32(1)}) ${mul(COUNT, 4 * TILE_COLUMNS)})`
  return {
    floats,
    perBlock: loopText('$q', i32(0), i32(width / 4), [
      letText('$to', 'i32', add('$columns', panel, mul(`(i32.and $q ${i32(1)})`, 16))),
      ...axisLanes(plan, 4 * TILE_COLUMNS),
    ]),
  }
}

/** Loads and divisions that take a vector apart. */
function scattered(value: Scalar, lane: Variable): number {
  let count = 0
  visitScalars([value], (node) => {
    if (node.op === 'load') count += dependsOn(node.index, lane) && laneAccess(node.index, lane, 1) === 'gather' ? 1 : 0
    else if (node.op === 'quotient' || node.op === 'remainder') count += dependsOn(node, lane) ? 1 : 0
  })
  return count
}

/** The operand with four values of its axis in a vector, `$q` being the first of which a quarter is. */
function byAxis({ kernel, axis, operand, walk, writing }: OperandPlan): { quad: Variable; value: Scalar } {
  const quad = variable(`${axis.name}_q`, Math.ceil(axis.extent / 4))
  const parts = new Map<Variable, Scalar>([[axis, plus(times(quad, 4), writing.lane)], [kernel.k, walk.value]]) // prettier-ignore
  return { quad, value: substituteVariables(operand, parts) }
}

/** All terms of four rows or columns, a vector each, to `$to` and every `distance` bytes. */
function axisLanes(plan: OperandPlan, distance: number): string[] {
  const { quad, value } = byAxis(plan)
  const bound = [
    { variable: plan.kernel.batch, name: '$b' },
    { variable: quad, name: '$q' },
  ]
  return walkText(plan, bound, plan.walk.inner, (emitter) => {
    const vector = emitter.vector(value)
    emitter.line(`(v128.store $to ${vector}) ${advanced(distance)}`)
  })
}

const advanced = (by: number): string => `(local.set $to (i32.add $to ${i32(by)}))`

/**
 * Statements that write the terms of one row or column, whose position has the given name, side by side to `$to` and on, four at a time; null
 * where terms cannot be vectors, or where those would be taken apart more than vectors over the axis.
 */
function termLanes(plan: OperandPlan): ((position: string) => string[]) | null {
  const { kernel, axis, operand, walk, terms, writing } = plan
  const { lane } = writing
  const innermost = walk.inner.at(-1) ?? walk.outer
  if (innermost.extent % 4 !== 0 || terms % 4 !== 0) return null
  const quad = variable(`${innermost.name}_q`, innermost.extent / 4)
  const parts = new Map([[innermost, plus(times(quad, 4), lane)]])
  const value = substituteVariables(operand, new Map([[kernel.k, substituteVariables(walk.value, parts)]]))
  if (scattered(value, lane) >= scattered(byAxis(plan).value, lane)) return null
  return (position) => {
    const bound = [
      { variable: kernel.batch, name: '$b' },
      { variable: axis, name: position },
    ]
    const write = (emitter: Emitter): void => {
      const vector = emitter.vector(value)
      emitter.line(`(v128.store $to ${vector}) ${advanced(16)}`)
    }
    if (walk.inner.length > 0) return walkText(plan, bound, [...walk.inner.slice(0, -1), quad], write)
    return walkText({ ...plan, walk: { ...walk, outer: quad, span: 4 } }, bound, [], write)
  }
}

/** The terms of a block: `write` for all of `inner` within the groups of the sum. */
function walkText(
  { walk, writing }: OperandPlan,
  bound: readonly { variable: Variable; name: string }[],
  inner: readonly Variable[],
  write: (emitter: Emitter) => void,
): string[] {
  const { outer, span } = walk
  const emitter = createEmitter(writing.syntax, bound, [writing.lane])
  const nest = ([next, ...rest]: readonly Variable[]): void => {
    if (next === undefined) write(emitter)
    else emitter.loop(next, next.name, () => nest(rest))
  }
  const body = emitter.within([{ variable: outer, name: '$k' }], () => nest(inner))
  const group = (at: string): string => (span === 1 ? at : `(i32.div_u ${at} ${i32(span)})`)
  return [...emitter.lines(), ...loopText('$k', group('$k0'), group('$k1'), body)]
}
