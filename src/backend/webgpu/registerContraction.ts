// Contractions without workgroup memory: every invocation keeps a tile of sums in registers, four lanes wide along the output
// axis that memory favours. Operands are fetched four at a time along whichever axis is adjacent in memory, so transposed
// ones cost nothing extra; no barriers, no bounds checks in the inner loop (edge tiles compute clamped rows and drop them).

import type { KernelFunction } from '../../../shaders/module.ts'
import type { ContractionKernel } from '../../compiler/kernel.ts'
import type { ContractionVariant } from '../../compiler/variants.ts'
import { integer, plus, times } from '../../ir/indexMap.ts'
import { type Scalar, variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import { createEmitter } from '../emit.ts'
import { adjacent, type Roles, walkOf } from './contractionOperands.ts'
import { epilogueFunction } from './epilogue.ts'
import { boundTurns, declareTurns, quadTurns } from './quadExchange.ts'
import { rowReader } from './rowReader.ts'
import { SHORT_SUM, shortFunction } from './shortContraction.ts'
import { wgslSyntax } from './syntax.ts'
import { tileAxis } from './tileAxis.ts'
import type { ModuleWriter } from './writer.ts'

/** At most `wanted` rows, a multiple of `unit` (of 4 at most where all fit); a number that divides the extent, if one is at least half of that. */
function tileOfRows(extent: number, wanted: number, unit: number): number {
  if (extent <= wanted) return unit === 1 ? extent : Math.ceil(extent / 4) * 4
  for (let rows = wanted; rows * 2 >= wanted; rows -= unit) if (extent % rows === 0) return rows
  return wanted
}

/** Vectors of lanes: at most those of the variant; fewer where that lets the tiles of a row fill quads, which then share it. */
function tileOfLanes(extent: number, { columns, quads }: ContractionVariant): number {
  const wanted = Math.max(1, Math.min(columns / 4, extent))
  if (!quads) return wanted
  for (let lanes = wanted; lanes >= 1; lanes--) if (extent % (4 * lanes) === 0) return lanes
  return wanted
}

/** The most rows of a tile, usually. */
const USUAL_ROWS = 16
/**
 * What a contraction needs to have more, or more of its sum written out: a tile of twice the code takes twice as long to compile, and of
 * tiles of twice the rows there are half as many to share out.
 */
const MANY_PRODUCTS = 2 ** 26
const MANY_TILES = 64
/** Below so many multiplications, compiling takes longer than thousands of runs: a tile has at most so many rows, and one term at a time. */
const FEW_PRODUCTS = 2 ** 20
const FEW_ROWS = 8

/** The longest sum that is written out whole. */
const LONGEST_WHOLE = 7

/**
 * Terms of a sum that are written out in the body of its innermost loop. Sums that a loop carries from turn to turn cost a software
 * adapter, which masks each of them, more than a term does.
 */
function stepsOf(extent: number, most: number): number {
  if (extent <= LONGEST_WHOLE) return Math.max(extent, 1)
  return [4, 3, 2].find((steps) => steps <= most && extent % steps === 0) ?? 1
}

/** A contraction as a WGSL function with tiles of at most `variant.rows` by `variant.columns`. */
export function registerFunction(
  kernel: ContractionKernel,
  roles: Roles,
  name: string,
  writer: ModuleWriter,
  variant: ContractionVariant,
): KernelFunction {
  const { batch } = kernel
  const { rows, lanes } = roles
  const { outer, inner, rowOperand, laneOperand } = walkOf(kernel, roles)
  const usualRows = Math.min(variant.rows, USUAL_ROWS)
  if (kernel.k.extent > 0 && kernel.k.extent <= SHORT_SUM && outer.length === 0 && rows.extent * 2 >= usualRows)
    return shortFunction(kernel, roles, name, writer, { ...variant, rows: usualRows })
  const tileQuads = tileOfLanes(lanes.extent / 4, variant)
  const laneTiles = Math.ceil(lanes.extent / 4 / tileQuads)
  const mayShare = variant.quads && laneTiles % 4 === 0
  const products = batch.extent * rows.extent * lanes.extent * kernel.k.extent
  const isLarge = products >= MANY_PRODUCTS
  const isSmall = products < FEW_PRODUCTS
  const largeTiles = batch.extent * Math.ceil(rows.extent / variant.rows) * laneTiles
  const mostRows =
    isLarge && largeTiles >= MANY_TILES ? variant.rows : Math.min(usualRows, isSmall ? FEW_ROWS : USUAL_ROWS)
  // where four rows are adjacent, each of a quad's invocations loads four, if there are sixteen
  const unit = !mayShare || rows.extent < 4 ? 1 : rows.extent >= 16 && adjacent(rowOperand, rows) ? 16 : 4
  const tileRows = tileOfRows(rows.extent, mostRows, unit)
  const rowTiles = Math.ceil(rows.extent / tileRows)
  const byRowQuads = tileRows % 4 === 0 && adjacent(rowOperand, rows)
  const rowByK = !byRowQuads && adjacent(rowOperand, inner)
  const laneByK = !adjacent(laneOperand, lanes) && adjacent(laneOperand, inner)
  const steps = rowByK || laneByK ? 4 : stepsOf(inner.extent, isLarge ? 4 : isSmall ? 1 : 2)

  // few rows are shared term by term, a fourth of the terms each
  const sharesTerms = mayShare && unit === 1 && rowByK && !laneByK
  const quads = (mayShare && unit > 1) || sharesTerms
  const turns = quadTurns()
  const lane = variable('lane', 4)
  const laneAxis = tileAxis('lq', 'tl', lanes.extent / 4, tileQuads)
  const rowAxis = byRowQuads
    ? tileAxis('rq', 'tr', rows.extent / 4, tileRows / 4)
    : tileAxis('rr', 'tr', rows.extent, tileRows)
  const over = variable('kk', inner.extent / steps)
  const isWhole = over.extent === 1
  const innerAt = (step: Scalar | number): Scalar => plus(isWhole ? integer(0) : times(over, steps), step)

  // the axes name their variables as positions are asked for, so these come before the emitter
  const laneQuads = range(tileQuads).map((q) => laneAxis.at(q))
  const reader = rowReader({
    operand: rowOperand,
    rows,
    inner,
    innerAt,
    steps,
    tileRows,
    axis: rowAxis,
    kind: sharesTerms ? 'terms' : byRowQuads ? 'rows' : rowByK ? 'sum' : 'single',
    lane,
    quadLane: quads ? turns[0]! : null,
  })
  const bound = [{ variable: batch, name: 'b' }, ...boundTurns(turns), ...laneAxis.bound(), ...rowAxis.bound()]
  const emitter = createEmitter(wgslSyntax(writer.names), bound, [lane])
  const laneValue = (quad: Scalar, lanePart: Scalar | number, step: Scalar | number): string => {
    const at = new Map([[lanes, plus(times(quad, 4), lanePart)], [inner, innerAt(step)]]) // prettier-ignore
    return emitter.vector(substituteVariables(laneOperand, at))
  }
  const sumName = (r: number, q: number): string => `s${r}_${q}`
  const body = (): void => {
    // the four lanes of every vector, each a list of the sum's terms
    const columns = laneQuads.map((quad) => {
      if (laneByK) return range(4).map((c) => componentsOf(laneValue(quad, c, lane)))
      const vectors = range(steps).map((step) => laneValue(quad, lane, sharesTerms ? turns[step]! : step))
      return COMPONENTS.map((component) => vectors.map((vector) => `${vector}.${component}`))
    })
    // a lane's terms are added one after the other: a sum that stays in a register is cheaper than four that do not
    reader.read(emitter).forEach((row, r) =>
      columns.forEach((lanesOf, q) => {
        const sum = sumName(r, q)
        const parts = lanesOf.map((terms, c) =>
          [`${sum}.${COMPONENTS[c]}`, ...terms.map((term, step) => `${row[step]} * ${term}`)].join(' + '),
        )
        emitter.line(`${sum} = vec4<f32>(${parts.join(', ')});`)
      }),
    )
  }
  const loops = [...outer.map((axis, i) => ({ over: axis, name: `k${i}` })), ...(isWhole ? [] : [{ over, name: 'kk' }])]
  const walk = (depth: number): void => {
    const loop = loops[depth]
    if (loop === undefined) body()
    else emitter.loop(loop.over, loop.name, () => walk(depth + 1))
  }
  walk(0)

  const sums = range(tileRows).flatMap((r) => range(tileQuads).map((q) => sumName(r, q)))
  const epilogueName = `${name}_store`
  const epilogue = epilogueFunction(kernel, roles, epilogueName, writer)
  const guards = [
    ...(rows.extent % tileRows === 0 ? [] : [`row < ${rows.extent}`]),
    ...((lanes.extent / 4) % tileQuads === 0 ? [] : [`quad < ${lanes.extent / 4}`]),
  ]
  const call = `${epilogueName}(b, row, quad, sums[i]);`
  // the epilogue's code is there once, or it would outgrow the instruction cache of a CPU
  const calls = [
    `var sums = array<vec4<f32>, ${sums.length}>(${sums.join(', ')});`,
    `for (var i: i32 = 0; i < ${sums.length}; i++) {`,
    `let row = tr * ${tileRows} + ${reader.place(`i / ${tileQuads}`)};`,
    `let quad = tl * ${tileQuads} + i % ${tileQuads};`,
    guards.length === 0 ? call : `if (${guards.join(' && ')}) { ${call} }`,
    '}',
  ]
  const lines = [
    epilogue,
    `fn ${name}(id: i32) {`,
    `if (id >= ${batch.extent * rowTiles * laneTiles}) { return; }`,
    `let tl = id % ${laneTiles};`,
    `let tr = (id / ${laneTiles}) % ${rowTiles};`,
    `let b = id / ${laneTiles * rowTiles};`,
    ...declareTurns(sharesTerms ? turns : quads ? turns.slice(0, 1) : []),
    ...laneAxis.declarations(),
    ...rowAxis.declarations(),
    ...sums.map((sum) => `var ${sum} = vec4<f32>();`),
    ...emitter.lines(),
    ...calls,
    '}',
  ]
  return { name, source: lines.join('\n'), invocations: batch.extent * rowTiles * laneTiles, cooperative: false, quads }
}

const COMPONENTS = ['x', 'y', 'z', 'w']
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const componentsOf = (vector: string): string[] => COMPONENTS.map((component) => `${vector}.${component}`)
