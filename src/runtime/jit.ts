// jit: a function is traced once per structure, shapes and static values, compiled once per layout of its inputs, and then
// replayed. Calls return pending tensors at once and keep their order.

import type { Executable, Place } from '../backend/backend.ts'
import { formatAval, sameAval } from '../core/aval.ts'
import { ArgumentError, TensorUseError } from '../core/errors.ts'
import { flattenTree, formatStructure, type TreeStructure, unflattenTree } from '../core/tree.ts'
import { printGraph } from '../ir/graph.ts'
import { dataTensor, Tensor } from '../ir/tensor.ts'
import { type LeafSpec, type Traced, traceFunction } from '../trace/trace.ts'
import { currentDevice, type RuntimeDevice } from './device.ts'
import { build, placementsOf, runOnce } from './execute.ts'
import { checkRun, keepInputs, type WatchedRun, watchesNonFinite } from './nonFinite.ts'
import { start } from './realize.ts'
import { attachStorage, donate, pendingStorage, type Storage, usableStorage } from './storage.ts'

/** Options of `jit`. */
export interface JitOptions {
  /** Arguments whose memory the results may take over; their tensors cannot be used afterwards. */
  readonly donate?: readonly number[]
}

interface Entry {
  readonly traced: Traced
  /** Traces again, with the same arguments. */
  readonly trace: () => Traced
  /** Whether the operations of `traced` have recorded places in the code. */
  readonly located: boolean
  /** For every output: the position among the parameters whose memory it takes over. */
  readonly donations: readonly (number | null)[]
  readonly executables: Map<string, Promise<Executable>>
  calls: number
}

/** Specs of argument leaves, and the part of the cache key that they make. */
function specsOf(leaves: readonly unknown[], paths: readonly string[]): { specs: LeafSpec[]; key: string } {
  const specs = leaves.map((leaf, i): LeafSpec => {
    const path = paths[i]!
    if (leaf instanceof Tensor) return { kind: 'tensor', aval: leaf.aval, path }
    if (typeof leaf === 'number') return { kind: 'number', dtype: 'float32', path }
    if (typeof leaf === 'string' || typeof leaf === 'boolean' || leaf === null || leaf === undefined)
      return { kind: 'static', value: leaf, path }
    throw new ArgumentError(
      `jit: argument ${path} is a ${typeof leaf}: pass tensors, numbers, strings, booleans, or trees of them`,
    )
  })
  const key = specs
    .map((spec) =>
      spec.kind === 'tensor'
        ? formatAval(spec.aval)
        : spec.kind === 'number'
          ? '#'
          : (JSON.stringify(spec.value) ?? 'undefined'),
    )
    .join(';')
  return { specs, key }
}

/** Traces a function for arguments of one form. A function of its own, so that it holds on to no tensor of the call. */
function tracer(fn: (...args: never[]) => unknown, structure: TreeStructure, specs: readonly LeafSpec[]): () => Traced {
  return () => traceFunction(fn, structure, specs, (captured) => start(captured))
}

/** Pairs outputs with donated parameters of the same aval, in order. */
function matchDonations(traced: Traced, donated: readonly boolean[]): (number | null)[] {
  const free = new Set(traced.graph.parameters.flatMap((_, i) => (donated[i] ? [i] : [])))
  return traced.graph.outputs.map((output) => {
    for (const position of free) {
      if (!sameAval(traced.graph.parameters[position]!.aval, output.aval)) continue
      free.delete(position)
      return position
    }
    return null
  })
}

/**
 * `fn` compiled. Tensors in the arguments are inputs, numbers are per-call arguments (tensors inside `fn`), strings and booleans are
 * static. `fn` must be pure: what it captures besides tensors is frozen at the first call.
 * @throws TensorUseError when a donated tensor is used again; ArgumentError for leaves of other types.
 */
export function jit<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: JitOptions = {},
): (...args: A) => R {
  const entries = new Map<string, Entry>()
  const name = fn.name === '' ? 'a jit-compiled function' : fn.name
  const donatedArguments = new Set(options.donate ?? [])

  return (...args: A): R => {
    const perArgument = args.map((arg) => flattenTree(arg))
    const { leaves, paths, structure } = flattenTree([...args])
    const tensors = leaves.filter((leaf) => leaf instanceof Tensor)
    if (tensors.some((tensor) => tensor.traced)) return fn(...args)

    const { specs, key: leafKey } = specsOf(leaves, paths)
    const key = `${formatStructure(structure)}|${leafKey}`
    let entry = entries.get(key)
    if (entry === undefined) {
      const trace = tracer(fn, structure, specs)
      const traced = trace()
      const donatedLeaves = perArgument.flatMap((tree, i) => tree.leaves.map(() => donatedArguments.has(i)))
      const isParameter = leaves.map((leaf) => leaf instanceof Tensor || typeof leaf === 'number')
      const donated = donatedLeaves.filter((_, i) => isParameter[i])
      const donations = matchDonations(traced, donated)
      entry = { traced, trace, located: watchesNonFinite(), donations, executables: new Map(), calls: 0 }
      entries.set(key, entry)
    }
    entry.calls++
    if (entry.calls === 2) compareTraces(name, entry.traced, entry.trace())
    return call(name, entry, leaves) as R
  }
}

