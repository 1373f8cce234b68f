// How a register-tiled contraction reads its row operand: the scalars of all rows of a tile for one term of the sum. Neighbouring
// invocations compute other columns of the same rows; where quads share, each of four loads a quarter and broadcasts it.

import { plus, times } from '../../ir/indexMap.ts'
import type { Scalar, Variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import type { Emitter } from '../emit.ts'
import type { TileAxis } from './tileAxis.ts'

/** What is read, and how it lies in memory. */
export interface RowSource {
  readonly operand: Scalar
  readonly rows: Variable
  readonly inner: Variable
  /** The term of the sum at a step of the unrolled loop, or at one that a variable gives. */
  readonly innerAt: (step: Scalar | number) => Scalar
  readonly tileRows: number
  /** Positions of rows; of fours of rows where `kind` is `rows`. */
  readonly axis: TileAxis
  /** Along which axis four elements are adjacent. */
  readonly kind: 'rows' | 'sum' | 'single'
  readonly lane: Variable
  /** The number of an invocation in its quad, if quads share; otherwise null. */
  readonly quadLane: Variable | null
}

/** Writes the loads of one turn of the loop, and gives the names of all rows for each of its steps. */
export type RowReader = (emitter: Emitter) => (step: number) => string[]

const COMPONENTS = ['x', 'y', 'z', 'w']
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** A reader; positions are asked of the axis at once, so that it can declare them. */
export function rowReader(source: RowSource): RowReader {
  const { operand, rows, inner, innerAt, tileRows, axis, kind, lane, quadLane } = source
  const at = (row: Scalar, step: Scalar | number): Scalar =>
    substituteVariables(operand, new Map([[rows, row], [inner, innerAt(step)]])) // prettier-ignore
  const fourth = (quad: Scalar, part: Scalar | number): Scalar => plus(times(quad, 4), part)
  const broadcast = (emitter: Emitter, value: string, from: number): string =>
    emitter.named(`quadBroadcast(${value}, ${from}u)`)

  if (kind === 'rows') {
    const count = tileRows / 4
    if (quadLane !== null && count % 4 === 0) {
      const quads = range(count / 4).map((i) => axis.ofQuad(i, quadLane))
      return (emitter) => (step) =>
        quads.flatMap((quad) => {
          const own = emitter.vector(at(fourth(quad, lane), step))
          return range(16).map((r) => broadcast(emitter, `${own}.${COMPONENTS[r & 3]}`, r >> 2))
        })
    }
    const quads = range(count).map((i) => axis.at(i))
    return (emitter) => (step) =>
      quads.flatMap((quad) => {
        if (quadLane === null) return componentsOf(emitter.vector(at(fourth(quad, lane), step)))
        const own = emitter.value(at(fourth(quad, quadLane), step))
        return range(4).map((from) => broadcast(emitter, own, from))
      })
  }

  if (quadLane !== null && tileRows % 4 === 0) {
    const positions = range(tileRows / 4).map((i) => axis.ofQuad(i, quadLane))
    if (kind === 'single') {
      return (emitter) => (step) =>
        positions.flatMap((row) => {
          const own = emitter.value(at(row, step))
          return range(4).map((from) => broadcast(emitter, own, from))
        })
    }
    return (emitter) => {
      const own = positions.map((row) => emitter.vector(at(row, lane)))
      return (step) =>
        own.flatMap((vector) => range(4).map((from) => broadcast(emitter, `${vector}.${COMPONENTS[step]}`, from)))
    }
  }
  const positions = range(tileRows).map((r) => axis.at(r))
  if (kind === 'single') return (emitter) => (step) => positions.map((row) => emitter.value(at(row, step)))
  return (emitter) => {
    const own = positions.map((row) => (quadLane === null ? emitter.vector(at(row, lane)) : emitter.value(at(row, quadLane)))) // prettier-ignore
    return (step) =>
      own.map((value) => (quadLane === null ? `${value}.${COMPONENTS[step]}` : broadcast(emitter, value, step)))
  }
}

const componentsOf = (vector: string): string[] => COMPONENTS.map((component) => `${vector}.${component}`)
