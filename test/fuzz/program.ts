// A program of the fuzzer as data: values numbered in order (inputs, arguments, calls of operations on earlier values), outputs,
// state, and a gradient. From it come the graph that is compiled and the lines of code that a failure prints.

import { pullback } from '../../src/autodiff/vjp.ts'
import type { Aval } from '../../src/core/aval.ts'
import { isFloating } from '../../src/core/dtype.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { type Graph, parameter, Tensor } from '../../src/ir/tensor.ts'
import * as ops from '../../src/ops/index.ts'
import * as transformed from './transformed.ts'

/** The value of that number. */
export interface Use {
  readonly use: number
}

/** An operation applied to arguments, which may be calls themselves. */
export interface Call {
  readonly name: string
  readonly args: readonly Argument[]
}

/** What a call is given. */
export type Argument =
  | Use
  | Call
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly Argument[]
  | { readonly options: Readonly<Record<string, unknown>> }

/** Where the values of an input lie: real numbers far from multiples of 1/2 or positive ones, integers below `below`. */
export type Range = { readonly kind: 'real' } | { readonly kind: 'positive' } | { readonly kind: 'integer'; readonly below: number } // prettier-ignore

/** One value of a program. */
export type Value =
  | { readonly kind: 'input'; readonly aval: Aval; readonly range: Range }
  | { readonly kind: 'argument'; readonly aval: Aval; readonly range: Range }
  | { readonly kind: 'call'; readonly aval: Aval; readonly call: Call }

/** The gradient of `Σ values of` (or of half their squares) by inputs. */
export interface Gradient {
  readonly of: readonly number[]
  readonly squared: boolean
  readonly by: readonly number[]
  /** Whether the gradient of the gradient's squares is taken too. */
  readonly second: boolean
}

/** A program. */
export interface FuzzProgram {
  readonly seed: string
  readonly values: readonly Value[]
  readonly outputs: readonly number[]
  /** For every output, the input whose next value it is, or null. */
  readonly state: readonly (number | null)[]
  readonly gradient: Gradient | null
  /** Whether state is donated, or carried over by hand. */
  readonly donate: boolean
  /** Whether inputs share one buffer per dtype. */
  readonly arena: boolean
  /** Steps per call. */
  readonly steps: number
}

/** A program as a graph; `inputs` and `args` are the numbers of its parameters, in order. */
export interface FuzzGraph {
  readonly graph: Graph
  readonly inputs: readonly number[]
  readonly args: readonly number[]
  /** For every output of the graph, the position of the parameter whose next value it is, or null. */
  readonly state: readonly (number | null)[]
}

const isUse = (argument: Argument): argument is Use =>
  typeof argument === 'object' && argument !== null && 'use' in argument
const isCall = (argument: Argument): argument is Call =>
  typeof argument === 'object' && argument !== null && 'name' in argument
const isList = (argument: Argument): argument is readonly Argument[] => Array.isArray(argument)

const functions: Readonly<Record<string, unknown>> = { ...ops, ...transformed }

/** Whether the library exports an operation of that name. */
export const isOperation = (name: string): boolean => typeof functions[name] === 'function'

/** What a call gives, for tensors in the places of the values that it uses. */
export function evaluateCall(call: Call, tensorOf: (value: number) => Tensor): Tensor {
  const resolve = (argument: Argument): unknown => {
    if (isUse(argument)) return tensorOf(argument.use)
    if (isCall(argument)) return evaluateCall(argument, tensorOf)
    if (isList(argument)) return argument.map(resolve)
    if (typeof argument === 'object' && argument !== null) return argument.options
    return argument
  }
  const operation = functions[call.name]
  if (typeof operation !== 'function') throw new Error(`there is no operation ${call.name}`)
  const result: unknown = operation(...call.args.map(resolve))
  const first: unknown = Array.isArray(result) ? result[0] : result
  if (!(first instanceof Tensor)) throw new Error(`${call.name} gave no tensor`)
  return first
}

/** The values that an argument uses. */
export function usesOf(argument: Argument): number[] {
  if (isUse(argument)) return [argument.use]
  if (isCall(argument)) return argument.args.flatMap(usesOf)
  return isList(argument) ? argument.flatMap(usesOf) : []
}

/** `argument` with values replaced by others. */
export function replaceUses(argument: Argument, by: ReadonlyMap<number, number>): Argument {
  if (isUse(argument)) return { use: by.get(argument.use) ?? argument.use }
  if (isCall(argument)) return { ...argument, args: argument.args.map((inner) => replaceUses(inner, by)) }
  return isList(argument) ? argument.map((inner) => replaceUses(inner, by)) : argument
}

/** The values that outputs, state and gradient reach. */
export function liveValues(program: FuzzProgram): Set<number> {
  const live = new Set<number>()
  const visit = (value: number): void => {
    if (live.has(value)) return
    live.add(value)
    const found = program.values[value]!
    if (found.kind === 'call') usesOf(found.call).forEach(visit)
  }
  program.outputs.forEach(visit)
  program.state.forEach((value) => value !== null && visit(value))
  program.gradient?.of.forEach(visit)
  return live
}

