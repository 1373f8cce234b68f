// scan: a loop over the leading axis with a carried state, differentiable to any order. Reverse mode keeps the carries alone and
// runs a scan backwards, in which each step of the body is differentiated anew. The compiler unrolls it.

import { pullback } from '../autodiff/vjp.ts'
import { formatAval, sameAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { flattenTree, formatStructure, unflattenTree } from '../core/tree.ts'
import { graphOf, printGraph, topologicalOrder } from '../ir/graph.ts'
import { type Graph, parameter, Tensor } from '../ir/tensor.ts'
import { stack } from '../ops/arranging.ts'
import { add } from '../primitives/elementwise.ts'
import { full, fullLike } from '../primitives/literal.ts'
import { reshape, slice } from '../primitives/structural.ts'
import { closedBodyOf, instantiate, regionOutputs } from './region.ts'

/** Options of `scan`. */
export interface ScanOptions {
  /** The number of steps where `xs` holds no tensor. */
  readonly length?: number
  /** From the last step to the first; outputs stay where their inputs are. Default false. */
  readonly reverse?: boolean
}

/** A step `[carry..., x..., constant...] -> [carry..., y...]`, and how often it is taken. */
interface Loop {
  readonly step: Graph
  readonly carries: number
  readonly xs: number
  readonly length: number
  readonly reverse: boolean
}

/**
 * `fn(carry, x) -> [carry, y]` applied to the slices of `xs` along the leading axis, in order: gives the last carry, and the `y` of all
 * steps stacked along a new leading axis. Carry, `x` and `y` are trees of tensors; the carry keeps its structure, shapes and dtypes.
 * `fn` is traced once and may use tensors from outside.
 * @throws ArgumentError when structures differ, ShapeError when lengths differ or the carry changes its shape or dtype.
 */
export function scan<C, X, Y>(
  fn: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  const start = tensorsOf('the initial carry', init)
  const inputs = tensorsOf('xs', xs)
  const length = lengthOf(inputs.tensors, options.length)
  let ys: ReturnType<typeof flattenTree> | null = null
  const step = (operands: readonly Tensor[]): Tensor[] => {
    const carry = unflattenTree(start.structure, operands.slice(0, start.tensors.length)) as C
    const x = unflattenTree(inputs.structure, operands.slice(start.tensors.length)) as X
    const result: unknown = fn(carry, x)
    if (!Array.isArray(result) || result.length !== 2)
      throw new ArgumentError('scan: the function must return [carry, output]; use null for no output')
    const next = tensorsOf('the carry', result[0])
    checkCarry(start, next)
    ys = flattenTree(result[1])
    return [...next.tensors, ...tensorsOf('the output', result[1]).tensors]
  }
  const avals = [
    ...start.tensors.map((tensor) => tensor.aval),
    ...inputs.tensors.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype })),
  ]
  const { graph, captured } = closedBodyOf('scan', step, avals)
  const loop = { step: graph, carries: start.tensors.length, xs: inputs.tensors.length, length, reverse: options.reverse ?? false } // prettier-ignore
  const outputs = runLoop(loop, [...start.tensors, ...inputs.tensors, ...captured])
  return [
    unflattenTree(start.structure, outputs.slice(0, loop.carries)) as C,
    unflattenTree(ys!.structure, outputs.slice(loop.carries)) as Y,
  ]
}

function tensorsOf(what: string, tree: unknown) {
  const { leaves, paths, structure } = flattenTree(tree)
  const tensors = leaves.map((leaf, i) => {
    if (leaf instanceof Tensor) return leaf
    throw new ArgumentError(`scan: ${what} must hold tensors alone, got ${leaf === null ? 'null' : typeof leaf}${paths[i] === '' ? '' : ` at ${paths[i]!}`}`) // prettier-ignore
  })
  return { tensors, structure }
}

