// Contractions with tiles in workgroup memory, for GPUs: fills in the skeleton's loads and stores for a kernel's operands.

import type { KernelFunction } from '../../../shaders/module.ts'
import { SHARED_TILE, sharedContraction, sharedDeclarations } from '../../../shaders/sharedContraction.ts'
import type { ContractionKernel } from '../../compiler/kernel.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import { createEmitter } from '../emit.ts'
import { adjacent, epilogueFunction, type Roles } from './registerContraction.ts'
import { wgslSyntax } from './syntax.ts'
import type { ModuleWriter } from './writer.ts'

/** Loads of one operand's slice: each invocation moves every 256th element, neighbours moving neighbours. */
function operandLoads(
  operand: Scalar,
  axis: Variable,
  kernel: ContractionKernel,
  side: { readonly array: string; readonly tile: string; readonly extent: number; readonly prefix: string },
  writer: ModuleWriter,
): string[] {
  const { k } = kernel
  const { depth, invocations } = SHARED_TILE
  const alongK = adjacent(operand, k) || (k.extent >= depth && !adjacent(operand, axis))
  const edge = axis.extent % side.extent !== 0
  const tail = k.extent % depth !== 0
  const lines: string[] = []
  for (let i = 0; i < (side.extent * depth) / invocations; i++) {
    const [p, e] = [`${side.prefix}p${i}`, `${side.prefix}e${i}`]
    const [position, inner] = [variable(`${side.prefix}a${i}`, axis.extent), variable(`${side.prefix}k${i}`, k.extent)]
    lines.push(
      `let ${e} = thread + ${i * invocations};`,
      alongK
        ? `let ${p} = ${e} / ${depth}; let ${p}d = ${e} % ${depth};`
        : `let ${p} = ${e} % ${side.extent}; let ${p}d = ${e} / ${side.extent};`,
      `let ${position.name}_raw = ${side.tile} * ${side.extent} + ${p};`,
      `let ${inner.name}_raw = slice + ${p}d;`,
      `let ${position.name} = ${edge ? `min(${position.name}_raw, ${axis.extent - 1})` : `${position.name}_raw`};`,
      `let ${inner.name} = ${tail ? `min(${inner.name}_raw, ${k.extent - 1})` : `${inner.name}_raw`};`,
    )
    const bound = [
      { variable: kernel.batch, name: 'b' },
      { variable: position, name: position.name },
      { variable: inner, name: inner.name },
    ]
    const emitter = createEmitter(wgslSyntax(writer.names), bound)
    const value = emitter.value(substituteVariables(operand, new Map<Variable, Scalar>([[axis, position], [k, inner]]))) // prettier-ignore
    const checks = [
      ...(edge ? [`${position.name}_raw < ${axis.extent}`] : []),
      ...(tail ? [`${inner.name}_raw < ${k.extent}`] : []),
    ]
    const stored = checks.length === 0 ? value : `select(0.0f, ${value}, ${checks.join(' && ')})`
    lines.push(
      '{',
      ...emitter.lines(),
      `${side.array}[(${p}d * ${side.extent} + ${p}) >> 2u][${p} & 3] = ${stored};`,
      '}',
    )
  }
  return lines
}

/** A contraction as a cooperative WGSL function. */
export function sharedFunction(
  kernel: ContractionKernel,
  roles: Roles,
  name: string,
  writer: ModuleWriter,
): KernelFunction {
  const { rows, lanes, rowOperand, laneOperand } = roles
  const { depth, invocations } = SHARED_TILE
  const rowTiles = Math.ceil(rows.extent / SHARED_TILE.rows)
  const laneTiles = Math.ceil(lanes.extent / SHARED_TILE.lanes)
  const epilogueName = `${name}_store`
  const epilogue = epilogueFunction(kernel, roles, epilogueName, writer)
  writer.declare(sharedDeclarations(name))
  const left = { array: `${name}_lhs`, tile: 'row_tile', extent: SHARED_TILE.rows, prefix: 'l' }
  const right = { array: `${name}_rhs`, tile: 'lane_tile', extent: SHARED_TILE.lanes, prefix: 'r' }
  const loads = [
    ...operandLoads(rowOperand, rows, kernel, left, writer),
    ...operandLoads(laneOperand, lanes, kernel, right, writer),
  ]
  const stores = [0, 1, 2, 3].map(
    (r) =>
      `if (row0 + ${r} < ${rows.extent} && quad < ${lanes.extent / 4}) { ${epilogueName}(b, row0 + ${r}, quad, s${r}); }`,
  )
  const slices = Math.ceil(kernel.k.extent / depth)
  const source = sharedContraction({ name, rowTiles, laneTiles, slices, loads, stores })
  const groups = kernel.batch.extent * rowTiles * laneTiles
  return { name, source: `${epilogue}\n${source}`, invocations: groups * invocations, cooperative: true, quads: false }
}
