// The CPU backend: runs any compiled program (also one compiled for WebGPU) as WebAssembly in vectors, and what that has not as JavaScript, large
// kernels on several threads where memory can be shared. With `poison` it fills temporaries with NaN before they are written again, so that a plan that frees a
// slot too early shows.

import type { Program } from '../../compiler/program.ts'
import type { Target } from '../../compiler/target.ts'
import { tuningTable } from '../../compiler/variants.ts'
import { FUSE_ALL } from '../../compiler/fuse.ts'
import type { Aval } from '../../core/aval.ts'
import { hostArrayOf, type TypedArray } from '../../core/dtype.ts'
import { InternalError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Loadable } from '../../ir/scalar.ts'
import { platform } from '#platform'
import type { ArgumentRow, Backend, Bindings, DeviceBuffer, Executable, Place } from '../backend.ts'
import { LEAST_OF_PROGRAM } from './chunks.ts'
import type { SharedView } from './helper.ts'
import { compileKernels, type CpuKernel, type Scratch } from './kernels.ts'
import { type CpuBuffer, createCpuMemory, viewOf } from './memory.ts'
import { profileOnHost } from './profile.ts'
import { startTeam, type Team } from './team.ts'
import { commonHeap } from './wasm/heap.ts'
import { wasmSupport } from './wasm/module.ts'

/** The CPU as a compile target. */
export const CPU_TARGET: Target = {
  kind: 'cpu',
  maxBindings: Number.MAX_SAFE_INTEGER,
  pack: false,
  // products of panels are far faster than those within rows
  fuse: { ...FUSE_ALL, bytes: 0, rowProducts: 0 },
  software: true,
  sharedBytes: 0,
  subgroups: false,
  tuning: tuningTable('cpu', { fallback: { kind: 'registers', rows: 4, columns: 4, quads: false }, entries: {} }),
}

/** The most threads that are used unless more are asked for. */
const USUAL_THREADS = 8

/** How a CPU device works. */
export interface CpuOptions {
  readonly target?: Target
  /** Every temporary is overwritten with NaN before each run. */
  readonly poison?: boolean
  /** Kernels of float32 and integers in WebAssembly SIMD where there is some; else all are JavaScript, whose arithmetic is float64. Default: true. */
  readonly simd?: boolean
  /** Threads that share the work, this one included, where memory can be shared. Default: as many as the processor has, at most 8. */
  readonly threads?: number | undefined
}