function lengthOf(xs: readonly Tensor[], given: number | undefined): number {
  const lengths = xs.map((x) => {
    if (x.rank === 0) throw new ShapeError('scan: xs holds a scalar, which has no leading axis')
    return x.shape[0]!
  })
  if (given !== undefined) lengths.push(given)
  const [length] = lengths
  if (length === undefined) throw new ArgumentError('scan: without xs, give the number of steps as length')
  if (!Number.isInteger(length) || length < 0 || lengths.some((other) => other !== length))
    throw new ShapeError(`scan: leading extents (and length) must be one integer >= 0, got ${lengths.join(', ')}`)
  return length
}

function checkCarry(start: ReturnType<typeof tensorsOf>, next: ReturnType<typeof tensorsOf>): void {
  if (formatStructure(start.structure) !== formatStructure(next.structure)) {
    throw new ArgumentError(
      `scan: the function must return a carry of the initial one's structure: ${formatStructure(start.structure)}, got ${formatStructure(next.structure)}`,
    )
  }
  start.tensors.forEach((tensor, i) => {
    const { aval } = next.tensors[i]!
    if (!sameAval(tensor.aval, aval))
      throw new ShapeError(`scan: the carry changes from ${formatAval(tensor.aval)} to ${formatAval(aval)}`)
  })
}

/** The last carries and the stacked outputs, as a region. Operands: carries, xs, constants. */
function runLoop(given: Loop, allOperands: readonly Tensor[]): Tensor[] {
  const { loop, operands } = withoutUnused(given, allOperands)
  const parameters = operands.map((operand, i) => parameter(operand.aval, `scan operand ${i}`))
  const body = graphOf(parameters, unrolled(loop, parameters))
  const { step, ...counts } = loop
  return regionOutputs(
    {
      name: 'scan',
      params: { step: printGraph(step), ...counts },
      body,
      vjp: (own, cotangents, needs) => backward(loop, own, cotangents, needs),
    },
    operands,
  )
}

/** The loop without xs and constants that its step does not read, so that nothing seems to depend on them. */
function withoutUnused(loop: Loop, operands: readonly Tensor[]): { loop: Loop; operands: readonly Tensor[] } {
  const { step, carries, xs } = loop
  const read = new Set(topologicalOrder(step.outputs))
  const kept = step.parameters.map((own, i) => i < carries || read.has(own))
  const parameters = step.parameters.filter((_, i) => kept[i])
  const keptXs = kept.slice(carries, carries + xs).filter((one) => one).length
  return {
    loop: { ...loop, step: graphOf(parameters, step.outputs), xs: keptXs },
    operands: operands.filter((_, i) => kept[i]),
  }
}

const order = ({ length, reverse }: Loop): number[] => Array.from({ length }, (_, i) => (reverse ? length - 1 - i : i))

/** Row `t` of `x`. */
function row(x: Tensor, t: number): Tensor {
  const start = x.shape.map((_, axis) => (axis === 0 ? t : 0))
  const limit = x.shape.map((extent, axis) => (axis === 0 ? t + 1 : extent))
  return reshape([slice([x], { start, limit, step: x.shape.map(() => 1) })], { shape: x.shape.slice(1) })
}

function unrolled(loop: Loop, operands: readonly Tensor[]): Tensor[] {
  const { step, carries, xs } = loop
  let carry = operands.slice(0, carries)
  const inputs = operands.slice(carries, carries + xs)
  const constants = operands.slice(carries + xs)
  const ys: Tensor[][] = step.outputs.slice(carries).map(() => [])
  for (const t of order(loop)) {
    const outputs = instantiate(step, [...carry, ...inputs.map((x) => row(x, t)), ...constants])
    carry = outputs.slice(0, carries)
    outputs.slice(carries).forEach((y, i) => (ys[i]![t] = y))
  }
  const stacked = ys.map((list, i) => {
    const { shape, dtype } = step.outputs[carries + i]!
    return list.length === 0 ? full([0, ...shape], 0, dtype) : stack(list)
  })
  return [...carry, ...stacked]
}

