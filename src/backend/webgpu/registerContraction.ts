// Contractions without workgroup memory: every invocation keeps a tile of sums in registers, four lanes wide along the output
// axis that memory favours. Operands are fetched four at a time along whichever axis is adjacent in memory, so transposed
// ones cost nothing extra; no barriers, no bounds checks in the inner loop (edge tiles compute clamped rows and drop them).

import type { KernelFunction } from '../../../shaders/module.ts'
import type { ContractionKernel } from '../../compiler/kernel.ts'
import type { ContractionVariant } from '../../compiler/target.ts'
import { plus, times } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { dependsOn, loadsOf, substituteVariables } from '../../ir/substitute.ts'
import { createEmitter, type Emitter, laneAccess } from '../emit.ts'
import { writeStores } from './loopKernel.ts'
import { wgslSyntax } from './syntax.ts'
import type { ModuleWriter } from './writer.ts'

/** The roles of a contraction's axes: sums are vectors along `lanes`; `rows` are scalars broadcast against them. */
export interface Roles {
  readonly rows: Variable
  readonly lanes: Variable
  readonly rowOperand: Scalar
  readonly laneOperand: Scalar
}

/** Whether every load that moves with `over` moves over adjacent, aligned elements. */
export function adjacent(operand: Scalar, over: Variable): boolean {
  if (over.extent % 4 !== 0) return false
  const lane = variable('lane', 4)
  const moved = substituteVariables(operand, new Map([[over, plus(times(variable('quad', over.extent / 4), 4), lane)]]))
  return loadsOf([moved]).every(({ index }) => !dependsOn(index, lane) || laneAccess(index, lane) === 'contiguous')
}

/** The roles for a kernel, or null if no output axis divides into lanes. */
export function rolesOf(kernel: ContractionKernel): Roles | null {
  const { m, n, lhs, rhs } = kernel
  const alongN: Roles = { rows: m, lanes: n, rowOperand: lhs, laneOperand: rhs }
  const alongM: Roles = { rows: n, lanes: m, rowOperand: rhs, laneOperand: lhs }
  if (n.extent % 4 === 0 && (m.extent % 4 !== 0 || n.extent >= 8 || m.extent < n.extent)) return alongN
  return m.extent % 4 === 0 ? alongM : null
}

/** At most `wanted` rows; a number that divides the extent, if one is at least half of that. */
function tileOfRows(extent: number, wanted: number): number {
  if (extent <= wanted) return extent
  for (let rows = wanted; rows * 2 >= wanted; rows--) if (extent % rows === 0) return rows
  return wanted
}