/** Queues one run; the results are pending. */
function call(name: string, entry: Entry, leaves: readonly unknown[]): unknown {
  const { traced, donations } = entry
  const { graph } = traced
  const given = leaves.filter((leaf) => leaf instanceof Tensor || typeof leaf === 'number')
  const inputs = [...given.filter((leaf) => leaf instanceof Tensor), ...graph.captures]
  start(inputs)
  const storages = inputs.map((tensor) => usableStorage(tensor, name))
  const device = storages[0]?.device ?? currentDevice()
  const values = given.filter((leaf) => typeof leaf === 'number')
  const donatedPositions = new Set(donations.filter((position) => position !== null))
  checkAliases(name, given, donatedPositions)
  given.forEach((leaf, position) => {
    if (leaf instanceof Tensor && donatedPositions.has(position)) donate(usableStorage(leaf, name), name)
  })
  const watchedAs = watchesNonFinite() ? name : null
  const places = device.enqueue(() => execute(device, entry, storages, values, watchedAs))
  const outputs = graph.outputs.map((output, i) => {
    const result = dataTensor(output.aval)
    attachStorage(result, pendingStorage(device, places.then((made) => made[i]!))) // prettier-ignore
    return result
  })
  return unflattenTree(traced.outputStructure, outputs)
}

async function execute(
  device: RuntimeDevice,
  entry: Entry,
  storages: readonly Storage[],
  values: readonly number[],
  watchedAs: string | null,
): Promise<Place[]> {
  await Promise.all(storages.map((storage) => storage.ready))
  const inputs = storages.map((storage) => storage.place!)
  const placements = placementsOf(inputs)
  const key = JSON.stringify(placements)
  let made = entry.executables.get(key)
  if (made === undefined) {
    const { graph } = entry.traced
    made = build(device, graph, placements, { donations: entry.donations, ring: graph.outputs.map(() => false) })
    entry.executables.set(key, made)
    made.catch(() => entry.executables.delete(key))
  }
  const executable = await made
  const run = watchedAs === null ? null : watchedRun(watchedAs, device, entry, inputs, values)
  const kept = run === null ? null : await keepInputs(run, entry.donations)
  const outputs = runOnce(device, executable, inputs, values)
  outputs.forEach((place, i) => {
    // a donated input hands its share of the buffer on to the output
    if (entry.donations[i] === null || executable.program.outputs[i]!.location.space !== 'input')
      device.retain(place.buffer)
  })
  if (run !== null && kept !== null) await checkRun(run, kept, outputs)
  return outputs
}

function watchedRun(
  name: string,
  device: RuntimeDevice,
  { traced, trace, located }: Entry,
  inputs: readonly Place[],
  values: readonly number[],
): WatchedRun {
  const outputNames = traced.outputPaths.map((path) => (path === '' ? 'the result' : path))
  const again = located ? null : () => trace().graph
  return { device, name, graph: traced.graph, again, inputs, values, outputNames }
}

/** @throws TensorUseError when a donated tensor is passed twice: one use would see the other's update. */
function checkAliases(name: string, given: readonly unknown[], donated: ReadonlySet<number>): void {
  for (const position of donated) {
    if (given.indexOf(given[position]) !== given.lastIndexOf(given[position])) {
      throw new TensorUseError(`${name}: a donated tensor is passed twice; pass a copy for one of them`)
    }
  }
}

/** Warns when tracing again gives another graph: something captured from outside changed and was frozen. */
function compareTraces(name: string, first: Traced, second: Traced): void {
  const frozen = printGraph(first.graph) !== printGraph(second.graph)
  const recaptured = first.graph.captures.some((tensor, i) => tensor !== second.graph.captures[i])
  if (!frozen && !recaptured) return
  console.warn(
    `wgrad: ${name} gave another graph when it was traced a second time: a JavaScript value that it captures (a learning rate, a counter, a ` +
      'tensor variable) has changed, but the compiled function keeps the first one. Pass it as an argument instead.',
  )
}
