// An optimizer: pure functions from gradients, state and parameters to the next parameters and state. What changes from step to
// step (learning rate, step number) are operands, never constants of the program. Each optimizer is a rule for one tensor.

import { formatAval } from '../core/aval.ts'
import { type DType, isFloating } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { sameShape } from '../core/shape.ts'
import { flattenTree, mapTree, unflattenTree, zipTrees } from '../core/tree.ts'
import { Tensor } from '../ir/tensor.ts'
import { add } from '../ops/arithmetic.ts'
import { castTo, scalar, type TensorLike } from '../ops/operand.ts'
import { zeros } from '../ops/creation.ts'
import type { Schedule } from './schedules.ts'

/** What an optimizer remembers: named trees, each of the structure of the parameters; `{}` when it remembers nothing. */
export type OptimizerState = { readonly [slot: string]: unknown }

/** What changes from step to step: scalars. */
export interface StepArguments {
  readonly learningRate: TensorLike
  /** Counted from 0. */
  readonly step: TensorLike
}

/** An optimizer. Its methods throw ArgumentError, DTypeError or ShapeError for trees that do not fit. */
export interface Optimizer {
  readonly name: string
  /** The learning rate, or its schedule: for whoever drives the steps. `update` takes the rate of its step as an argument. */
  readonly learningRate: number | Schedule
  /** The state before the first step: zeros. */
  init(params: unknown): OptimizerState
  /** One step: the parameters moved against the gradients (a tree like theirs), and the next state. */
  update<P>(gradients: P, state: OptimizerState, params: P, step: StepArguments): { params: P; state: OptimizerState }
}

/** One tensor's part of a step. All are of one dtype: float64 for float64 parameters, else float32. */
export interface LeafStep {
  readonly parameter: Tensor
  readonly gradient: Tensor
  readonly learningRate: Tensor
  /** How many steps there are with this one: 1 in the first. */
  readonly count: Tensor
}

/** The next parameter, then the next value of each slot. */
export type UpdateRule = (leaf: LeafStep, ...slots: Tensor[]) => readonly Tensor[]

/** @throws ArgumentError unless `value` is a number with `from <= value`, and `value < below` where that is given. */
export function checkRange(operation: string, option: string, value: number, from: number, below = Infinity): void {
  if (typeof value === 'number' && value >= from && value < below) return
  const range = below === Infinity ? `a finite number >= ${from}` : `a number >= ${from} and < ${below}`
  throw new ArgumentError(`${operation}: ${option} must be ${range}, got ${String(value)}`)
}

function checkParameter(operation: string, leaf: unknown, path: string): Tensor {
  if (!(leaf instanceof Tensor))
    throw new ArgumentError(
      `${operation}: expected a tensor at ${path || 'the root'}, got ${leaf === null ? 'null' : typeof leaf}`,
    )
  if (!isFloating(leaf.dtype))
    throw new DTypeError(
      `${operation}: parameters must be floats, got ${formatAval(leaf.aval)} at ${path || 'the root'}`,
    )
  return leaf
}

const workingDType = (dtype: DType): DType => (dtype === 'float64' ? 'float64' : 'float32')
const asScalar = (x: TensorLike, dtype: DType): Tensor => (x instanceof Tensor ? castTo(x, dtype) : scalar(x, dtype))

/**
 * The optimizer that applies `rule` to every tensor; `slots` names what it remembers of each.
 * @throws ArgumentError for a learning rate that is neither a schedule nor a number >= 0.
 */
export function optimizer(
  name: string,
  learningRate: number | Schedule,
  slots: readonly string[],
  rule: UpdateRule,
): Optimizer {
  if (typeof learningRate !== 'function') checkRange(name, 'learningRate', learningRate, 0)
  const blank = (leaf: unknown, path: string): Tensor => {
    const parameter = checkParameter(`${name}.init`, leaf, path)
    return zeros(parameter.shape, workingDType(parameter.dtype))
  }

  return {
    name,
    learningRate,
    init: (params) => Object.fromEntries(slots.map((slot) => [slot, mapTree(params, blank)])),
    update: <P>(gradients: P, state: OptimizerState, params: P, step: StepArguments) => {
      const operation = `${name}.update`
      const missing = slots.find((slot) => !(slot in state))
      if (missing !== undefined)
        throw new ArgumentError(`${operation}: the state has no "${missing}": pass what init or the last update gave`)
      for (const [option, value] of Object.entries({ learningRate: step.learningRate, step: step.step })) {
        if (value instanceof Tensor && value.rank !== 0)
          throw new ShapeError(`${operation}: ${option} must be a scalar, got ${formatAval(value.aval)}`)
      }
      const { rows, structure } = zipTrees(operation, [params, gradients, ...slots.map((slot) => state[slot])])
      const { paths } = flattenTree(params)
      const results = rows.map((row, i) => {
        const [parameter, gradient, ...own] = row.map((leaf) => checkParameter(operation, leaf, paths[i]!))
        const odd = [gradient!, ...own].find((leaf) => !sameShape(leaf.shape, parameter!.shape))
        if (odd !== undefined) {
          throw new ShapeError(
            `${operation}: at ${paths[i]} the parameter is ${formatAval(parameter!.aval)}, its gradient or state ${formatAval(odd.aval)}`,
          )
        }
        const dtype = workingDType(parameter!.dtype)
        const leaf: LeafStep = {
          parameter: castTo(parameter!, dtype),
          gradient: castTo(gradient!, dtype),
          learningRate: asScalar(step.learningRate, dtype),
          count: add(asScalar(step.step, dtype), 1),
        }
        const [next, ...slotsNext] = rule(leaf, ...own)
        return [castTo(next!, parameter!.dtype), ...slotsNext]
      })
      const tree = (column: number): unknown => unflattenTree(structure, results.map((result) => result[column])) // prettier-ignore
      return { params: tree(0) as P, state: Object.fromEntries(slots.map((slot, i) => [slot, tree(i + 1)])) }
    },
  }
}
