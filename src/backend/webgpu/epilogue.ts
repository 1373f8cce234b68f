// What a tiled contraction does with its sums: the kernel's stores, four lanes at a time.

import type { ContractionKernel } from '../../compiler/kernel.ts'
import { plus, times } from '../../ir/indexMap.ts'
import { type Scalar, type Variable, variable } from '../../ir/scalar.ts'
import { substituteVariables } from '../../ir/substitute.ts'
import { createEmitter } from '../emit.ts'
import type { Roles } from './contractionOperands.ts'
import { writeStores } from './loopKernel.ts'
import { wgslSyntax } from './syntax.ts'
import type { ModuleWriter } from './writer.ts'

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
