// A contraction tile in workgroup memory. A square of 8x8 or 16x16 invocations computes `rows` x `columns` sums each, over slices along
// k that all of them load together; the next slice travels in registers while this one is summed. Layout of `tile`: lhs[k][row / 4],
// then rhs[k][lane / 4], as vec4s, so that sums read and loads write whole vectors. An invocation's quads lie a square's side apart.
// Bounds: positions past an edge are clamped and their sums dropped by the stores, which guard themselves; k past its end counts 0.

import { wgsl } from './wgsl.ts'

/** The tile of a workgroup. Rows and columns are those of one invocation, multiples of 4. */
export interface SharedTile {
  readonly rows: number
  readonly columns: number
  readonly workgroup: 64 | 256
  /** Length of a slice along k, 8 or 16. */
  readonly depth: number
}

/** Rows and lanes of the output that a workgroup computes, and invocations along each. */
export function extentOf({ rows, columns, workgroup }: SharedTile): {
  readonly side: number
  readonly rows: number
  readonly lanes: number
} {
  const side = Math.sqrt(workgroup)
  return { side, rows: side * rows, lanes: side * columns }
}

/** Bytes of workgroup memory of a tile. */
export function sharedTileBytes(tile: SharedTile): number {
  const { rows, lanes } = extentOf(tile)
  return (rows + lanes) * tile.depth * 4
}

/** The one array of tiles of a module: a workgroup runs one kernel, so kernels need not have arrays of their own. */
export function sharedDeclaration(bytes: number): string {
  return wgsl`var<workgroup> tile: array<vec4<f32>, ${bytes / 16}>;`
}

/** What the compiler fills in. */
export interface SharedContractionText {
  readonly name: string
  readonly tile: SharedTile
  readonly rowTiles: number
  readonly laneTiles: number
  readonly slices: number
  /** Statements before the loop: positions of this invocation's loads, and the vectors that they go to. */
  readonly before: readonly string[]
  /** Statements that load this invocation's share of the slice that begins at `slice`. */
  readonly loads: readonly string[]
  /** Statements that write the loaded vectors to `tile`. */
  readonly writes: readonly string[]
  /** The statement that stores `sum` of four lanes `quad` in row `row`. */
  readonly store: (row: string, quad: string, sum: string) => string
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const COMPONENTS = ['x', 'y', 'z', 'w']

/** The kernel function; it is called by whole workgroups. */
export function sharedContraction(text: SharedContractionText): string {
  const { name, tile, rowTiles, laneTiles, slices } = text
  const { side, rows, lanes } = extentOf(tile)
  const { depth } = tile
  const rowQuads = range(tile.rows / 4)
  const laneQuads = range(tile.columns / 4)
  const sums = range(tile.rows).flatMap((r) => laneQuads.map((q) => `var s${r}_${q} = vec4<f32>();`))
  const left = rowQuads.map((i) => `let left${i} = tile[d * ${rows / 4} + thread_row + ${i * side}];`)
  const right = laneQuads.map((q) => `let right${q} = tile[${(depth * rows) / 4} + d * ${lanes / 4} + thread_lane + ${q * side}];`) // prettier-ignore
  const products = range(tile.rows).flatMap((r) =>
    laneQuads.map((q) => `s${r}_${q} += left${r >> 2}.${COMPONENTS[r & 3]} * right${q};`),
  )
  const stores = range(tile.rows).flatMap((r) =>
    laneQuads.map((q) => text.store(`row0 + ${(r >> 2) * side * 4 + (r & 3)}`, `quad0 + ${q * side}`, `s${r}_${q}`)),
  )
  return wgsl`
fn ${name}(group: i32, thread: i32) {
  let lane_tile = group % ${laneTiles};
  let row_tile = (group / ${laneTiles}) % ${rowTiles};
  let b = group / ${laneTiles * rowTiles};
  let thread_row = thread / ${side};
  let thread_lane = thread % ${side};
  let row0 = row_tile * ${rows} + thread_row * 4;
  let quad0 = lane_tile * ${lanes / 4} + thread_lane;
${text.before.join('\n')}
${sums.join('\n')}
  for (var slice: i32 = 0; slice <= ${slices * depth}; slice += ${depth}) {
    if (slice > 0) {
      workgroupBarrier();
${text.writes.join('\n')}
      workgroupBarrier();
    }
    if (slice < ${slices * depth}) {
${text.loads.join('\n')}
    }
    if (slice > 0) {
      for (var d: i32 = 0; d < ${depth}; d++) {
${left.join('\n')}
${right.join('\n')}
${products.join('\n')}
      }
    }
  }
${stores.join('\n')}
}
`
}
