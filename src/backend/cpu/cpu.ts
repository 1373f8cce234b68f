// The CPU backend: runs any compiled program (also one compiled for WebGPU) as JavaScript over typed arrays. With `poison` it
// fills temporaries with NaN before they are written again, so that a plan that frees a slot too early shows.

import type { Program } from '../../compiler/program.ts'
import type { Target } from '../../compiler/target.ts'
import { tuningTable } from '../../compiler/variants.ts'
import { storesOf } from '../../compiler/kernel.ts'
import { FUSE_ALL } from '../../compiler/fuse.ts'
import type { Aval } from '../../core/aval.ts'
import { type DType, hostArrayOf, type TypedArray } from '../../core/dtype.ts'
import { DeviceError, InternalError } from '../../core/errors.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Loadable } from '../../ir/scalar.ts'
import type { ArgumentRow, Backend, Bindings, DeviceBuffer, Executable, Place } from '../backend.ts'
import { printJavaScript } from './javascript.ts'
import { createPanelProduct, type PanelProduct } from './panelProduct.ts'
import { profileOnHost } from './profile.ts'

/** The CPU as a compile target. */
export const CPU_TARGET: Target = {
  kind: 'cpu',
  maxBindings: Number.MAX_SAFE_INTEGER,
  pack: false,
  fuse: { ...FUSE_ALL, bytes: false },
  software: true,
  sharedBytes: 0,
  subgroups: false,
  tuning: tuningTable('cpu', { fallback: { kind: 'registers', rows: 4, columns: 4, quads: false }, entries: {} }),
}

interface CpuBuffer extends DeviceBuffer {
  readonly data: ArrayBuffer
}

type KernelFunction = (
  arrays: readonly TypedArray[],
  args: readonly number[],
  scratch: Scratch,
  product: PanelProduct | null,
) => void
type Scratch = (name: string, length: number) => Float64Array

/** A view of `aval`'s elements in a buffer. */
function viewOf(data: ArrayBuffer, offset: number, aval: Aval): TypedArray {
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

function compileKernel(source: string): KernelFunction {
  const views = BITS.map((dtype) => `const bits_${dtype} = bits.${dtype};`).join(' ')
  const make: unknown = new Function(
    'bits',
    `'use strict'; ${views}\nreturn (arrays, args, scratch, product) => {\n${source}\n}`,
  )
  if (typeof make !== 'function') throw new InternalError('a kernel did not compile')
  const bits = new ArrayBuffer(4)
  const kernel: KernelFunction = make({
    float32: new Float32Array(bits),
    int32: new Int32Array(bits),
    uint32: new Uint32Array(bits),
  })
  return kernel
}

/** How a CPU device works. */
export interface CpuOptions {
  readonly target?: Target
  /** Every temporary is overwritten with NaN before each run. */
  readonly poison?: boolean
  /** Products of float32 in WebAssembly SIMD where there is some, with sums in float32; else all arithmetic is JavaScript's. Default: true. */
  readonly simd?: boolean
}

/** A CPU device. */
export function createCpuBackend(options: CpuOptions = {}): Backend {
  const product = options.simd === false ? null : createPanelProduct()
  let nextId = 1
  const held = new Set<CpuBuffer>()
  let bytes = 0
  let peakBytes = 0
  const scratchArrays = new Map<string, Float64Array>()
  const temporaries = new Map<string, CpuBuffer>()

  const scratch: Scratch = (name, length) => {
    const known = scratchArrays.get(name)
    if (known !== undefined && known.length >= length) return known
    const made = new Float64Array(length)
    scratchArrays.set(name, made)
    return made
  }

  const allocate = (size: number): CpuBuffer => {
    const buffer: CpuBuffer = { id: nextId++, bytes: size, data: new ArrayBuffer(size) }
    held.add(buffer)
    bytes += size
    peakBytes = Math.max(peakBytes, bytes)
    return buffer
  }

  const own = (buffer: DeviceBuffer): CpuBuffer => {
    if (!('data' in buffer) || !(buffer.data instanceof ArrayBuffer))
      throw new InternalError('a buffer of another device')
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
    const kernels = program.dispatches
      .flatMap((dispatch) => dispatch.kernels)
      .map((kernel) => {
        const printed = printJavaScript(kernel, product !== null)
        return {
          kernel,
          printed,
          run: compileKernel(printed.source),
          targets: new Set(storesOf(kernel).map((store) => store.target.id)),
        }
      })
    const argIndex = new Map(program.args.map((tensor, i) => [tensor.id, i]))
    const slots = slotBuffers(program)
    const tensors = new Map([...program.locations].map(([tensor, location]) => [tensor.id, { tensor, location }]))

    const arrayFor = (source: Loadable, bindings: Bindings, row: ArgumentRow): TypedArray => {
      const entry = tensors.get(source.id)
      if (entry === undefined) throw new InternalError('a kernel binds a tensor without a location')
      const { tensor, location } = entry
      switch (location.space) {
        case 'input':
          return view(bindings.inputs[location.index]!, tensor.aval)
        case 'output':
          return view(bindings.outputs[location.index]!, tensor.aval)
        case 'temporary':
          return view({ buffer: slots[location.slot]!, offset: 0 }, tensor.aval)
        case 'ring': {
          const offset = (row.ringRow * program.ringColumns + location.column) * 4
          return view({ buffer: bindings.ring!, offset }, tensor.aval)
        }
      }
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
    const runKernel = (i: number, arrays: readonly TypedArray[][], row: ArgumentRow): void => {
      const { printed, run } = kernels[i]!
      run(arrays[i]!, printed.args.map((source) => row.values[argIndex.get(source.id)!]!), scratch, product) // prettier-ignore
    }
    /** The kernels of every dispatch, by their position among all. */
    let counted = 0
    const ranges = program.dispatches.map((dispatch) => dispatch.kernels.map(() => counted++))
    return {
      program,
      sources: () => ranges.map((range) => range.map((i) => kernels[i]!.printed.source).join('\n\n')),
      run: (bindings, rows) => {
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
    info: { software: false, threads: 1, simd: product !== null },
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
      held.clear()
      temporaries.clear()
      bytes = 0
    },
  }
}
