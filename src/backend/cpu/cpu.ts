// The CPU backend: runs any compiled program (also one compiled for WebGPU) as JavaScript over typed arrays, large kernels on several threads
// where memory can be shared. With `poison` it fills temporaries with NaN before they are written again, so that a plan that frees a
// slot too early shows.

import type { Program } from '../../compiler/program.ts'
import type { Target } from '../../compiler/target.ts'
import { tuningTable } from '../../compiler/variants.ts'
import { FUSE_ALL } from '../../compiler/fuse.ts'
import type { Aval } from '../../core/aval.ts'
import { type DType, hostArrayOf, type TypedArray } from '../../core/dtype.ts'
import { DeviceError, InternalError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Loadable } from '../../ir/scalar.ts'
import { platform } from '#platform'
import type { ArgumentRow, Backend, Bindings, DeviceBuffer, Executable, Place } from '../backend.ts'
import { printJavaScript } from './javascript.ts'
import { chunksOf, LEAST_OF_PROGRAM } from './chunks.ts'
import type { SharedKernel, SharedView } from './helper.ts'
import { compilePanelProduct, type PanelProduct, panelProductOf } from './panelProduct.ts'
import { startTeam, type Team } from './team.ts'
import { profileOnHost } from './profile.ts'

/** The CPU as a compile target. */
export const CPU_TARGET: Target = {
  kind: 'cpu',
  maxBindings: Number.MAX_SAFE_INTEGER,
  pack: false,
  // products of panels are far faster than those within rows
  fuse: { ...FUSE_ALL, bytes: false, rowProducts: 0 },
  software: true,
  sharedBytes: 0,
  subgroups: false,
  tuning: tuningTable('cpu', { fallback: { kind: 'registers', rows: 4, columns: 4, quads: false }, entries: {} }),
}

interface CpuBuffer extends DeviceBuffer {
  readonly data: ArrayBufferLike
}

type KernelFunction = (
  arrays: readonly TypedArray[],
  args: readonly number[],
  scratch: Scratch,
  product: PanelProduct | null,
  from: number,
  to: number,
) => void
type Scratch = (name: string, length: number) => Float64Array

/** A view of `aval`'s elements in a buffer. */
function viewOf(data: ArrayBufferLike, offset: number, aval: Aval): TypedArray {
  const length = sizeOf(aval.shape)
  switch (aval.dtype) {
    case 'float64':
      return new Float64Array(data, offset, length)
    case 'int32':
      return new Int32Array(data, offset, length)
    case 'uint32':
      return new Uint32Array(data, offset, length)
    case 'bool':
    case 'uint8':
      return new Uint8Array(data, offset, length)
    case 'float32':
      return new Float32Array(data, offset, length)
    case 'float16':
      throw new DeviceError('the CPU backend has no float16; use float32')
  }
}

const BITS: readonly DType[] = ['float32', 'int32', 'uint32']

/** A function body that makes a kernel from the views of one word of `bits`. */
function kernelText(source: string): string {
  const views = BITS.map((dtype) => `const bits_${dtype} = bits.${dtype};`).join(' ')
  return `'use strict'; ${views}\nreturn (arrays, args, scratch, product, from, to) => {\n${source}\n}`
}

function compileKernel(text: string): KernelFunction {
  const make: unknown = new Function('bits', text)
  if (typeof make !== 'function') throw new InternalError('a kernel did not compile')
  const bits = new ArrayBuffer(4)
  const kernel: KernelFunction = make({
    float32: new Float32Array(bits),
    int32: new Int32Array(bits),
    uint32: new Uint32Array(bits),
  })
  return kernel
}

/** The most threads that are used unless more are asked for. */
const USUAL_THREADS = 8

/** How a CPU device works. */
export interface CpuOptions {
  readonly target?: Target
  /** Every temporary is overwritten with NaN before each run. */
  readonly poison?: boolean
  /** Products of float32 in WebAssembly SIMD where there is some, with sums in float32; else all arithmetic is JavaScript's. Default: true. */
  readonly simd?: boolean
  /** Threads that share the work, this one included, where memory can be shared. Default: as many as the processor has, at most 8. */
  readonly threads?: number | undefined
}

