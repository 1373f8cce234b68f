// compile: Graph -> Program. The stages in order: inlineRegions, simplify, fuse, splitK, withVariant, schedule, planMemory; outputs that cannot be what they were
// asked to be (an input itself, one tensor twice, an update in place that would overwrite what is still needed) get a copy.

import { sameAval } from '../core/aval.ts'
import { InternalError } from '../core/errors.ts'
import { isArgument } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import type { Tensor } from '../ir/tensor.ts'
import { copyOf } from './copy.ts'
import type { Donations } from './donation.ts'
import { fuse } from './fuse.ts'
import { kernelConflicts } from './conflicts.ts'
import { planMemory } from './memory.ts'
import { packWave } from './pack.ts'
import type { Location, Placement, Program } from './program.ts'
import { schedule } from './schedule.ts'
import { inlineRegions } from './regions.ts'
import { simplify } from './simplify.ts'
import { withVariant } from './shapeClass.ts'
import { splitK } from './splitK.ts'
import type { Target } from './target.ts'

/** How a graph's boundary maps to memory. */
export interface CompileOptions {
  /** For every output: the position of the parameter whose memory it takes over, or null. */
  readonly donations: readonly (number | null)[]
  /** For every output: whether it is a metric, stored in the ring. */
  readonly ring: readonly boolean[]
  /** Which buffer inputs share memory: parameters first, then captures, arguments left out. */
  readonly placements: readonly Placement[]
}

/** Compiles a graph for a target. */
export function compile(graph: Graph, target: Target, options: CompileOptions): Program {
  const simple = simplify(inlineRegions(graph))
  const inputs = [...graph.parameters, ...graph.captures.filter((capture) => !graph.parameters.includes(capture))]
  const buffers = inputs.filter((tensor) => !isArgument(tensor))
  const positions = new Map(buffers.map((tensor, index) => [tensor, index]))
  const args = inputs.filter(isArgument)
  let outputs = distinctOutputs(simple.outputs, graph.parameters, options)
  const apart = { originals: new Set<Tensor>(), copies: new Set<Tensor>() }
  for (;;) {
    const donations: Donations = new Map(
      outputs.flatMap((output, i): [Tensor, Tensor][] => {
        const position = options.donations[i] ?? null
        const input = position === null ? undefined : graph.parameters[position]
        if (input === undefined || output === input) return []
        if (!sameAval(input.aval, output.aval))
          throw new InternalError('a donated input and its output differ in shape or dtype')
        return [[output, input]]
      }),
    )
    const ring = new Set(outputs.filter((_, i) => options.ring[i] === true))
    const bufferOf = (tensor: Tensor): string => {
      const index = positions.get(donations.get(tensor) ?? tensor)
      if (index !== undefined) return `input ${options.placements[index]?.group ?? `alone ${index}`}`
      return ring.has(tensor) ? 'ring' : `tensor ${tensor.id}`
    }
    const limit = { max: target.maxBindings, bufferOf }
    const kernels = splitK(fuse({ ...simple, outputs }, donations, target.fuse, apart, limit), target, bufferOf).map(
      (kernel) => withVariant(target.tuning, kernel),
    )
    const blocked = kernels.flatMap((kernel) => kernelConflicts(kernel, donations))
    const plan = blocked.length > 0 ? ({ kind: 'conflict', outputs: blocked } as const) : schedule(kernels, donations)
    if (plan.kind === 'conflict') {
      if (plan.outputs.length === 0) throw new InternalError('kernels wait for each other')
      const conflicting = new Set(plan.outputs)
      outputs = outputs.map((output) => {
        if (!conflicting.has(output)) return output
        const copy = copyOf(output)
        apart.originals.add(output)
        apart.copies.add(copy)
        return copy
      })
      continue
    }
    const { locations, slots, ringColumns } = planMemory(plan.waves, { inputs: buffers, outputs, donations, ring })
    const dispatches = plan.waves.flatMap((wave) => packWave(wave, target, bindingOf(locations, options.placements)))
    return {
      target,
      inputs: buffers,
      args,
      outputs: outputs.map((tensor) => ({ tensor, location: locations.get(tensor)! })),
      dispatches,
      locations,
      slots,
      ringColumns,
      placements: options.placements,
    }
  }
}

/** Outputs that each have memory of their own: a leaf (unless it stays in place) or a repeated tensor is copied. */
function distinctOutputs(outputs: readonly Tensor[], parameters: readonly Tensor[], options: CompileOptions): Tensor[] {
  const seen = new Set<Tensor>()
  return outputs.map((output, i) => {
    const position = options.donations[i] ?? null
    const staysInPlace = position !== null && parameters[position] === output
    const own = (output.source.kind === 'apply' || staysInPlace) && !seen.has(output)
    seen.add(output)
    return own ? output : copyOf(output)
  })
}

/** Which physical buffer a tensor is in, as text. */
function bindingOf(
  locations: ReadonlyMap<Tensor, Location>,
  placements: readonly Placement[],
): (tensor: Tensor) => string {
  return (tensor) => {
    const location = locations.get(tensor)
    if (location === undefined) throw new InternalError('a tensor without a location')
    switch (location.space) {
      case 'input':
        return `input ${placements[location.index]?.group ?? `alone ${location.index}`}`
      case 'output':
        return `output ${location.index}`
      case 'temporary':
        return `slot ${location.slot}`
      case 'ring':
        return 'ring'
    }
  }
}