/** A CPU device. */
export function createCpuBackend(options: CpuOptions = {}): Backend {
  const support = options.simd === false ? null : wasmSupport()
  const available = options.poison === true || typeof SharedArrayBuffer === 'undefined' ? 1 : platform.threads()
  const threads = available === 1 ? 1 : (options.threads ?? Math.min(USUAL_THREADS, available))
  const heap = support === null ? null : commonHeap()
  const wasm = support === null || heap === null ? null : { support, heap }
  const memory = createCpuMemory(heap, threads > 1)
  /** Started by the first program that has work for it. */
  let team: Team | null = null
  let hasTeam = threads > 1
  /** What kernels of WebAssembly need beside their tensors: so many bytes for each thread. */
  let ownScratch: readonly CpuBuffer[] = []
  const scratchAddresses = (): number[] => ownScratch.map(({ address }) => address)
  const reserveScratch = (bytes: number): void => {
    if (heap === null || bytes <= (ownScratch[0]?.bytes ?? 0)) return
    ownScratch.forEach(memory.free)
    ownScratch = Array.from({ length: threads }, () => memory.scratch(bytes))
    team?.scratch(scratchAddresses().slice(1))
  }
  const teamFor = (): Team | null => {
    if (!hasTeam) return null
    if (team === null) {
      team = startTeam(threads - 1, heap?.memory ?? null)
      hasTeam = team !== null
      if (ownScratch.length > 0) team?.scratch(scratchAddresses().slice(1))
    }
    return team
  }
  const dropTeam = (): void => {
    team?.stop()
    team = null
    hasTeam = false
  }
  const scratchArrays = new Map<string, Float64Array>()
  const temporaries = new Map<string, CpuBuffer>()
  const forgotten = new FinalizationRegistry<number>((id) => team?.forget(id))

  const scratch: Scratch = (name, length) => {
    const known = scratchArrays.get(name)
    if (known !== undefined && known.length >= length) return known
    const made = new Float64Array(length)
    scratchArrays.set(name, made)
    return made
  }

  const own = (buffer: DeviceBuffer): CpuBuffer => {
    if (!('data' in buffer)) throw new InternalError('a buffer of another device')
    const known = buffer as CpuBuffer
    if (heap !== null && known.data() !== heap.memory.buffer) throw new InternalError('a buffer of another memory')
    return known
  }

  const view = (place: Place, aval: Aval): TypedArray => {
    const buffer = own(place.buffer)
    return viewOf(buffer.data(), buffer.address + place.offset, aval)
  }

  /** Temporaries of one size class are the same buffers for all programs: the work is ordered. */
  const slotBuffers = (program: Program): CpuBuffer[] => {
    const ordinals = new Map<number, number>()
    return program.slots.map((size) => {
      const ordinal = ordinals.get(size) ?? 0
      ordinals.set(size, ordinal + 1)
      const key = `${size}:${ordinal}`
      const known = temporaries.get(key)
      if (known !== undefined) return known
      const made = memory.allocate(size)
      temporaries.set(key, made)
      return made
    })
  }

  const prepare = async (program: Program): Promise<Executable> => {
    const { kernels, module, scratchBytes: needed } = await compileKernels(program, threads, wasm)
    reserveScratch(needed)
    const slots = slotBuffers(program)
    const tensors = new Map([...program.locations].map(([tensor, location]) => [tensor.id, { tensor, location }]))

    /** Where a kernel finds a tensor: for one in the ring, in its row 0. */
    const placeOf = (source: Loadable, bindings: Bindings): { place: Place; aval: Aval; ringColumns: number } => {
      const entry = tensors.get(source.id)
      if (entry === undefined) throw new InternalError('a kernel binds a tensor without a location')
      const { location } = entry
      const { aval } = entry.tensor
      switch (location.space) {
        case 'input':
          return { place: bindings.inputs[location.index]!, aval, ringColumns: 0 }
        case 'output':
          return { place: bindings.outputs[location.index]!, aval, ringColumns: 0 }
        case 'temporary':
          return { place: { buffer: slots[location.slot]!, offset: 0 }, aval, ringColumns: 0 }
        case 'ring': {
          const place = { buffer: bindings.ring!, offset: location.column * 4 }
          return { place, aval, ringColumns: program.ringColumns }
        }
      }
    }
    /** An address, or a view for a kernel of JavaScript. */
    const operandFor = (
      kernel: CpuKernel,
      source: Loadable,
      bindings: Bindings,
      row: ArgumentRow,
    ): TypedArray | number => {
      const { place, aval, ringColumns } = placeOf(source, bindings)
      const offset = place.offset + row.ringRow * ringColumns * 4
      return kernel.code.kind === 'wasm' ? own(place.buffer).address + offset : view({ ...place, offset }, aval)
    }

    type Operands = readonly (TypedArray | number)[]
    let cached: {
      bindings: Bindings
      row: ArgumentRow
      data: ArrayBufferLike | null
      operands: readonly Operands[]
    } | null = null
    const hasRing = program.ringColumns > 0
    const inRing = new Set(
      [...program.locations].flatMap(([tensor, { space }]) => (space === 'ring' ? [tensor.id] : [])),
    )
    const moves = kernels.map(({ arrays }) => arrays.some(({ id }) => inRing.has(id)))
    /** What every kernel is given; kept from row to row, but for what moves in the ring. */
    const operandsFor = (bindings: Bindings, row: ArgumentRow): readonly Operands[] => {
      const data = heap?.memory.buffer ?? null // views of a memory that has grown are of no more use
      const known = cached?.bindings === bindings && cached.data === data ? cached : null
      if (known !== null && (!hasRing || known.row === row)) return known.operands
      const operands = kernels.map(
        (kernel, i) => (moves[i]! ? null : known?.operands[i]) ?? kernel.arrays.map((source) => operandFor(kernel, source, bindings, row)), // prettier-ignore
      )
      cached = { bindings, row, data, operands }
      return operands
    }
    const runKernel = (
      i: number,
      operands: readonly Operands[],
      row: ArgumentRow,
      from = 0,
      to = kernels[i]!.shared.units,
    ): void => {
      const { shared, code } = kernels[i]!
      const args = shared.args.map((position) => row.values[position]!)
      if (code.kind === 'wasm')
        code.call(...(operands[i] as readonly number[]), ...args, ownScratch[0]?.address ?? 0, from, to)
      else code.call(operands[i] as readonly TypedArray[], args, scratch, from, to)
    }

    const isShared = kernels.reduce((total, { work }) => total + work, 0) >= LEAST_OF_PROGRAM
    let known: { readonly team: Team; readonly program: number } | null = null
    const bound = new WeakMap<Bindings, number>()
    /** What helpers know of the program and of these bindings. */
    const helpersKnow = (to: Team, bindings: Bindings): { program: number; binding: number } => {
      if (known?.team !== to) {
        const shared = kernels.map((kernel) => kernel.shared)
        known = { team: to, program: to.program(shared, program.args.length, module) }
      }
      const views = (): SharedView[][] =>
        kernels.map(({ arrays, code }) =>
          arrays.map((source) => {
            const { place, aval, ringColumns } = placeOf(source, bindings)
            const { dtype, shape } = aval
            const { address, data } = own(place.buffer)
            const at = address + place.offset
            return { data: code.kind === 'wasm' ? null : data(), dtype, offset: at, length: sizeOf(shape), ringColumns }
          }),
        )
      const binding = bound.get(bindings) ?? to.bind(views())
      if (!bound.has(bindings)) forgotten.register(bindings, binding)
      bound.set(bindings, binding)
      return { program: known.program, binding }
    }
    const runTogether = (members: Team, bindings: Bindings, rows: readonly ArgumentRow[]): void => {
      const { program: id, binding } = helpersKnow(members, bindings)
      const shared = kernels.map((kernel) => kernel.shared)
      try {
        members.run(id, binding, shared, rows, (i, row, from, to) =>
          runKernel(i, operandsFor(bindings, row), row, from, to),
        )
      } catch (error) {
        dropTeam()
        throw error
      }
    }
    /** The kernels of every dispatch, by their position among all. */
    let counted = 0
    const ranges = program.dispatches.map((dispatch) => dispatch.kernels.map(() => counted++))
    return {
      program,
      sources: () => ranges.map((range) => range.map((i) => kernels[i]!.source).join('\n\n')),
      run: (bindings, rows) => {
        const members = isShared ? teamFor() : null
        if (members !== null) {
          runTogether(members, bindings, rows)
          return
        }
        for (const row of rows) {
          if (options.poison)
            for (const slot of slots)
              new Float32Array(slot.data(), slot.address, Math.floor(slot.bytes / 4)).fill(Number.NaN)
          const operands = operandsFor(bindings, row)
          kernels.forEach((_, i) => runKernel(i, operands, row))
        }
      },
      profile: async (bindings, row, rounds) => {
        const operands = operandsFor(bindings, row)
        return profileOnHost(ranges.map((range) => () => range.forEach((i) => runKernel(i, operands, row))), rounds) // prettier-ignore
      },
    }
  }

  return {
    kind: 'cpu',
    name: wasm === null ? 'CPU (JavaScript)' : 'CPU (WebAssembly SIMD)',
    info: { software: false, threads, simd: wasm !== null },
    target: options.target ?? CPU_TARGET,
    maxBufferBytes: heap?.maxBytes ?? Infinity,
    memory: memory.usage,
    allocate: memory.allocate,
    free: (buffer) => memory.free(own(buffer)),
    write: (place, aval, data) => view(place, aval).set(data),
    copy: (from, to, count) => {
      const bytes = ({ buffer, offset }: Place): Uint8Array => {
        const { data, address } = own(buffer)
        return new Uint8Array(data(), address + offset, count)
      }
      bytes(to).set(bytes(from))
    },
    read: async (place, aval) => {
      const copy = hostArrayOf(aval.dtype, sizeOf(aval.shape))
      copy.set(view(place, aval))
      return copy
    },
    reserveReads: () => {},
    prepare,
    flush: () => {},
    idle: async () => {},
    dispose: () => {
      dropTeam()
      ownScratch.forEach(memory.free)
      ownScratch = []
      memory.clear()
      temporaries.clear()
    },
  }
}