/** A CPU device. */
export function createCpuBackend(options: CpuOptions = {}): Backend {
  const module = options.simd === false ? null : compilePanelProduct()
  const product = module === null ? null : panelProductOf(module)
  const available = options.poison === true || typeof SharedArrayBuffer === 'undefined' ? 1 : platform.threads()
  const threads = available === 1 ? 1 : (options.threads ?? Math.min(USUAL_THREADS, available))
  /** Started by the first program that has work for it. */
  let team: Team | null = null
  let hasTeam = threads > 1
  const teamFor = (): Team | null => {
    if (!hasTeam) return null
    team ??= startTeam(threads - 1, module)
    hasTeam = team !== null
    return team
  }
  const dropTeam = (): void => {
    team?.stop()
    team = null
    hasTeam = false
  }
  let nextId = 1
  const held = new Set<CpuBuffer>()
  let bytes = 0
  let peakBytes = 0
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

  const allocate = (size: number): CpuBuffer => {
    const buffer: CpuBuffer = {
      id: nextId++,
      bytes: size,
      data: threads > 1 ? new SharedArrayBuffer(size) : new ArrayBuffer(size),
    }
    held.add(buffer)
    bytes += size
    peakBytes = Math.max(peakBytes, bytes)
    return buffer
  }

  const own = (buffer: DeviceBuffer): CpuBuffer => {
    if (!('data' in buffer)) throw new InternalError('a buffer of another device')
    return buffer as CpuBuffer
  }

  const view = ({ buffer, offset }: Place, aval: Aval): TypedArray => viewOf(own(buffer).data, offset, aval)

  /** Temporaries of one size class are the same buffers for all programs: the work is ordered. */
  const slotBuffers = (program: Program): CpuBuffer[] => {
    const ordinals = new Map<number, number>()
    return program.slots.map((size) => {
      const ordinal = ordinals.get(size) ?? 0
      ordinals.set(size, ordinal + 1)
      const key = `${size}:${ordinal}`
      const known = temporaries.get(key)
      if (known !== undefined) return known
      const made = allocate(size)
      temporaries.set(key, made)
      return made
    })
  }

  const prepare = async (program: Program): Promise<Executable> => {
    const argIndex = new Map(program.args.map((tensor, i) => [tensor.id, i]))
    const kernels = program.dispatches
      .flatMap((dispatch) => dispatch.kernels)
      .map((kernel) => {
        const printed = printJavaScript(kernel, product !== null)
        const text = kernelText(printed.source)
        const { chunks, work } = chunksOf(kernel, printed.units, threads)
        const args = printed.args.map((source) => argIndex.get(source.id)!)
        const shared: SharedKernel = { text, args, units: printed.units, chunks }
        return { printed, shared, work: chunks > 1 ? work : 0, run: compileKernel(text) }
      })
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
    const arrayFor = (source: Loadable, bindings: Bindings, row: ArgumentRow): TypedArray => {
      const { place, aval, ringColumns } = placeOf(source, bindings)
      return view({ ...place, offset: place.offset + row.ringRow * ringColumns * 4 }, aval)
    }

    let cached: { bindings: Bindings; arrays: TypedArray[][] } | null = null
    const hasRing = program.ringColumns > 0
    const arraysFor = (bindings: Bindings, row: ArgumentRow): TypedArray[][] => {
      if (cached?.bindings !== bindings || hasRing) {
        cached = {
          bindings,
          arrays: kernels.map(({ printed }) => printed.arrays.map((source) => arrayFor(source, bindings, row))),
        }
      }
      return cached.arrays
    }
    const runKernel = (
      i: number,
      arrays: readonly TypedArray[][],
      row: ArgumentRow,
      from = 0,
      to = kernels[i]!.shared.units,
    ): void => {
      const { shared, run } = kernels[i]!
      run(arrays[i]!, shared.args.map((position) => row.values[position]!), scratch, product, from, to) // prettier-ignore
    }

    const isShared = kernels.reduce((total, { work }) => total + work, 0) >= LEAST_OF_PROGRAM
    let known: { readonly team: Team; readonly program: number } | null = null
    const bound = new WeakMap<Bindings, number>()
    /** What helpers know of the program and of these bindings. */
    const helpersKnow = (to: Team, bindings: Bindings): { program: number; binding: number } => {
      if (known?.team !== to) {
        const shared = kernels.map((kernel) => kernel.shared)
        known = { team: to, program: to.program(shared, program.args.length) }
      }
      const views = (): SharedView[][] =>
        kernels.map(({ printed }) =>
          printed.arrays.map((source) => {
            const { place, aval, ringColumns } = placeOf(source, bindings)
            const { dtype, shape } = aval
            return { data: own(place.buffer).data, dtype, offset: place.offset, length: sizeOf(shape), ringColumns }
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
          runKernel(i, arraysFor(bindings, row), row, from, to),
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
      sources: () => ranges.map((range) => range.map((i) => kernels[i]!.printed.source).join('\n\n')),
      run: (bindings, rows) => {
        const members = isShared ? teamFor() : null
        if (members !== null) {
          runTogether(members, bindings, rows)
          return
        }
        for (const row of rows) {
          if (options.poison) for (const slot of slots) new Float32Array(slot.data).fill(Number.NaN)
          const arrays = arraysFor(bindings, row)
          kernels.forEach((_, i) => runKernel(i, arrays, row))
        }
      },
      profile: async (bindings, row, rounds) => {
        const arrays = arraysFor(bindings, row)
        return profileOnHost(ranges.map((range) => () => range.forEach((i) => runKernel(i, arrays, row))), rounds) // prettier-ignore
      },
    }
  }

  return {
    kind: 'cpu',
    name: product === null ? 'CPU (JavaScript)' : 'CPU (WebAssembly SIMD)',
    info: { software: false, threads, simd: product !== null },
    target: options.target ?? CPU_TARGET,
    maxBufferBytes: Infinity,
    memory: () => ({ buffers: held.size, bytes, peakBytes }),
    allocate,
    free: (buffer) => {
      if (held.delete(own(buffer))) bytes -= buffer.bytes
    },
    write: (place, aval, data) => view(place, aval).set(data),
    copy: (from, to, count) => {
      new Uint8Array(own(to.buffer).data, to.offset, count).set(
        new Uint8Array(own(from.buffer).data, from.offset, count),
      )
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
      held.clear()
      temporaries.clear()
      bytes = 0
    },
  }
}
