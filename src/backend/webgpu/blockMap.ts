// Maps whose neighbours read the same elements, such as the gradient of a pool or a repeated image: along axes that such loads halve,
// an invocation computes two coordinates each, and what they have in common is loaded once. Loads are what software adapters spend
// their time on.

import type { LoopKernel, Store } from '../../compiler/kernel.ts'
import { plus, ravel, times, unravel } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { dependsOn, loadsOf, substituteVariables, visitScalars } from '../../ir/substitute.ts'
import { laneAccess } from '../emit.ts'

/** A map in blocks: the stores of every coordinate of a block, in terms of the invocation (and of a lane, where four lie next to each other). */
export interface BlockedMap {
  readonly blocks: readonly (readonly Store[])[]
  readonly over: Variable
  readonly lane: Variable | null
}

/** Smaller maps are not worth fewer invocations. */
const LEAST_ELEMENTS = 4096
/** The most axes that are taken in twos. */
const MOST_AXES = 2

/** The map in blocks, or null where neighbours have nothing in common, or a kernel is no plain map. */
export function blockedMap({ row, stages }: LoopKernel): BlockedMap | null {
  const [stage, another] = stages
  if (stage === undefined || another !== undefined || stage.inner !== null || row.extent < LEAST_ELEMENTS) return null
  const { stores } = stage
  if (stores.some(({ index }) => index.hash !== row.hash) || hasLoops(stores)) return null
  const { shape } = stores[0]!.target
  const coordinates = shape.map((extent, axis) => variable(`c${axis}`, extent))
  const flat = new Map<Variable, Scalar>([[row, ravel(coordinates, shape)]])
  const loads = loadsOf(stores.map(({ value }) => substituteVariables(value, flat)))

  const last = shape.length - 1
  const lane = variable('lane', 4)
  const inFours = (index: Scalar): Scalar =>
    substituteVariables(index, new Map([[coordinates[last]!, plus(times(variable('q', shape[last]! / 4), 4), lane)]]))
  const isLane = (index: Scalar): boolean => !dependsOn(index, lane) || laneAccess(index, lane) === 'contiguous'
  const hasLanes = shape[last]! % 4 === 0 && loads.every(({ index }) => isLane(inFours(index)))

  const halved = coordinates.filter((coordinate, axis) => {
    if (axis === last || coordinate.extent % 2 !== 0) return false
    const part = variable('d', 2)
    const inTwos = new Map([[coordinate, plus(times(variable('h', coordinate.extent / 2), 2), part)]])
    return loads.some(({ index }) => dependsOn(index, coordinate) && !dependsOn(substituteVariables(index, inTwos), part)) // prettier-ignore
  })
  const twos = halved.slice(-MOST_AXES)
  if (twos.length === 0) return null

  const steps = coordinates.map((coordinate, axis) => (twos.includes(coordinate) ? 2 : axis === last && hasLanes ? 4 : 1)) // prettier-ignore
  const extents = shape.map((extent, axis) => extent / steps[axis]!)
  const over = variable('block', extents.reduce((a, b) => a * b, 1)) // prettier-ignore
  const first = unravel(over, extents)
  const blocks = Array.from({ length: 2 ** twos.length }, (_, block) => {
    const at = coordinates.map((coordinate, axis) => {
      const part = twos.includes(coordinate) ? (block >> twos.indexOf(coordinate)) & 1 : steps[axis] === 4 ? lane : 0
      return plus(times(first[axis]!, steps[axis]!), part)
    })
    // at once: an index in which every coordinate is known to be within its extent is shorter than one taken apart again
    const moved = new Map<Variable, Scalar>(coordinates.map((coordinate, axis) => [coordinate, at[axis]!]))
    const ofBlock = (scalar: Scalar): Scalar => substituteVariables(substituteVariables(scalar, flat), moved)
    return stores.map(({ target, index, value }) => ({ target, index: ofBlock(index), value: ofBlock(value) }))
  })
  return { blocks, over, lane: hasLanes ? lane : null }
}

function hasLoops(stores: readonly Store[]): boolean {
  let found = false
  visitScalars(stores.map(({ value }) => value), ({ op }) => (found ||= op === 'fold' || op === 'local')) // prettier-ignore
  return found
}
