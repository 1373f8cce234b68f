// Eager use: pending tensors are computed when somebody wants their values. The same pipeline as jit on a small graph, in which
// scalar literals become arguments, so that a changing number costs no new program; afterwards the history is cut.

import type { Executable, Place } from '../backend/backend.ts'
import { TensorUseError } from '../core/errors.ts'
import { formatAval } from '../core/aval.ts'
import { flattenTree } from '../core/tree.ts'
import { graphOf, printGraph, topologicalOrder } from '../ir/graph.ts'
import type { Graph } from '../ir/tensor.ts'
import { apply, parameter, rebuild, Tensor } from '../ir/tensor.ts'
import { currentDevice, type RuntimeDevice } from './device.ts'
import { build, placementsOf, runOnce } from './execute.ts'
import { checkRun, watchesNonFinite } from './nonFinite.ts'
import { attachStorage, pendingStorage, storageOf, usableStorage } from './storage.ts'

const executables = new WeakMap<RuntimeDevice, Map<string, Promise<Executable>>>()

/**
 * Starts the computation of all pending tensors among `tensors`; they have storage when this returns. It runs where their data is,
 * or on `preferred` if they depend on none.
 */
export function start(tensors: readonly Tensor[], preferred?: RuntimeDevice): void {
  const pending = [...new Set(tensors)].filter((tensor) => storageOf(tensor) === null)
  if (pending.length === 0) return
  for (const tensor of pending) checkConcrete(tensor)
  const { graph, values } = liftLiterals(pending)
  const storages = graph.captures.map((tensor) => usableStorage(tensor, 'realize'))
  const device = storages[0]?.device ?? preferred ?? currentDevice()
  const key = printGraph(graph)
  const watched = watchesNonFinite()
  const places = device.enqueue(async (): Promise<Place[]> => {
    await Promise.all(storages.map((storage) => storage.ready))
    const inputs = storages.map((storage) => storage.place!)
    const executable = await executableFor(device, graph, key, inputs)
    const outputs = runOnce(device, executable, inputs, values)
    outputs.forEach((place) => device.retain(place.buffer))
    if (watched) {
      const outputNames = outputs.map((_, i) => (outputs.length === 1 ? 'the result' : `result ${i}`))
      const run = { device, name: 'what was read or realized', graph, again: null, inputs, values, outputNames }
      await checkRun(run, new Map(), outputs)
    }
    return outputs
  })
  pending.forEach((tensor, i) => {
    attachStorage(tensor, pendingStorage(device, places.then((made) => made[i]!))) // prettier-ignore
    tensor.cut()
  })
}

async function executableFor(
  device: RuntimeDevice,
  graph: Graph,
  graphKey: string,
  inputs: readonly Place[],
): Promise<Executable> {
  const placements = placementsOf(inputs)
  const key = `${graphKey}\n${JSON.stringify(placements)}`
  const cache = executables.get(device) ?? new Map<string, Promise<Executable>>()
  executables.set(device, cache)
  const known = cache.get(key)
  if (known !== undefined) return known
  const none = graph.outputs.map(() => null)
  // eager operations are not measured for: most run once
  const tuning = { ...device.tuning, mode: 'off' } as const
  const made = build(device, graph, placements, { donations: none, ring: none.map(() => false) }, tuning)
  cache.set(key, made)
  made.catch(() => cache.delete(key))
  return made
}

function checkConcrete(tensor: Tensor): void {
  const stray = topologicalOrder([tensor]).find((node) => node.source.kind === 'parameter')
  if (stray !== undefined) {
    throw new TensorUseError(
      `a traced ${formatAval(tensor.aval)} has no value yet: inside jit() a tensor stands for all future values; return it and read the result instead`,
    )
  }
}

/** The same graph with every literal replaced by an argument, and their values. */
function liftLiterals(outputs: readonly Tensor[]): { graph: Graph; values: number[] } {
  const replaced = new Map<Tensor, Tensor>()
  const parameters: Tensor[] = []
  const values: number[] = []
  for (const tensor of topologicalOrder(outputs)) {
    const source = tensor.source
    if (source.kind !== 'apply') {
      replaced.set(tensor, tensor)
      continue
    }
    const value = scalarValue(tensor)
    if (value !== null) {
      const argument = parameter(tensor.aval, 'literal', 'argument')
      parameters.push(argument)
      values.push(value)
      replaced.set(tensor, argument)
      continue
    }
    // a node of its own even where nothing changes: the original is cut before this graph is compiled
    const inputs = source.inputs.map((input) => replaced.get(input)!)
    const lifted = rebuild(source, () => apply(source.primitive, source.params, inputs, tensor.aval))
    replaced.set(tensor, lifted)
  }
  return { graph: graphOf(parameters, outputs.map((output) => replaced.get(output)!)), values } // prettier-ignore
}

/** The number of a source without operands and axes: a literal, by its lowering. */
function scalarValue(tensor: Tensor): number | null {
  const source = tensor.source
  if (source.kind !== 'apply' || source.inputs.length > 0 || tensor.rank > 0) return null
  const lowering = source.primitive.lower([], source.params, tensor.aval)
  const element = lowering.kind === 'map' ? lowering.element([], []) : null
  return element?.op === 'const' ? element.value : null
}

/**
 * Computes all tensors of a tree, and resolves to the same tree once their values are on the device.
 * @throws TensorUseError for traced tensors.
 */
export async function realize<T>(tree: T): Promise<T> {
  const tensors = flattenTree(tree).leaves.filter((leaf) => leaf instanceof Tensor)
  start(tensors)
  await Promise.all(tensors.map((tensor) => usableStorage(tensor, 'realize').ready))
  return tree
}
