// Programs for the compiler's tests: graphs of named parameters compiled for a WebGPU-like target, and what a program does in
// one line per kernel.

import { compile } from '../../src/compiler/compile.ts'
import type { FuseOptions } from '../../src/compiler/fuse.ts'
import { storesOf } from '../../src/compiler/kernel.ts'
import { deviceBytes } from '../../src/compiler/memory.ts'
import { printLocation, printShape } from '../../src/compiler/print.ts'
import type { Placement, Program } from '../../src/compiler/program.ts'
import type { Target } from '../../src/compiler/target.ts'
import { formatAval } from '../../src/core/aval.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter, type Tensor } from '../../src/ir/tensor.ts'
import { WEBGPU_LIKE } from '../conformance/forward.ts'

/** A function of named parameters, to be compiled. */
export interface Source {
  readonly parameters: Readonly<Record<string, readonly number[]>>
  /** dtypes other than float32, by name; `argument` makes a per-step argument, `cursor` one of int32. */
  readonly kinds?: Readonly<Record<string, 'int32' | 'uint8' | 'argument' | 'cursor'>>
  readonly build: (parameters: Readonly<Record<string, Tensor>>) => readonly Tensor[]
  /** For every output, the name of the parameter whose memory it takes over, or null. Default: none. */
  readonly state?: readonly (string | null)[]
  readonly ring?: readonly boolean[]
  /** Names of parameters that lie in one buffer. */
  readonly arena?: readonly string[]
}

const isArgument = (kind?: string): boolean => kind === 'argument' || kind === 'cursor'

/** Compiles a source. */
export function programOf(source: Source, target: Partial<Target> & { readonly fuse?: FuseOptions } = {}): Program {
  const names = Object.keys(source.parameters)
  const leaves = names.map((name) => {
    const kind = source.kinds?.[name]
    const dtype = kind === 'int32' || kind === 'uint8' ? kind : kind === 'cursor' ? 'int32' : 'float32'
    return parameter({ shape: source.parameters[name]!, dtype }, name, isArgument(kind) ? 'argument' : 'buffer')
  })
  const graph = graphOf(leaves, source.build(Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))))
  let end = 0
  const placements = leaves
    .filter((_, i) => !isArgument(source.kinds?.[names[i]!]))
    .map((leaf, i): Placement => {
      if (leaf.source.kind !== 'parameter' || !source.arena?.includes(leaf.source.name))
        return { group: i + 1, offset: 0 }
      const offset = end
      end += Math.ceil(deviceBytes(leaf.aval) / 256) * 256
      return { group: 0, offset }
    })
  const state = source.state ?? graph.outputs.map(() => null)
  return compile(
    graph,
    { ...WEBGPU_LIKE, ...target },
    {
      donations: state.map((name) => (name === null ? null : names.indexOf(name))),
      ring: source.ring ?? graph.outputs.map(() => false),
      placements,
    },
  )
}

/** A tensor of a program by where it is: the name of the parameter it is or updates, else its location. */
export function nameOf(program: Program, tensor: Tensor): string {
  const location = program.locations.get(tensor)
  if (location === undefined) return '?'
  if (location.space !== 'input') return printLocation(location)
  const input = program.inputs[location.index]!
  const name = input.source.kind === 'parameter' ? input.source.name : 'captured'
  return tensor === input ? name : `${name}'`
}

/** The dispatches, one line per kernel: what it iterates over and what it stores, `w'` being the update of `w` in place. */
export function summaryOf(program: Program): string {
  return program.dispatches
    .flatMap(({ kernels }, i) =>
      kernels.map((kernel) => {
        const stored = storesOf(kernel).map(({ target }) => `${nameOf(program, target)}: ${formatAval(target.aval)}`)
        return `${i}: ${printShape(kernel)} -> ${stored.join(', ')}`
      }),
    )
    .join('\n')
}
