// Contractions with short sums, such as the weight gradients of small batches: what costs is not the sum but the results, each loaded,
// changed and stored by the epilogue. An invocation keeps the lane operand of the whole sum in registers and walks its rows in a
// loop, so that the epilogue's code is there once: unrolled over a tile it would not fit in the instruction cache of a CPU.

import type { KernelFunction } from '../../../shaders/module.ts'
import type { ContractionKernel } from '../../compiler/kernel.ts'
import type { ContractionVariant } from '../../compiler/variants.ts'
import { integer, plus, times } from '../../ir/indexMap.ts'
import { type Scalar, variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import { createEmitter } from '../emit.ts'
import type { Roles } from './contractionOperands.ts'
import { epilogueFunction } from './epilogue.ts'
import { boundTurns, declareTurns, exchanged, quadTurns } from './quadExchange.ts'
import { wgslSyntax } from './syntax.ts'
import { tileAxis } from './tileAxis.ts'
import type { ModuleWriter } from './writer.ts'

/** The longest sum that is kept in registers. */
export const SHORT_SUM = 16

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** A contraction of at most SHORT_SUM terms as a WGSL function in which an invocation computes rows one after the other. */
export function shortFunction(
  kernel: ContractionKernel,
  roles: Roles,
  name: string,
  writer: ModuleWriter,
  variant: ContractionVariant,
): KernelFunction {
  const { batch, k } = kernel
  const { rows, lanes, rowOperand, laneOperand } = roles
  const quadCount = lanes.extent / 4
  const tileQuads = k.extent * 2 <= SHORT_SUM && quadCount % 2 === 0 ? 2 : 1
  const tileRows = Math.min(variant.rows, rows.extent)
  const rowTiles = Math.ceil(rows.extent / tileRows)
  const laneTiles = quadCount / tileQuads
  const quads = variant.quads && laneTiles % 4 === 0 && k.extent % 4 === 0

  const lane = variable('lane', 4)
  const laneAxis = tileAxis('lq', 'tl', quadCount, tileQuads)
  const laneQuads = range(tileQuads).map((q) => laneAxis.at(q))
  const r = variable('r', tileRows)
  const tile = variable('tr', rowTiles)
  const isExact = rows.extent % tileRows === 0
  // past the end, the last row is computed again and not stored
  const clamped = variable('row', rows.extent)
  const row: Scalar = isExact ? plus(times(tile, tileRows), r) : clamped
  const terms = range(k.extent)
  // the row values that are exchanged in turn j belong to the term of the neighbour ql ^ j
  const turns = quadTurns()
  const termAt = (term: number): Scalar => (quads ? plus(turns[term % 4]!, term - (term % 4)) : integer(term))
  const bound = [
    { variable: batch, name: 'b' },
    ...boundTurns(turns),
    { variable: tile, name: 'tr' },
    ...laneAxis.bound(),
  ]
  const emitter = createEmitter(wgslSyntax(writer.names), bound, [lane])
  const at = (operand: Scalar, entries: readonly (readonly [typeof rows, Scalar])[]): Scalar =>
    substituteVariables(operand, new Map(entries))
  const epilogueName = `${name}_store`
  const body = emitter.within(
    [
      { variable: r, name: 'r' },
      { variable: clamped, name: 'row' },
    ],
    () => {
      // prettier-ignore
      const rowValues = quads
      ? terms.filter((term) => term % 4 === 0).flatMap((term) => exchanged(emitter, emitter.value(at(rowOperand, [[rows, row], [k, plus(turns[0]!, term)]]))))
      : terms.map((term) => emitter.value(at(rowOperand, [[rows, row], [k, integer(term)]]))) // prettier-ignore
      laneQuads.forEach((quad, q) => {
        const products = terms.map((term) => {
          const lanesOf = at(laneOperand, [[lanes, plus(times(quad, 4), lane)], [k, termAt(term)]]) // prettier-ignore
          return `${rowValues[term]} * ${emitter.vector(lanesOf)}`
        })
        const call = `${epilogueName}(b, row, tl * ${tileQuads} + ${q}, ${products.join(' + ')});`
        emitter.line(isExact ? call : `if (tr * ${tileRows} + r < ${rows.extent}) { ${call} }`)
      })
    },
  )
  const source = [
    epilogueFunction(kernel, roles, epilogueName, writer),
    `fn ${name}(id: i32) {`,
    `if (id >= ${batch.extent * rowTiles * laneTiles}) { return; }`,
    `let tl = id % ${laneTiles};`,
    `let tr = (id / ${laneTiles}) % ${rowTiles};`,
    `let b = id / ${laneTiles * rowTiles};`,
    ...(quads ? declareTurns(turns) : []),
    ...emitter.lines(),
    `for (var r: i32 = 0; r < ${tileRows}; r++) {`,
    `let row = ${isExact ? `tr * ${tileRows} + r` : `min(tr * ${tileRows} + r, ${rows.extent - 1})`};`,
    ...body,
    '}',
    '}',
  ].join('\n')
  return { name, source, invocations: batch.extent * rowTiles * laneTiles, cooperative: false, quads }
}