/** Cotangents of all operands: a loop the other way round, over the carries that were saved. */
function backward(
  loop: Loop,
  operands: readonly Tensor[],
  cotangents: readonly Tensor[],
  needs: readonly boolean[],
): (Tensor | null)[] {
  // prettier-ignore
  const { step, carries, xs } = loop
  const constants = operands.slice(carries + xs)
  const saved = savedCarries(loop, operands)
  const wanted = step.parameters.map((own, i) => isFloating(own.dtype) && (i < carries || needs[i]!))
  const pick = <T>(list: readonly T[], from: number, to: number): T[] => list.slice(from, to).filter((_, i) => wanted[from + i]) // prettier-ignore
  const floatOutput = step.outputs.map((output) => isFloating(output.dtype))

  // carry: cotangents of the float carries and of the wanted constants; xs: saved carries, inputs, cotangents of the float outputs
  const carryParameters = pick(step.parameters, 0, carries).map((own, i) => parameter(own.aval, `carry cotangent ${i}`))
  const constantIndices = constants.flatMap((_, i) => (wanted[carries + xs + i] ? [i] : []))
  const sums = constantIndices.map((i) => parameter(constants[i]!.aval, `sum ${i}`))
  const own = step.parameters.map((leaf, i) => parameter(leaf.aval, `own ${i}`))
  const yIndices = step.outputs.flatMap((_, i) => (i >= carries && floatOutput[i] ? [i] : []))
  const yCotangents = yIndices.map((i) => parameter(step.outputs[i]!.aval, `output cotangent ${i}`))

  const outputs = instantiate(step, own)
  let nextCarry = 0
  const given = outputs.map((output, i) => {
    if (!floatOutput[i]) return fullLike(output, 0)
    return i < carries ? carryParameters[nextCarry++]! : yCotangents[yIndices.indexOf(i)]!
  })
  const found = pullback(outputs, given, own).map((cotangent, i) => cotangent ?? fullLike(own[i]!, 0))
  const carryOut = found.slice(0, carries).filter((_, i) => wanted[i])
  const xOut = found.slice(carries, carries + xs).filter((_, i) => wanted[carries + i])
  const sumOut = constantIndices.map((i, j) => add([sums[j]!, found[carries + xs + i]!], null))

  const reversedStep = graphOf(
    [...carryParameters, ...sums, ...own.slice(0, carries), ...own.slice(carries, carries + xs), ...yCotangents, ...own.slice(carries + xs)], // prettier-ignore
    [...carryOut, ...sumOut, ...xOut],
  )
  const reversed: Loop = {
    step: reversedStep,
    carries: carryParameters.length + sums.length,
    xs: carries + xs + yCotangents.length,
    length: loop.length,
    reverse: !loop.reverse,
  }
  const results = runLoop(reversed, [
    ...cotangents.slice(0, carries).filter((_, i) => wanted[i]),
    ...constantIndices.map((i) => fullLike(constants[i]!, 0)),
    ...saved,
    ...operands.slice(carries, carries + xs),
    ...yIndices.map((i) => cotangents[i]!),
    ...constants,
  ])
  let next = 0
  const take = (from: number, to: number): (Tensor | null)[] =>
    step.parameters.slice(from, to).map((_, i) => (wanted[from + i] ? results[next++]! : null))
  const carryResults = take(0, carries)
  const constantResults = take(carries + xs, operands.length)
  const xResults = take(carries, carries + xs)
  return [...carryResults, ...xResults, ...constantResults]
}

/** The carry at the beginning of every step, stacked. */
function savedCarries(loop: Loop, operands: readonly Tensor[]): Tensor[] {
  const { step, carries } = loop
  const saving = graphOf(step.parameters, [...step.outputs.slice(0, carries), ...step.parameters.slice(0, carries)])
  return runLoop({ ...loop, step: saving }, operands).slice(carries)
}
