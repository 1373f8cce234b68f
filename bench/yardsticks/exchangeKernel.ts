// A hand-written matrix product whose threads share rows in fours: each loads a fourth, and three swaps give it the rest, so that a
// thread's sums belong to rows in another order than its neighbour's. Sums are kept lane by lane, four terms in a row.

import type { MatmulCase } from '../engines/matmul.ts'

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const component = (index: number): string => 'xyzw'[index] ?? 'x'
const swaps = ['', 'quadSwapX', 'quadSwapY', 'quadSwapDiagonal']

/** Whether tiles of so many rows and 8 columns, four of them side by side, divide the product. */
export const fitsExchange = ({ m, k, n }: MatmulCase, rows: number): boolean =>
  m % rows === 0 && n % 32 === 0 && k % 4 === 0

/** The kernel with tiles of `rows` by 8; `rows` is a multiple of 16. Threads that follow each other must be neighbours in a subgroup. */
export function exchangeKernel(matmul: MatmulCase, rows: number, workgroupSize: number): string {
  const { m, k, n, transposeA, transposeB } = matmul
  const tiles = { columns: n / 8, all: (m * n) / (8 * rows) }
  const sums = range(rows).flatMap((r) => [0, 1].map((c) => `s${r}_${c}`))
  const { loads, term } = transposeA ? columnsOfA(matmul, rows) : rowsOfA(matmul, rows)
  const loadB = transposeB
    ? range(8).map((c) => `let y${c} = b[(column * 4u + ${c}u) * ${k / 4}u + k];`)
    : range(4).flatMap((t) => [0, 1].map((c) => `let y${t}_${c} = b[(k * 4u + ${t}u) * ${n / 4}u + column + ${c}u];`))
  const termB = (c: number, lane: number, t: number): string =>
    transposeB ? `y${4 * c + lane}.${component(t)}` : `y${t}_${c}.${component(lane)}`
  const products = range(rows).flatMap((r) =>
    [0, 1].map((c) => {
      const lanes = range(4).map((lane) =>
        [`s${r}_${c}.${component(lane)}`, ...range(4).map((t) => `${term(r, t)} * ${termB(c, lane, t)}`)].join(' + '),
      )
      return `s${r}_${c} = vec4f(${lanes.join(', ')});`
    }),
  )
  return `
    enable subgroups;
    diagnostic(off, subgroup_uniformity);
    @group(0) @binding(0) var<storage, read> a: array<vec4f>;
    @group(0) @binding(1) var<storage, read> b: array<vec4f>;
    @group(0) @binding(2) var<storage, read_write> product: array<vec4f>;
    @compute @workgroup_size(${workgroupSize}) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x >= ${tiles.all}u) { return; }
      let column = (id.x % ${tiles.columns}u) * 2u; // in vec4
      let row = (id.x / ${tiles.columns}u) * ${rows}u;
      let lane = id.x & 3u;
      ${sums.map((sum) => `var ${sum} = vec4f();`).join('\n')}
      for (var k = 0u; k < ${k / 4}u; k++) {
        ${[...loadB, ...loads, ...products].join('\n')}
      }
      var all = array<vec4f, ${sums.length}>(${sums.join(', ')});
      for (var i = 0u; i < ${sums.length}u; i++) {
        let own = row + ((i / 2u) ^ (lane${transposeA ? ' << 2u' : ''}));
        product[own * ${n / 4}u + column + i % 2u] = all[i];
      }
    }`
}

/** What is loaded of `a` for four steps of k, and a row's term of a step. */
interface Rows {
  readonly loads: readonly string[]
  readonly term: (row: number, step: number) => string
}

const swapped = (name: string): string[] =>
  range(4).map((j) => (j === 0 ? '' : `let ${name}_${j} = ${swaps[j]}(${name}_0);`))

/** a is [m, k]: a vec4 along k of a row each. */
function rowsOfA({ k }: MatmulCase, rows: number): Rows {
  const loads = range(rows / 4).flatMap((g) => [
    `let x${g}_0 = a[(row + ${4 * g}u + lane) * ${k / 4}u + k];`,
    ...swapped(`x${g}`),
  ])
  return { loads, term: (row, step) => `x${row >> 2}_${row & 3}.${component(step)}` }
}

/** a is [k, m]: a vec4 of four rows each, for every step. */
function columnsOfA({ m }: MatmulCase, rows: number): Rows {
  const loads = range(rows / 16).flatMap((g) =>
    range(4).flatMap((t) => [
      `let x${g}_${t}_0 = a[(k * 4u + ${t}u) * ${m / 4}u + row / 4u + ${4 * g}u + lane];`,
      ...swapped(`x${g}_${t}`),
    ]),
  )
  return { loads, term: (row, step) => `x${row >> 4}_${step}_${(row >> 2) & 3}.${component(row & 3)}` }
}
