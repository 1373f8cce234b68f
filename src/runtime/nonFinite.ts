// The check behind debug.nans: while it is on, what a run gives is read back, and a value that is NaN or infinite ends it in an
// error that names the operation. Inputs that the run overwrites are read before it. While it is off, nothing here runs.

import type { Place } from '../backend/backend.ts'
import { formatAval } from '../core/aval.ts'
import { hostArrayOf } from '../core/dtype.ts'
import { DeviceError, NonFiniteError, type NonFiniteOrigin } from '../core/errors.ts'
import type { HostArray } from '../core/hostArray.ts'
import { formatShape, sameShape, stridesOf } from '../core/shape.ts'
import { isArgument, printGraph } from '../ir/graph.ts'
import type { Application, Graph, Tensor } from '../ir/tensor.ts'
import { type Blame, blame, finitenessOf } from './blame.ts'
import type { RuntimeDevice } from './device.ts'
import { originOf, placeOf, recordOrigins } from './origins.ts'

let watching = false

/** Turns the check on or off for everything that is asked for from here on. */
export function watchNonFinite(on: boolean): void {
  watching = on
  recordOrigins(on)
}

/** Whether the check is on. */
export function watchesNonFinite(): boolean {
  return watching
}

/** A run of a graph. */
export interface WatchedRun {
  readonly device: RuntimeDevice
  /** What errors call it: the name of the compiled function. */
  readonly name: string
  readonly graph: Graph
  /** The same graph made again, where the first was made while nothing was recorded. */
  readonly again: (() => Graph) | null
  /** Places of the leaves in buffers: parameters, then captures. */
  readonly inputs: readonly Place[]
  /** Values of the parameters that are arguments. */
  readonly values: readonly number[]
  readonly outputNames: readonly string[]
}

function bufferLeaves(graph: Graph): Tensor[] {
  return [...graph.parameters, ...graph.captures].filter((leaf) => !isArgument(leaf))
}

const readAt = async (device: RuntimeDevice, leaf: Tensor, place: Place): Promise<HostArray> => ({
  ...leaf.aval,
  data: (await device.backend.read(place, leaf.aval)).slice(),
})

/** Where among the places of the inputs the parameter at `position` is. */
export function inputIndex({ parameters }: Graph, position: number): number {
  return position - parameters.slice(0, position).filter(isArgument).length
}

/** The values that the run will overwrite, by index among the inputs; `donations` holds positions of parameters. */
export async function keepInputs(
  run: WatchedRun,
  donations: readonly (number | null)[],
): Promise<ReadonlyMap<number, HostArray>> {
  const kept = new Map<number, HostArray>()
  for (const position of donations) {
    if (position === null) continue
    const index = inputIndex(run.graph, position)
    kept.set(index, await readAt(run.device, run.graph.parameters[position]!, run.inputs[index]!))
  }
  return kept
}

/**
 * Checks the results of a run of its own memory, and gives that memory back before it throws.
 * @throws NonFiniteError that names the operation.
 */
export async function checkRun(
  run: WatchedRun,
  kept: ReadonlyMap<number, HostArray>,
  places: readonly Place[],
): Promise<void> {
  try {
    const { outputs } = run.graph
    const results: HostArray[] = []
    for (const [i, place] of places.entries()) results.push(await readAt(run.device, outputs[i]!, place))
    await checkResults(run, kept, results)
  } catch (error) {
    for (const { buffer } of places) run.device.release(buffer)
    throw error
  }
}

/**
 * Checks the results of a run.
 * @throws NonFiniteError that names the operation, unless the values are infinities that were given to the run.
 */
export async function checkResults(
  run: WatchedRun,
  kept: ReadonlyMap<number, HostArray>,
  results: readonly HostArray[],
): Promise<void> {
  const bad = results.flatMap((result, i) => (finitenessOf(result).first < 0 ? [] : [i]))
  if (bad.length === 0) return
  const graph = locatedGraph(run)
  const leaves = await leafValues(run, graph, kept)
  // the operations of all bad results together, so that the first of them is found and not that of the first result
  let found: Blame
  try {
    found = await blame(bad.map((i) => graph.outputs[i]!), leaves) // prettier-ignore
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error
    found = { kind: 'finite' } // a dtype that the CPU does not have
  }
  if (found.kind !== 'given') throw explain(run, bad.map((i) => ({ name: run.outputNames[i]!, value: results[i]! })), found) // prettier-ignore
}

/** The run's graph; one that was made before the check was on is made again, so that its operations have places in the code. */
function locatedGraph({ graph, again }: WatchedRun): Graph {
  if (again === null) return graph
  recordOrigins(true)
  const second = again()
  recordOrigins(watching)
  const same =
    printGraph(second) === printGraph(graph) && second.captures.every((capture, i) => capture === graph.captures[i])
  return same ? second : graph
}

