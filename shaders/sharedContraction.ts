// A contraction tile in workgroup memory. 256 invocations compute 64 x 64 sums, 4 x 4 each, over slices of 16 along k that all of
// them load together. Layout: lhs[k][row / 4], rhs[k][lane / 4] as vec4s. Bounds: positions past the edge load 0, and the caller's
// store statements guard themselves.

import { wgsl } from './wgsl.ts'

/** Rows and lanes of a workgroup's tile, and the depth of a slice along k. */
export const SHARED_TILE = { rows: 64, lanes: 64, depth: 16, invocations: 256 } as const

/** Bytes of workgroup memory of one tile. */
export const SHARED_TILE_BYTES = (SHARED_TILE.rows + SHARED_TILE.lanes) * SHARED_TILE.depth * 4

/** What the compiler fills in. */
export interface SharedContractionText {
  readonly name: string
  readonly rowTiles: number
  readonly laneTiles: number
  readonly slices: number
  /** Statements that load this invocation's share of a slice into `${name}_lhs` and `${name}_rhs`; `slice` is the slice's first k. */
  readonly loads: readonly string[]
  /** Statements that store `s0 .. s3` (four lanes each) of rows `row0 + 0 .. 3`. */
  readonly stores: readonly string[]
}

/** The module-level arrays of a tile. */
export function sharedDeclarations(name: string): string {
  const { rows, lanes, depth } = SHARED_TILE
  return wgsl`
var<workgroup> ${name}_lhs: array<vec4<f32>, ${(depth * rows) / 4}>;
var<workgroup> ${name}_rhs: array<vec4<f32>, ${(depth * lanes) / 4}>;
`
}

/** The kernel function; it is called by whole workgroups. */
export function sharedContraction(text: SharedContractionText): string {
  const { name, rowTiles, laneTiles, slices } = text
  const { rows, lanes, depth } = SHARED_TILE
  return wgsl`
fn ${name}(group: i32, thread: i32) {
  let lane_tile = group % ${laneTiles};
  let row_tile = (group / ${laneTiles}) % ${rowTiles};
  let b = group / ${laneTiles * rowTiles};
  let thread_row = thread / ${lanes / 4};
  let thread_lane = thread % ${lanes / 4};
  let row0 = row_tile * ${rows} + thread_row * 4;
  let quad = lane_tile * ${lanes / 4} + thread_lane;
  var s0 = vec4<f32>();
  var s1 = vec4<f32>();
  var s2 = vec4<f32>();
  var s3 = vec4<f32>();
  for (var slice: i32 = 0; slice < ${slices * depth}; slice += ${depth}) {
${text.loads.join('\n')}
    workgroupBarrier();
    for (var d: i32 = 0; d < ${depth}; d++) {
      let left = ${name}_lhs[d * ${rows / 4} + thread_row];
      let right = ${name}_rhs[d * ${lanes / 4} + thread_lane];
      s0 += left.x * right;
      s1 += left.y * right;
      s2 += left.z * right;
      s3 += left.w * right;
    }
    workgroupBarrier();
  }
${text.stores.join('\n')}
}
`
}
