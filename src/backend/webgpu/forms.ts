// How each kernel of a dispatch is printed, and in which workgroup. One size serves all kernels of a dispatch, so that forms are chosen
// before anything is printed; workgroup memory is shared out here too.

import { exchangeBytes, exchangeDeclarations } from '../../../shaders/cooperativeRow.ts'
import type { KernelFunction } from '../../../shaders/module.ts'
import { sharedDeclaration, type SharedTile, sharedTileBytes } from '../../../shaders/sharedContraction.ts'
import type { ContractionKernel, Kernel, LoopKernel } from '../../compiler/kernel.ts'
import { withSum } from '../../compiler/rows.ts'
import { busyGroups, type Target } from '../../compiler/target.ts'
import { InternalError } from '../../core/errors.ts'
import { ravel } from '../../ir/indexMap.ts'
import { variable } from '../../ir/scalar.ts'
import { substitute } from '../../ir/substitute.ts'
import { cooperativeFunction } from './cooperativeRow.ts'
import { blockedMap } from './blockMap.ts'
import { blockFunction, loopFunction } from './loopKernel.ts'
import { quadRowFunction } from './quadRows.ts'
import { type Roles, rolesOf } from './contractionOperands.ts'
import { registerFunction } from './registerContraction.ts'
import { sharedFunction, tileFor, tileWithin } from './sharedContraction.ts'
import { type SharedRow, sharedRow } from './sharing.ts'
import type { ModuleWriter } from './writer.ts'

/** A kernel with the way it is printed. */
export type Form =
  /** An invocation per row, or as suits a software adapter, where four rows may share what they load if there are `subgroups`. */
  | { readonly kind: 'loop'; readonly kernel: LoopKernel; readonly target: Target }
  /** A workgroup per row. `plain` is the same kernel for a dispatch that has no room for that. */
  | { readonly kind: 'row'; readonly row: SharedRow; readonly plain: LoopKernel }
  | { readonly kind: 'registers'; readonly kernel: ContractionKernel; readonly roles: Roles }
  | { readonly kind: 'shared'; readonly kernel: ContractionKernel; readonly roles: Roles; readonly tile: SharedTile }

/** The most elements of a contraction of which each may have a workgroup to itself. */
const FEW_ELEMENTS = 8192

/** The form of a kernel on a target. */
export function formOf(kernel: Kernel, target: Target): Form {
  const rows = (loop: LoopKernel): Form => {
    const row = target.software ? null : sharedRow(loop)
    return row === null ? { kind: 'loop', kernel: loop, target } : { kind: 'row', row, plain: loop }
  }
  if (kernel.kind === 'loop') return rows(kernel)
  const roles = kernel.stores.every((store) => store.value.dtype !== 'float64') ? rolesOf(kernel) : null
  const { variant, batch, m, n } = kernel
  const isSmall = batch.extent * m.extent * n.extent <= FEW_ELEMENTS
  if (roles === null) return isSmall ? rows(asLoop(kernel)) : { kind: 'loop', kernel: asLoop(kernel), target }
  if (variant === undefined) throw new InternalError('a contraction without a variant')
  if (variant.kind === 'registers') return { kind: 'registers', kernel, roles }
  const tile = tileFor(variant, roles, batch.extent, busyGroups(target))
  if (tile !== null) return { kind: 'shared', kernel, roles, tile }
  if (isSmall) {
    const row = rows(asLoop(kernel))
    if (row.kind === 'row') return row
  }
  return { kind: 'registers', kernel: { ...kernel, variant: { kind: 'registers', rows: 4, columns: 4, quads: false } }, roles } // prettier-ignore
}

/** The workgroup size of a dispatch. Only tiles insist: rows work in either size. Null where no form has a wish. */
export function workgroupOf(forms: readonly Form[]): 64 | 256 | null {
  const tiles = forms.flatMap((form) => (form.kind === 'shared' ? [form.tile.workgroup] : []))
  const rows = forms.flatMap((form) => (form.kind === 'row' ? [form.row.workgroup] : []))
  const wishes = tiles.length > 0 ? tiles : rows
  return wishes.length === 0 ? null : wishes.includes(256) ? 256 : 64
}

/** Prints the forms of a dispatch; those that find no room in workgroup memory do without. */
export function printForms(
  forms: readonly Form[],
  workgroup: 64 | 256 | null,
  sharedBytes: number,
  writer: ModuleWriter,
): KernelFunction[] {
  const exchanged = forms.some((form) => form.kind === 'row') ? exchangeBytes(workgroup ?? 64) : 0
  let left = sharedBytes - exchanged
  // arrays of rows come first: tiles can be made smaller
  const arrays = new Set<Form>()
  for (const form of forms) {
    if (form.kind !== 'row' || left < form.row.bytes) continue
    left -= form.row.bytes
    arrays.add(form)
  }
  let tileBytes = 0
  const functions = forms.map((form, i): KernelFunction => {
    const name = `kernel_${i}`
    switch (form.kind) {
      case 'loop':
        return loopOn(form.target, form.kernel, name, writer)
      case 'row':
        return arrays.has(form)
          ? cooperativeFunction(form.row, name, writer, workgroup ?? 64)
          : loopFunction(form.plain, name, writer)
      case 'registers':
        return registerFunction(form.kernel, form.roles, name, writer, form.kernel.variant!)
      case 'shared': {
        const tile = tileWithin(form.tile, workgroup ?? 64, left)
        if (tile === null) return registerFunction(form.kernel, form.roles, name, writer, form.kernel.variant!)
        tileBytes = Math.max(tileBytes, sharedTileBytes(tile))
        return sharedFunction(form.kernel, form.roles, name, writer, tile)
      }
    }
  })
  if (arrays.size > 0) writer.declare(exchangeDeclarations(workgroup ?? 64))
  if (tileBytes > 0) writer.declare(sharedDeclaration(tileBytes))
  return functions
}

/** A loop as it is cheapest on a target. */
function loopOn(target: Target, kernel: LoopKernel, name: string, writer: ModuleWriter): KernelFunction {
  const blocks = target.software ? blockedMap(kernel) : null
  if (blocks !== null) return blockFunction(blocks, name, writer)
  return (target.subgroups ? quadRowFunction(kernel, name, writer) : null) ?? loopFunction(kernel, name, writer)
}

/** A contraction whose output has no axis of four lanes, as one sum per invocation. */
function asLoop(kernel: ContractionKernel): LoopKernel {
  const { batch, m, n } = kernel
  const row = variable('i', batch.extent * m.extent * n.extent)
  const flat = ravel([batch, m, n], [batch.extent, m.extent, n.extent])
  const stores = kernel.stores.map(({ target, value }) => {
    const inRow = substitute(value, (node) => (node.hash === flat.hash ? row : null))
    return { target, index: row, value: withSum(inRow, kernel, row) }
  })
  return { kind: 'loop', name: kernel.name, row, stages: [{ inner: null, stores }] }
}