async function leafValues(
  run: WatchedRun,
  graph: Graph,
  kept: ReadonlyMap<number, HostArray>,
): Promise<Map<Tensor, HostArray>> {
  const leaves = new Map<Tensor, HostArray>()
  for (const [i, leaf] of bufferLeaves(graph).entries()) {
    leaves.set(leaf, kept.get(i) ?? (await readAt(run.device, leaf, run.inputs[i]!)))
  }
  graph.parameters.filter(isArgument).forEach((leaf, i) => {
    const data = hostArrayOf(leaf.dtype, 1)
    data[0] = run.values[i]!
    leaves.set(leaf, { ...leaf.aval, data })
  })
  return leaves
}

function explain(
  run: WatchedRun,
  results: readonly { readonly name: string; readonly value: HostArray }[],
  found: Exclude<Blame, { kind: 'given' }>,
): NonFiniteError {
  const names = results.map(({ name }) => name)
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
  const foundIn = `${shown} of ${run.name}`
  const none: NonFiniteOrigin = { operation: null, location: null, inputs: [], output: null, foundIn }
  if (found.kind === 'leaf') {
    return new NonFiniteError(
      `debug.nans: ${leafName(found.leaf)} holds NaN before ${run.name} computes anything (${countOf(found.value)}), and it reaches ${foundIn}: ` +
        'look at where this tensor comes from',
      { ...none, output: formatAval(found.leaf.aval) },
    )
  }
  if (found.kind === 'finite') {
    return new NonFiniteError(
      `debug.nans: ${foundIn} is not finite on ${run.device.name} (${countOf(results[0]!.value)}), but every operation is finite when they run ` +
        'one by one on the CPU: the device or a fused kernel overflows. Look for values near the limits of the dtype',
      none,
    )
  }
  const { application, output, inputs, nodes, within } = found
  const place = placeText(application)
  const operands = inputs.map((input, i) => `${nameOf(nodes[i]!)}${formatAval(input)}${rangeOf(input)}`)
  const lines = [
    `debug.nans: ${application.primitive.name}${place.text} gave ${countOf(output)}${example(output, inputs)}`,
    `  inputs: ${operands.join('; ')}`,
    ...within.map((name) => `  inside ${name}`),
    ...(place.derivative === null ? [] : [`  in the derivative of ${place.derivative}`]),
    `  it reaches ${foundIn}`,
  ]
  return new NonFiniteError(lines.join('\n'), {
    operation: application.primitive.name,
    location: place.location,
    inputs: inputs.map((input) => formatAval(input)),
    output: formatAval(output),
    foundIn,
  })
}

function leafName({ source }: Tensor): string {
  if (source.kind === 'apply' || (source.kind === 'parameter' && source.name === 'literal')) return 'a constant'
  return source.kind === 'parameter' ? `the argument ${source.name}` : 'a tensor of data'
}

/** The name of an input that is an argument of the run, with a space after it. */
function nameOf({ source }: Tensor): string {
  return source.kind === 'parameter' && source.role === 'buffer' ? `${source.name} ` : ''
}

/** Where an operation was called, and of which other one it is a derivative. */
function placeText(application: Application): { text: string; location: string | null; derivative: string | null } {
  const origin = originOf(application)
  if (origin === null) return { text: ' (made before debug.nans was on)', location: null, derivative: null }
  const { location, composite } = placeOf(origin)
  const inside = composite === null || composite === application.primitive.name ? '' : `, in ${composite}`
  const text = location === null ? inside : `${inside}, at ${location}`
  if (origin.derivativeOf === null) return { text, location, derivative: null }
  const original = placeText(origin.derivativeOf)
  return { text, location: original.location ?? location, derivative: `${origin.derivativeOf.primitive.name}${original.text}` } // prettier-ignore
}

/** `NaN in 2 of 6 elements of float32[2, 3], first at [0, 1]`. */
function countOf(value: HostArray): string {
  const { nans, infinities, first } = finitenessOf(value)
  const what = nans > 0 ? `NaN in ${nans}` : `infinity in ${infinities}`
  if (value.shape.length === 0) return `${nans > 0 ? 'NaN' : 'an infinity'} (${formatAval(value)})`
  let rest = first
  const at = stridesOf(value.shape).map((stride) => {
    const coordinate = Math.floor(rest / stride)
    rest -= coordinate * stride
    return coordinate
  })
  return `${what} of ${value.data.length} elements of ${formatAval(value)}, first at ${formatShape(at)}`
}

/** The operands at the first bad element, where every operand has the result's shape. */
function example(output: HostArray, inputs: readonly HostArray[]): string {
  const decoded = [output, ...inputs].every(({ dtype }) => dtype !== 'float16')
  if (!decoded || !inputs.every((input) => sameShape(input.shape, output.shape))) return ''
  const { first } = finitenessOf(output)
  return `: ${output.data[first]} of ${inputs.map((input) => format(input.data[first]!)).join(', ')}`
}

function rangeOf({ data, dtype }: HostArray): string {
  if (data.length === 0 || dtype === 'float16') return ''
  let [least, greatest] = [Infinity, -Infinity]
  for (const value of data) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  if (least > greatest) return ' all NaN'
  return data.length === 1 ? ` = ${format(least)}` : ` from ${format(least)} to ${format(greatest)}`
}

const format = (value: number): string => String(Number(value.toPrecision(6)))