/** A contraction as a WGSL function with tiles of at most `variant.rows` by `variant.columns`. */
export function registerFunction(
  kernel: ContractionKernel,
  roles: Roles,
  name: string,
  writer: ModuleWriter,
  variant: ContractionVariant,
): KernelFunction {
  const { batch, k } = kernel
  const { rows, lanes, rowOperand, laneOperand } = roles
  const tileRows = tileOfRows(rows.extent, variant.rows)
  const tileQuads = Math.max(1, Math.min(variant.columns / 4, lanes.extent / 4))
  const rowTiles = Math.ceil(rows.extent / tileRows)
  const laneTiles = Math.ceil(lanes.extent / 4 / tileQuads)
  const byRowQuads = tileRows % 4 === 0 && adjacent(rowOperand, rows)
  const unrolled =
    k.extent % 4 === 0 &&
    ((!byRowQuads && adjacent(rowOperand, k)) || (!adjacent(laneOperand, lanes) && adjacent(laneOperand, k)))
  const laneByK = unrolled && !adjacent(laneOperand, lanes) && adjacent(laneOperand, k)
  const rowByK = unrolled && !byRowQuads && adjacent(rowOperand, k)

  const quads = variant.quads && laneTiles % 4 === 0 && (rowByK || byRowQuads)
  const lane = variable('lane', 4)
  const tileOf = tileGeometry(rows, lanes, tileRows, tileQuads, byRowQuads)
  const over = variable('kk', unrolled ? k.extent / 4 : k.extent)
  const bound = [{ variable: batch, name: 'b' }, ...tileOf.bound]
  const sumName = (r: number, q: number): string => `s${r}_${q}`
  const quadLane = variable('ql', 4)
  const emitter = createEmitter(wgslSyntax(writer.names), [...bound, { variable: quadLane, name: 'ql' }], [lane])
  const kAt = (step: number): Scalar => (unrolled ? plus(times(over, 4), step) : over)
  const kLane: Scalar = plus(times(over, 4), lane)

  const rowAt = (r: number): Scalar => (byRowQuads ? plus(times(tileOf.rowQuad(r >> 2), 4), r & 3) : tileOf.row(r))
  const at = (operand: Scalar, entries: readonly (readonly [Variable, Scalar])[]): Scalar =>
    substituteVariables(operand, new Map(entries))
  /** What the four invocations of a quad load, each one element, as four names known to all of them. */
  const shared = (element: Scalar, prefix: string): string[] => {
    const own = emitter.value(element)
    return COMPONENTS.map((component, i) =>
      nameVector(emitter, `${prefix}_${component}`, `quadBroadcast(${own}, ${i}u)`),
    )
  }
  const body = emitter.within([{ variable: over, name: 'kk' }], () => {
    const rowByKNames = rowByK ? range(tileRows).map((r) => quads ? shared(at(rowOperand, [[rows, rowAt(r)], [k, plus(times(over, 4), quadLane)]]), `r${r}`) : componentsOf(emitter.vector(at(rowOperand, [[rows, rowAt(r)], [k, kLane]])))) : [] // prettier-ignore
    const laneByKNames = laneByK
      ? range(tileQuads * 4).map((c) => emitter.vector(at(laneOperand, [[lanes, plus(times(tileOf.laneQuad(c >> 2), 4), c & 3)], [k, kLane]]))) // prettier-ignore
      : []
    for (const step of range(unrolled ? 4 : 1)) {
      const laneValues = range(tileQuads).map(
        (q) =>
        laneByK
          ? `vec4<f32>(${range(4).map((c) => `${laneByKNames[q * 4 + c]}.${COMPONENTS[step]}`).join(', ')})`
          : emitter.vector(at(laneOperand, [[lanes, plus(times(tileOf.laneQuad(q), 4), lane)], [k, kAt(step)]])), // prettier-ignore
      )
      const named = laneByK ? laneValues.map((text, q) => nameVector(emitter, `t${step}_${q}`, text)) : laneValues
      const rowValues = rowStep(emitter, {
        tileRows,
        byRowQuads,
        rowByKNames,
        step,
        lane,
        tileOf,
        rowOperand,
        rows,
        k,
        kAt,
        rowAt,
        at,
        shared: quads ? (quad, element) => shared(element(quadLane), `r${quad}_${step}`) : null,
      })
      rowValues.forEach((row, r) => named.forEach((value, q) => emitter.line(`${sumName(r, q)} += ${row} * ${value};`)))
    }
  })

  const sums = range(tileRows).flatMap((r) => range(tileQuads).map((q) => sumName(r, q)))
  const epilogueName = `${name}_store`
  const epilogue = epilogueFunction(kernel, roles, epilogueName, writer)
  const calls = range(tileRows).flatMap((r) =>
    range(tileQuads).map((q) => {
      const guards = [...(rows.extent % tileRows === 0 ? [] : [`tr * ${tileRows} + ${r} < ${rows.extent}`]), ...((lanes.extent / 4) % tileQuads === 0 ? [] : [`tl * ${tileQuads} + ${q} < ${lanes.extent / 4}`])] // prettier-ignore
      const call = `${epilogueName}(b, tr * ${tileRows} + ${r}, tl * ${tileQuads} + ${q}, ${sumName(r, q)});`
      return guards.length === 0 ? call : `if (${guards.join(' && ')}) { ${call} }`
    }),
  )
  const lines = [
    epilogue,
    `fn ${name}(id: i32) {`,
    `if (id >= ${batch.extent * rowTiles * laneTiles}) { return; }`,
    `let tl = id % ${laneTiles};`,
    `let tr = (id / ${laneTiles}) % ${rowTiles};`,
    `let b = id / ${laneTiles * rowTiles};`,
    ...tileOf.declarations,
    ...(quads ? ['let ql = id & 3;'] : []),
    ...sums.map((sum) => `var ${sum} = vec4<f32>();`),
    ...emitter.lines(),
    `for (var kk: i32 = 0; kk < ${over.extent}; kk++) {`,
    ...body,
    '}',
    ...calls,
    '}',
  ]
  return { name, source: lines.join('\n'), invocations: batch.extent * rowTiles * laneTiles, cooperative: false, quads }
}

const COMPONENTS = ['x', 'y', 'z', 'w']
const componentsOf = (vector: string): string[] => COMPONENTS.map((component) => `${vector}.${component}`)
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

function nameVector(emitter: Emitter, name: string, text: string): string {
  emitter.line(`let ${name} = ${text};`)
  return name
}

