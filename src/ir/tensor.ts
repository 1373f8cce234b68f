// Tensor is the graph node: an immutable aval and a source. The source is a primitive applied to other tensors, a parameter
// of the function being traced, or data that the runtime holds. Realizing a tensor replaces its source by data, which is
// how history is cut.

import type { Aval } from '../core/aval.ts'
import { formatAval } from '../core/aval.ts'
import type { DType } from '../core/dtype.ts'
import { TensorUseError } from '../core/errors.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Lowering } from './lowering.ts'

/** A static parameter of a primitive: plain data, so that it can be compared, printed and hashed. */
export type Param = number | string | boolean | null | readonly Param[] | { readonly [key: string]: Param }

/** Values in float64, whatever the dtype: what references compute with. */
export interface ReferenceArray {
  readonly shape: Shape
  readonly dtype: DType
  readonly data: Float64Array
}

/** What a VJP rule may use: the primals, the result, the parameters and the cotangent of the result. */
export interface VjpContext<P> {
  readonly inputs: readonly Tensor[]
  readonly output: Tensor
  readonly params: P
  readonly cotangent: Tensor
  /** Whether a gradient with respect to input `i` is wanted; a rule may skip the others. */
  readonly needs: readonly boolean[]
}

/** A primitive with its parameter type erased, as graphs hold it. */
export interface Primitive {
  readonly name: string
  readonly differentiable: boolean
  readonly shape: (inputs: readonly Aval[], params: Param) => Aval
  readonly reference: (inputs: readonly ReferenceArray[], params: Param, output: Aval) => ReferenceArray
  readonly lower: (inputs: readonly Aval[], params: Param, output: Aval) => Lowering | RegionLowering
  readonly vjp: (context: VjpContext<Param>) => readonly (Tensor | null)[]
  readonly rewrite: (inputs: readonly Tensor[], params: Param, output: Aval) => Tensor | null
}

/** A function as data: outputs computed from parameters and from captured data tensors. */
export interface Graph {
  readonly parameters: readonly Tensor[]
  /** Data tensors that the outputs reach: inputs like the parameters, never constants. */
  readonly captures: readonly Tensor[]
  readonly outputs: readonly Tensor[]
}

/** A lowering that is itself a graph: output `output` of `body`, whose parameters are the operands. The compiler inlines it. */
export interface RegionLowering {
  readonly kind: 'region'
  readonly body: Graph
  readonly output: number
}

/** A primitive applied to tensors. */
export interface Application {
  readonly kind: 'apply'
  readonly primitive: Primitive
  readonly params: Param
  readonly inputs: readonly Tensor[]
}

/** Where a tensor's value comes from. */
export type Source =
  | Application
  /** An argument of the function being traced; a scalar one may be a per-step `argument` instead of a buffer. */
  | { readonly kind: 'parameter'; readonly role: 'buffer' | 'argument'; readonly name: string }
  /** Bytes that the runtime holds for this tensor. */
  | { readonly kind: 'data' }

// Identities only: no computed value depends on them.
let nextId = 1

/** A value of known shape and dtype, computed when it is needed. Made by the functions of the API, never by `new`. */
export class Tensor {
  readonly id: number
  readonly aval: Aval
  /** Whether it depends on a parameter of a trace or transform in progress, so that it has no value of its own. */
  readonly traced: boolean
  #source: Source
  #depth: number

  constructor(aval: Aval, source: Source, traced: boolean) {
    this.id = nextId++
    this.aval = aval
    this.traced = traced
    this.#source = source
    this.#depth =
      source.kind === 'apply' ? 1 + source.inputs.reduce((depth, input) => Math.max(depth, input.depth), 0) : 0
  }

  /** The longest chain of operations that are still to be computed for this tensor. */
  get depth(): number {
    return this.#depth
  }

  /** Extents per axis. */
  get shape(): Shape {
    return this.aval.shape
  }

  /** The element type. */
  get dtype(): DType {
    return this.aval.dtype
  }

  /** The number of axes. */
  get rank(): number {
    return this.aval.shape.length
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.aval.shape)
  }

  /** Where the value comes from. */
  get source(): Source {
    return this.#source
  }

  /** Replaces the history by data: for the runtime, once it holds this tensor's bytes. */
  cut(): void {
    this.#source = { kind: 'data' }
    this.#depth = 0
  }

  /** @throws TensorUseError always: `if (x > 0)` would silently compare an object. */
  [Symbol.toPrimitive](): never {
    throw new TensorUseError(
      `a tensor ${formatAval(this.aval)} is no JavaScript number: use its operations (x.greater(0), where(...)), ` +
        'or read its value first with await x.item() or await x.data()',
    )
  }

  /** A short description for consoles. */
  toString(): string {
    return `Tensor ${formatAval(this.aval)}`
  }
}

/** Who is told of every application as it is made, and of every derivative rule as it runs. For debugging: no value depends on it. */
export interface ApplicationObserver {
  readonly made: (application: Application) => void
  /** Calls `rule`; what it makes belongs to the derivative of `application`. */
  readonly deriving: <T>(application: Application, rule: () => T) => T
  /** Calls `make`; what it makes stands for `application` in another graph. */
  readonly rebuilding: <T>(application: Application, make: () => T) => T
}

// The one state here beside the identities: `ir` cannot import the runtime, which owns the observer. None costs one check per node.
let observer: ApplicationObserver | null = null

/** Sets the observer, or removes it. */
export function observeApplications(next: ApplicationObserver | null): void {
  observer = next
}

/** Calls a derivative rule of the application that made `output`. */
export function applyRule<T>(output: Tensor, rule: () => T): T {
  return observer === null || output.source.kind !== 'apply' ? rule() : observer.deriving(output.source, rule)
}

/** Calls `make`, which makes the application behind `original` once more, with other inputs: it keeps its place in the user's code. */
export function rebuild<T>(original: Source, make: () => T): T {
  return observer === null || original.kind !== 'apply' ? make() : observer.rebuilding(original, make)
}

/** Operations that may wait for each other in one chain before something reads a value. */
export const MAX_PENDING_DEPTH = 10_000

/**
 * A node that applies `primitive`; use the function of its declaration instead.
 * @throws TensorUseError when the chain of pending operations is longer than `MAX_PENDING_DEPTH`.
 */
export function apply(primitive: Primitive, params: Param, inputs: readonly Tensor[], aval: Aval): Tensor {
  const traced = inputs.some((input) => input.traced)
  const source: Application = { kind: 'apply', primitive, params, inputs }
  const tensor = new Tensor(aval, source, traced)
  if (observer !== null) observer.made(source)
  if (tensor.depth > MAX_PENDING_DEPTH) {
    throw new TensorUseError(
      `${primitive.name}: more than ${MAX_PENDING_DEPTH} operations wait in one chain: call await realize(...) now and then, or wrap the step in jit()`,
    )
  }
  return tensor
}

/** A parameter of a function being traced. */
export function parameter(aval: Aval, name: string, role: 'buffer' | 'argument' = 'buffer'): Tensor {
  return new Tensor(aval, { kind: 'parameter', role, name }, true)
}

/** A tensor whose bytes the runtime holds or will hold. */
export function dataTensor(aval: Aval): Tensor {
  return new Tensor(aval, { kind: 'data' }, false)
}