/** The graph of a program. */
export function graphOfProgram(program: FuzzProgram): FuzzGraph {
  const live = liveValues(program)
  const tensors = new Map<number, Tensor>()
  const inputs: number[] = []
  const args: number[] = []
  program.values.forEach((value, i) => {
    if (!live.has(i)) return
    if (value.kind === 'call') {
      tensors.set(
        i,
        evaluateCall(value.call, (use) => tensors.get(use)!),
      )
      return
    }
    const role = value.kind === 'argument' ? 'argument' : 'buffer'
    ;(role === 'argument' ? args : inputs).push(i)
    tensors.set(i, parameter(value.aval, nameOf(program, i), role))
  })
  const outputs = program.outputs.map((value) => tensors.get(value)!)
  const gradients = program.gradient === null ? [] : gradientsOf(program.gradient, tensors)
  return {
    graph: graphOf([...inputs, ...args].map((value) => tensors.get(value)!), [...outputs, ...gradients]), // prettier-ignore
    inputs,
    args,
    state: [...program.state.map((value) => (value === null ? null : inputs.indexOf(value))), ...gradients.map(() => null)], // prettier-ignore
  }
}

function gradientsOf({ of, squared, by, second }: Gradient, tensors: ReadonlyMap<number, Tensor>): Tensor[] {
  const summed = (list: readonly Tensor[], square: boolean): Tensor =>
    list.map((x) => ops.sum(square ? ops.mul(ops.square(x), 0.5) : x)).reduce((a, b) => ops.add(a, b))
  const flow = (loss: Tensor, inputs: readonly Tensor[]): Tensor[] =>
    pullback([loss], [ops.ones([], loss.dtype)], inputs).filter((gradient) => gradient !== null)
  const inputs = by.flatMap((value) => tensors.get(value) ?? [])
  const first = flow(summed(of.map((value) => tensors.get(value)!), squared), inputs) // prettier-ignore
  return second && first.length > 0 ? [...first, ...flow(summed(first, true), inputs)] : first
}

/** The numbers of the float inputs and arguments. */
export const floatLeaves = (program: Pick<FuzzProgram, 'values'>): number[] =>
  program.values.flatMap((value, i) => (value.kind !== 'call' && isFloating(value.aval.dtype) ? [i] : []))

const nameOf = (program: Pick<FuzzProgram, 'values'>, value: number): string =>
  `${{ input: 'x', argument: 'a', call: 't' }[program.values[value]!.kind]}${value}`

/** The program as lines of code. */
export function printProgram(program: FuzzProgram): string {
  const text = (argument: Argument): string => {
    if (isUse(argument)) return nameOf(program, argument.use)
    if (isCall(argument)) return `${argument.name}(${argument.args.map(text).join(', ')})`
    if (isList(argument)) return `[${argument.map(text).join(', ')}]`
    if (typeof argument === 'object' && argument !== null) return JSON.stringify(argument.options)
    return argument === undefined ? 'undefined' : JSON.stringify(argument)
  }
  const live = liveValues(program)
  const lines = program.values.flatMap((value, i) => {
    if (!live.has(i)) return []
    const aval = `${value.aval.dtype} [${value.aval.shape.join(', ')}]`
    if (value.kind === 'call') return [`const ${nameOf(program, i)} = ${text(value.call)} // ${aval}`]
    const range = value.range.kind === 'integer' ? ` below ${value.range.below}` : ` ${value.range.kind}`
    return [`const ${nameOf(program, i)} = ${value.kind}('${value.aval.dtype}', [${value.aval.shape.join(', ')}]) //${range}`] // prettier-ignore
  })
  const { gradient } = program
  if (gradient !== null) {
    const terms = gradient.of.map((value) => `sum(${gradient.squared ? `mul(square(${nameOf(program, value)}), 0.5)` : nameOf(program, value)})`) // prettier-ignore
    const by = gradient.by.filter((value) => live.has(value)).map((value) => nameOf(program, value))
    lines.push(`const gradients = pullback(${terms.join(' + ')}, [${by.join(', ')}])${gradient.second ? ' and those of half their squares' : ''}`) // prettier-ignore
  }
  const outputs = program.outputs.map((value, i) => {
    const next = program.state[i] ?? null
    return next === null ? nameOf(program, value) : `${nameOf(program, value)} as the next ${nameOf(program, next)}`
  })
  lines.push(`return [${[...outputs, ...(gradient === null ? [] : ['...gradients'])].join(', ')}]`)
  const how = [
    program.donate ? 'state donated' : 'state carried by hand',
    program.arena ? 'inputs in an arena' : 'inputs in buffers of their own',
    `${program.steps} step${program.steps > 1 ? 's' : ''} per call`,
  ]
  return [`// seed ${program.seed}: ${how.join(', ')}`, ...lines].join('\n')
}
