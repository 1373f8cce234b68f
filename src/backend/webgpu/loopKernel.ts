// Row and map kernels as WGSL: one invocation per row, or per four rows of a plain map whose rows lie next to each other.

import type { KernelFunction } from '../../../shaders/module.ts'
import type { LoopKernel, Stage, Store } from '../../compiler/kernel.ts'
import { plus, times } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { dependsOn, loadsOf, substituteVariables } from '../../ir/substitute.ts'
import { createEmitter, type Emitter, laneAccess, quadOf } from '../emit.ts'
import type { BlockedMap } from './blockMap.ts'
import { storeText, wgslSyntax } from './syntax.ts'
import type { ModuleWriter } from './writer.ts'

/** The statements of `stores`, whose values are written first: a kernel that works in place reads an element before it overwrites it. */
export function storeTexts(
  emitter: Emitter,
  writer: ModuleWriter,
  stores: readonly Store[],
  lane: Variable | null,
): string[] {
  return stores.map(({ target, index, value }) => {
    writer.markWritten(target)
    const inBuffer = plus(index, writer.names.reach(target).offset)
    if (lane === null) return storeText(writer.names, target, emitter.value(inBuffer), emitter.value(value), 'scalar')
    const access = laneAccess(inBuffer, lane)
    const at = access === 'contiguous' ? emitter.value(quadOf(inBuffer, lane)) : emitter.vector(inBuffer)
    return storeText(writer.names, target, at, emitter.vector(value), access)
  })
}

/** Writes `stores`. */
export function writeStores(
  emitter: Emitter,
  writer: ModuleWriter,
  stores: readonly Store[],
  lane: Variable | null,
): void {
  storeTexts(emitter, writer, stores, lane).forEach((text) => emitter.line(text))
}

/** Four rows per invocation, if that makes every load one element or four adjacent ones. */
function fourRows(kernel: LoopKernel): { stages: Stage[]; lane: Variable; quad: Variable } | null {
  const { row, stages } = kernel
  if (row.extent % 4 !== 0 || stages.some((stage) => stage.inner !== null)) return null
  const lane = variable('lane', 4)
  const quad = variable('q', row.extent / 4)
  const at = new Map<Variable, Scalar>([[row, plus(times(quad, 4), lane)]])
  const moved = stages.map(({ inner, stores }) => ({
    inner,
    stores: stores.map(({ target, index, value }) => ({
      target,
      index: substituteVariables(index, at),
      value: substituteVariables(value, at),
    })),
  }))
  const roots = moved.flatMap((stage) => stage.stores).flatMap((store) => [store.value, store.index])
  const adjacent = loadsOf(roots).every(
    ({ index }) => !dependsOn(index, lane) || laneAccess(index, lane) === 'contiguous',
  )
  return adjacent ? { stages: moved, lane, quad } : null
}

/** A map in blocks as a WGSL function. */
export function blockFunction({ blocks, over, lane }: BlockedMap, name: string, writer: ModuleWriter): KernelFunction {
  const emitter = createEmitter(wgslSyntax(writer.names), [{ variable: over, name: 'id' }], lane === null ? [] : [lane])
  for (const stores of blocks) writeStores(emitter, writer, stores, lane)
  const lines = [`fn ${name}(id: i32) {`, `if (id >= ${over.extent}) { return; }`, ...emitter.lines(), '}']
  return { name, source: lines.join('\n'), invocations: over.extent, cooperative: false, quads: false }
}

/** A loop kernel as a WGSL function. */
export function loopFunction(kernel: LoopKernel, name: string, writer: ModuleWriter): KernelFunction {
  const four = fourRows(kernel)
  const stages = four?.stages ?? kernel.stages
  const over = four?.quad ?? kernel.row
  const lane = four?.lane ?? null
  const emitter = createEmitter(wgslSyntax(writer.names), [{ variable: over, name: 'id' }], lane === null ? [] : [lane])
  for (const { inner, stores } of stages) {
    if (inner !== null) emitter.loop(inner, inner.name, () => writeStores(emitter, writer, stores, null))
  }
  const last = stages.filter((stage) => stage.inner === null).flatMap((stage) => stage.stores)
  writeStores(emitter, writer, last, lane)
  const lines = [`fn ${name}(id: i32) {`, `if (id >= ${over.extent}) { return; }`, ...emitter.lines(), '}']
  return { name, source: lines.join('\n'), invocations: over.extent, cooperative: false, quads: false }
}
