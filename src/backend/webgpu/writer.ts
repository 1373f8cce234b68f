// What kernels of one dispatch share while they are written as WGSL: the buffers they bind, the arguments they read, and the
// declarations at module level.

import { type BufferBinding } from '../../../shaders/module.ts'
import { deviceElement } from './layout.ts'
import type { Location, Program } from '../../compiler/program.ts'
import { deviceBytes } from '../../compiler/memory.ts'
import { InternalError } from '../../core/errors.ts'
import type { Tensor } from '../../ir/tensor.ts'
import type { Reach, WgslNames } from './syntax.ts'

/** A physical buffer as programs see it, before it is known which one it will be. */
export type BufferKey =
  | { readonly space: 'group'; readonly group: number }
  | { readonly space: 'output'; readonly index: number }
  | { readonly space: 'temporary'; readonly slot: number }
  | { readonly space: 'ring' }

/** The names of a dispatch's module, and what was used under them. */
export interface ModuleWriter {
  readonly names: WgslNames
  /** Call for every tensor that is stored, before its stores are written. */
  readonly markWritten: (tensor: { readonly id: number }) => void
  readonly bindings: () => BufferBinding[]
  readonly bufferKeys: () => BufferKey[]
  readonly declare: (text: string) => void
  readonly declarations: readonly string[]
}

const textOf = (key: BufferKey): string => JSON.stringify(key)

function keyOf(location: Location, program: Program): BufferKey {
  switch (location.space) {
    case 'input':
      return { space: 'group', group: program.placements[location.index]!.group }
    case 'output':
      return { space: 'output', index: location.index }
    case 'temporary':
      return { space: 'temporary', slot: location.slot }
    case 'ring':
      return { space: 'ring' }
  }
}

/** Names for one dispatch of a program. */
export function createModuleWriter(program: Program): ModuleWriter {
  const tensors = new Map<number, { tensor: Tensor; location: Location }>()
  for (const [tensor, location] of program.locations) tensors.set(tensor.id, { tensor, location })
  const args = new Map(program.args.map((tensor, i) => [tensor.id, i]))
  const buffers = new Map<
    string,
    { key: BufferKey; element: string; writable: boolean; wide: boolean; length: number; name: string }
  >()
  const declarations: string[] = []

  const entryOf = (id: number): { tensor: Tensor; location: Location } => {
    const entry = tensors.get(id)
    if (entry === undefined) throw new InternalError('a kernel uses a tensor without a location')
    return entry
  }

  const bufferOf = (id: number) => {
    const { tensor, location } = entryOf(id)
    const key = keyOf(location, program)
    const text = textOf(key)
    const known = buffers.get(text)
    if (known !== undefined) return known
    const made = {
      key,
      element: deviceElement(tensor.dtype),
      writable: false,
      wide: false,
      length: 0,
      name: `b${buffers.size + 1}`,
    }
    buffers.set(text, made)
    return made
  }

  const reach = (source: { readonly id: number }): Reach => {
    const { tensor, location } = entryOf(source.id)
    const buffer = bufferOf(source.id)
    if (buffer.element !== deviceElement(tensor.dtype))
      throw new InternalError('one buffer holds two element types in a dispatch')
    const bytes = location.space === 'input' ? program.placements[location.index]!.offset : 0
    const offset = tensor.dtype === 'uint8' ? bytes : bytes / 4
    buffer.length = Math.max(buffer.length, (bytes + deviceBytes(tensor.aval)) / 4)
    if (location.space !== 'ring') return { buffer: buffer.name, offset, dtype: tensor.dtype, dynamicOffset: null }
    return {
      buffer: buffer.name,
      offset: location.column,
      dtype: tensor.dtype,
      dynamicOffset: `i32(args[0].w) * ${program.ringColumns}`,
    }
  }

  return {
    names: {
      reach,
      argument: (source) => {
        const position = args.get(source.id)
        if (position === undefined) throw new InternalError('a kernel uses an argument that the program does not have')
        return position
      },
      useWide: (name) => {
        for (const buffer of buffers.values()) if (buffer.name === name) buffer.wide = true
      },
    },
    markWritten: (tensor) => {
      bufferOf(tensor.id).writable = true
    },
    bindings: () =>
      [...buffers.values()].map(({ key, name, element, writable, wide, length }, i) => ({
        name,
        binding: i + 1,
        element,
        writable,
        wide,
        length: key.space === 'ring' ? null : length, // the ring has as many rows as its user wants
      })),
    bufferKeys: () => [...buffers.values()].map(({ key }) => key),
    declare: (text) => {
      declarations.push(text)
    },
    declarations,
  }
}
