// How a register-tiled contraction reads its row operand: the scalars of all rows of a tile for some terms of the sum. Neighbouring
// invocations compute other columns of the same rows; where quads share, each of four loads a quarter, and they exchange them.

import { plus, times } from '../../ir/indexMap.ts'
import type { Scalar, Variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import type { Emitter } from '../emit.ts'
import { exchanged } from './quadExchange.ts'
import type { TileAxis } from './tileAxis.ts'

/** What is read, and how it lies in memory. */
export interface RowSource {
  readonly operand: Scalar
  readonly rows: Variable
  readonly inner: Variable
  /** The term of the sum at a step of the unrolled loop, or at one that a variable gives. */
  readonly innerAt: (step: Scalar | number) => Scalar
  /** Terms that are read at once; four where `kind` is `sum`. */
  readonly steps: number
  /** Rows of a tile: a multiple of 4 where quads share rows. */
  readonly tileRows: number
  /** Positions of rows; of fours of rows where `kind` is `rows`. */
  readonly axis: TileAxis
  /** Along which axis four elements are adjacent. `terms`: along the sum, and quads share the terms of every row instead of rows. */
  readonly kind: 'rows' | 'sum' | 'single' | 'terms'
  readonly lane: Variable
  /** The number of an invocation in its quad, if quads share; otherwise null. */
  readonly quadLane: Variable | null
}

/** A reader of rows. */
export interface RowReader {
  /** Writes the loads of one turn of the loop, and gives the names of every row's values, step by step; of shared terms, those of `quadTurns`. */
  readonly read: (emitter: Emitter) => string[][]
  /** Where the `i`-th row that is read lies in the tile, as WGSL: after an exchange another one in each invocation (`ql`). */
  readonly place: (i: string) => string
}

const COMPONENTS = ['x', 'y', 'z', 'w']
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const componentsOf = (vector: string): string[] => COMPONENTS.map((component) => `${vector}.${component}`)

/** A reader; positions are asked of the axis at once, so that it can declare them. */
export function rowReader(source: RowSource): RowReader {
  const { operand, rows, inner, innerAt, steps, tileRows, axis, kind, lane, quadLane } = source
  const at = (row: Scalar, step: Scalar | number): Scalar =>
    substituteVariables(operand, new Map([[rows, row], [inner, innerAt(step)]])) // prettier-ignore
  const inFour = (four: Scalar, part: Scalar | number): Scalar => plus(times(four, 4), part)
  /** `step by step, row by row` as `row by row, step by step`. */
  const byRow = (bySteps: string[][]): string[][] => bySteps[0]!.map((_, r) => bySteps.map((values) => values[r]!))
  const inOrder = (i: string): string => i
  const swapped = (i: string): string => `((${i}) ^ ql)`
  const swappedFours = (i: string): string => `((${i}) ^ (ql << 2u))`

  if (kind === 'rows') {
    if (quadLane !== null && tileRows % 16 === 0) {
      const fours = range(tileRows / 16).map((i) => axis.ofQuad(i, quadLane))
      const read = (emitter: Emitter): string[][] =>
        fours.flatMap(
          (four) =>
          byRow(range(steps).map((step) => exchanged(emitter, emitter.vector(at(inFour(four, lane), step))).flatMap(componentsOf))), // prettier-ignore
        )
      return { read, place: swappedFours }
    }
    const fours = range(tileRows / 4).map((i) => axis.at(i))
    const valuesOf = (emitter: Emitter, four: Scalar, step: number): readonly string[] =>
      quadLane === null
        ? componentsOf(emitter.vector(at(inFour(four, lane), step)))
        : exchanged(emitter, emitter.value(at(inFour(four, quadLane), step)))
    const read = (emitter: Emitter): string[][] =>
      byRow(range(steps).map((step) => fours.flatMap((four) => valuesOf(emitter, four, step))))
    return { read, place: quadLane === null ? inOrder : swapped }
  }

  if (kind === 'terms' && quadLane !== null) {
    // each has one of four terms, and then its neighbours' in turn
    const own = range(tileRows).map((r) => axis.at(r))
    const read = (emitter: Emitter): string[][] =>
      own.map((row) => [...exchanged(emitter, emitter.value(at(row, quadLane)))])
    return { read, place: inOrder }
  }
  const positions =
    quadLane === null
      ? range(tileRows).map((r) => axis.at(r))
      : range(tileRows / 4).map((i) => axis.ofQuad(i, quadLane))
  const all = (emitter: Emitter, value: string): readonly string[] =>
    quadLane === null ? [value] : exchanged(emitter, value)
  const read = (emitter: Emitter): string[][] =>
    kind === 'sum'
      ? positions.flatMap((row) => all(emitter, emitter.vector(at(row, lane))).map(componentsOf))
      : byRow(range(steps).map((step) => positions.flatMap((row) => all(emitter, emitter.value(at(row, step)))))) // prettier-ignore
  return { read, place: quadLane === null ? inOrder : swapped }
}
