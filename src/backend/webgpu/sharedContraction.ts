// Contractions with tiles in workgroup memory, for GPUs: which tile a kernel gets, and the skeleton's loads and stores for its
// operands (operandSlice.ts).

import type { KernelFunction } from '../../../shaders/module.ts'
import { extentOf, sharedContraction, type SharedTile, sharedTileBytes } from '../../../shaders/sharedContraction.ts'
import type { ContractionKernel } from '../../compiler/kernel.ts'
import type { ContractionVariant } from '../../compiler/target.ts'
import { createEmitter } from '../emit.ts'
import { LANE, planSlice, writeSlice } from './operandSlice.ts'
import type { Roles } from './contractionOperands.ts'
import { epilogueFunction } from './epilogue.ts'
import { wgslSyntax } from './syntax.ts'
import type { ModuleWriter } from './writer.ts'

/** What an output that leaves the wanted tile mostly empty may have instead. */
const SMALLER: readonly SharedTile[] = [
  { rows: 8, columns: 4, workgroup: 256, depth: 16 },
  { rows: 8, columns: 8, workgroup: 64, depth: 16 },
  { rows: 4, columns: 4, workgroup: 64, depth: 16 },
]

/**
 * The tile of a variant for an output: the greatest one up to that of the variant which the output fills by half and of which there are
 * `enough`, or else the smallest, which may be three quarters empty; null if it would be emptier than that.
 */
export function tileFor(
  variant: ContractionVariant,
  { rows, lanes }: Roles,
  batch: number,
  enough: number,
): SharedTile | null {
  const wanted: SharedTile = { rows: variant.rows, columns: variant.columns, workgroup: variant.workgroup ?? 256, depth: 16 } // prettier-ignore
  const area = ({ rows: r, columns: c, workgroup }: SharedTile): number => r * c * workgroup
  const candidates = [wanted, ...SMALLER.filter((tile) => area(tile) < area(wanted))]
  const fills = (tile: SharedTile, share: number): boolean =>
    rows.extent >= extentOf(tile).rows * share && lanes.extent >= extentOf(tile).lanes * share
  const groups = (tile: SharedTile): number =>
    batch * Math.ceil(rows.extent / extentOf(tile).rows) * Math.ceil(lanes.extent / extentOf(tile).lanes)
  const filled = candidates.filter((tile) => fills(tile, 0.5))
  const smallest = candidates.at(-1)!
  return filled.find((tile) => groups(tile) >= enough) ?? filled.at(-1) ?? (fills(smallest, 0.25) ? smallest : null)
}

/** A tile for the workgroup that its dispatch has, in so many bytes of workgroup memory; null if there is none. */
export function tileWithin(tile: SharedTile, workgroup: number, bytes: number): SharedTile | null {
  const square: SharedTile = tile.workgroup === workgroup ? tile : { rows: 4, columns: 4, workgroup: 256, depth: 16 }
  if (square.workgroup !== workgroup) return null
  return [square, { ...square, depth: 8 }].find((one) => sharedTileBytes(one) <= bytes) ?? null
}

/** A contraction as a cooperative WGSL function with the given tile. */
export function sharedFunction(
  kernel: ContractionKernel,
  roles: Roles,
  name: string,
  writer: ModuleWriter,
  tile: SharedTile,
): KernelFunction {
  const { rows, lanes, rowOperand, laneOperand } = roles
  const extent = extentOf(tile)
  const rowTiles = Math.ceil(rows.extent / extent.rows)
  const laneTiles = Math.ceil(lanes.extent / extent.lanes)
  const epilogueName = `${name}_store`
  const epilogue = epilogueFunction(kernel, roles, epilogueName, writer)
  const { k } = kernel
  const plans = [
    planSlice({ operand: rowOperand, axis: rows, k, prefix: 'l', tileName: 'row_tile', extent: extent.rows, base: 0 }, tile), // prettier-ignore
    planSlice({ operand: laneOperand, axis: lanes, k, prefix: 'r', tileName: 'lane_tile', extent: extent.lanes, base: (tile.depth * extent.rows) / 4 }, tile), // prettier-ignore
  ]
  const bound = [kernel.batch, ...plans.flatMap((plan) => plan.positions)].map((over) => ({ variable: over, name: over === kernel.batch ? 'b' : over.name })) // prettier-ignore
  const emitter = createEmitter(wgslSyntax(writer.names), bound, [LANE])
  const texts = plans.map((plan) => writeSlice(plan, emitter))
  const guards = [
    ...(rows.extent % extent.rows === 0 ? [] : [(row: string) => `${row} < ${rows.extent}`]),
    ...(lanes.extent % extent.lanes === 0 ? [] : [(_: string, quad: string) => `${quad} < ${lanes.extent / 4}`]),
  ]
  const source = sharedContraction({
    name,
    tile,
    rowTiles,
    laneTiles,
    slices: Math.ceil(k.extent / tile.depth),
    before: [...plans.flatMap((plan) => plan.before), ...texts.flatMap(({ vectors }) => vectors), ...emitter.lines()],
    loads: texts.flatMap(({ loads }) => loads),
    writes: texts.flatMap(({ writes }) => writes),
    store: (row, quad, sum) => {
      const call = `${epilogueName}(b, ${row}, ${quad}, ${sum});`
      return guards.length === 0 ? call : `if (${guards.map((guard) => guard(row, quad)).join(' && ')}) { ${call} }`
    },
  })
  const groups = kernel.batch.extent * rowTiles * laneTiles
  return {
    name,
    source: `${epilogue}\n${source}`,
    invocations: groups * tile.workgroup,
    cooperative: true,
    quads: false,
  }
}