interface RowStep {
  readonly tileRows: number
  readonly byRowQuads: boolean
  /** For every row its values at four k. */
  readonly rowByKNames: readonly (readonly string[])[]
  readonly step: number
  readonly lane: Variable
  readonly tileOf: Geometry
  readonly rowOperand: Scalar
  readonly rows: Variable
  readonly k: Variable
  readonly kAt: (step: number) => Scalar
  readonly rowAt: (r: number) => Scalar
  readonly at: (operand: Scalar, entries: readonly (readonly [Variable, Scalar])[]) => Scalar
  /** Names of four adjacent rows' values that a quad loads together, or null where every invocation loads its own. */
  readonly shared: ((quad: number, element: (lane: Variable) => Scalar) => readonly string[]) | null
}

/** The scalars of the row operand for one k. */
function rowStep(emitter: Emitter, s: RowStep): string[] {
  if (s.rowByKNames.length > 0) return s.rowByKNames.map((names) => names[s.step]!)
  if (!s.byRowQuads) return range(s.tileRows).map((r) => emitter.value(s.at(s.rowOperand, [[s.rows, s.rowAt(r)], [s.k, s.kAt(s.step)]]))) // prettier-ignore
  return range(s.tileRows / 4).flatMap((quad) => {
    const element = (lane: Variable): Scalar => s.at(s.rowOperand, [[s.rows, plus(times(s.tileOf.rowQuad(quad), 4), lane)], [s.k, s.kAt(s.step)]]) // prettier-ignore
    return s.shared === null ? componentsOf(emitter.vector(element(s.lane))) : s.shared(quad, element)
  })
}

interface Geometry {
  readonly bound: readonly { variable: Variable; name: string }[]
  readonly declarations: readonly string[]
  readonly row: (r: number) => Scalar
  readonly rowQuad: (quad: number) => Scalar
  readonly laneQuad: (quad: number) => Scalar
}

/** Row and lane positions of a tile. Where tiles do not divide the output, positions are clamped to the last one. */
function tileGeometry(
  rows: Variable,
  lanes: Variable,
  tileRows: number,
  tileQuads: number,
  byRowQuads: boolean,
): Geometry {
  const bound: { variable: Variable; name: string }[] = []
  const declarations: string[] = []
  const axis = (prefix: string, tile: string, extent: number, per: number): ((i: number) => Scalar) => {
    const tiles = Math.ceil(extent / per)
    if (extent % per === 0) {
      const over = variable(tile, tiles)
      bound.push({ variable: over, name: tile })
      return (i) => plus(times(over, per), i)
    }
    const positions = range(per).map((i) => {
      declarations.push(`let ${prefix}${i} = min(${tile} * ${per} + ${i}, ${extent - 1});`)
      const over = variable(`${prefix}${i}`, extent)
      bound.push({ variable: over, name: `${prefix}${i}` })
      return over
    })
    return (i) => positions[i]!
  }
  const laneQuad = axis('lq', 'tl', lanes.extent / 4, tileQuads)
  if (byRowQuads) {
    const rowQuad = axis('rq', 'tr', rows.extent / 4, tileRows / 4)
    return { bound, declarations, laneQuad, rowQuad, row: (r) => plus(times(rowQuad(r >> 2), 4), r & 3) }
  }
  const row = axis('rr', 'tr', rows.extent, tileRows)
  return { bound, declarations, laneQuad, row, rowQuad: row }
}

/** Stores one vector of finished sums: the kernel's epilogue at a row and four lanes. */
export function epilogueFunction(kernel: ContractionKernel, roles: Roles, name: string, writer: ModuleWriter): string {
  const lane = variable('lane', 4)
  const quad = variable('quad', roles.lanes.extent / 4)
  const at = new Map<Variable, Scalar>([[roles.lanes, plus(times(quad, 4), lane)]])
  const bound = [
    { variable: kernel.batch, name: 'b' },
    { variable: roles.rows, name: 'row' },
    { variable: quad, name: 'quad' },
  ]
  const emitter = createEmitter(wgslSyntax(writer.names), bound, [lane], { text: 'sum', variables: [lane] })
  const stores = kernel.stores.map(({ target, index, value }) => ({
    target,
    index: substituteVariables(index, at),
    value: substituteVariables(value, at),
  }))
  writeStores(emitter, writer, stores, lane)
  return [`fn ${name}(b: i32, row: i32, quad: i32, sum: vec4<f32>) {`, ...emitter.lines(), '}'].join('\n')
}
