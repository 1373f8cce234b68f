// Positions along one axis of a tile. Where tiles do not divide the axis, positions are clamped to its last one.

import { plus, times } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'

/** The positions that a tile of `per` covers. What was asked for is bound to names, which `declarations` gives values. */
export interface TileAxis {
  /** The `i`-th position of the tile. */
  readonly at: (i: number) => Scalar
  /** The position `4 i + lane`: another one in each invocation of a quad. `lane` is known as `ql`. */
  readonly ofQuad: (i: number, lane: Variable) => Scalar
  readonly bound: () => readonly { variable: Variable; name: string }[]
  readonly declarations: () => readonly string[]
}

/** An axis of `extent` in tiles of `per`, the tile's number being called `tile`; `prefix` begins the names of clamped positions. */
export function tileAxis(prefix: string, tile: string, extent: number, per: number): TileAxis {
  const names = new Map<string, { variable: Variable; text: string | null }>()
  const named = (name: string, range: number, text: string | null): Variable => {
    const known = names.get(name) ?? { variable: variable(name, range), text }
    names.set(name, known)
    return known.variable
  }
  const isExact = extent % per === 0
  const clamped = (name: string, offset: string): Scalar =>
    named(name, extent, `min(${tile} * ${per} + ${offset}, ${extent - 1})`)
  const start = (): Scalar => times(named(tile, Math.ceil(extent / per), null), per)
  return {
    at: (i) => (isExact ? plus(start(), i) : clamped(`${prefix}${i}`, `${i}`)),
    ofQuad: (i, lane) => (isExact ? plus(plus(start(), 4 * i), lane) : clamped(`${prefix}q${i}`, `${4 * i} + ql`)),
    bound: () => [...names].map(([name, { variable: over }]) => ({ variable: over, name })),
    declarations: () => [...names].flatMap(([name, { text }]) => (text === null ? [] : [`let ${name} = ${text};`])),
  }
}
