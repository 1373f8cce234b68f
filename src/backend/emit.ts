// From scalar expressions to statements, for any target. Equal subexpressions are named once, in the outermost loop in which
// all they depend on is known, so that loop-invariant work is hoisted without a pass of its own. A target supplies the syntax.

import { InternalError } from '../core/errors.ts'
import type { DType } from '../core/dtype.ts'
import { floorDiv, plus, type Range, rangeOf, times } from '../ir/indexMap.ts'
import { dependsOn } from '../ir/substitute.ts'
import { childrenOf, type Combine, hashOf, type Loadable, type Scalar, type Variable } from '../ir/scalar.ts'

/** How a target writes things. All operands are names or literals; `lanes` is 4 for a vector over the lane variable, else 1. */
export interface Syntax {
  readonly constant: (dtype: DType, value: number, lanes: number) => string
  readonly splat: (dtype: DType, scalar: string) => string
  readonly lane: () => string
  readonly declare: (name: string, dtype: DType, lanes: number, value: string) => string
  readonly affine: (terms: readonly string[], constant: number, lanes: number) => string
  readonly division: (op: 'quotient' | 'remainder', x: string, by: number, range: Range, lanes: number) => string
  /** The element of a source's buffer at which the source begins, where that is known; added to indices. */
  readonly offsetOf: (source: Loadable) => number
  /** A contiguous access gets the index of the vector, a quarter of that of its first element. */
  readonly load: (source: Loadable, index: string, access: LoadAccess) => string
  /** `factor * name`. */
  readonly product: (name: string, factor: number, lanes: number) => string
  readonly argument: (source: Loadable) => string
  readonly operation: (
    node: Extract<Scalar, { op: 'unary' | 'binary' | 'select' | 'cast' | 'bitcast' }>,
    operands: readonly string[],
    lanes: number,
  ) => string
  readonly fold: (fold: FoldText) => string[]
  readonly localArray: (name: string, dtype: DType, extent: number) => string | null
  readonly localStore: (name: string, index: string, value: string) => string
  readonly localLoad: (name: string, index: string, lanes: number) => string
  readonly loop: (variable: string, extent: number, body: readonly string[]) => string[]
}

/** How the lanes of a load lie in memory: one element, four adjacent aligned ones, or four separate indices. */
export type LoadAccess = 'scalar' | 'contiguous' | 'gather'

/** What a target needs to write a fold. */
export interface FoldText {
  readonly name: string
  readonly combine: Combine
  readonly dtype: DType
  readonly lanes: number
  readonly variable: string
  readonly extent: number
  readonly body: readonly string[]
  readonly value: string
}

interface Scope {
  readonly variable: number | null
  readonly lines: string[]
  readonly names: Map<string, string>
}

/** An open list of statements, into which expressions are written on demand. */
export interface Emitter {
  /** The name of a scalar's value; writes what it needs. */
  readonly value: (scalar: Scalar) => string
  /** The name of a value for all four lanes. */
  readonly vector: (scalar: Scalar) => string
  /** Writes a loop over `over`; `body` writes into it. */
  readonly loop: (over: Variable, name: string, body: () => void) => void
  /** Writes into a new scope in which `bound` are names, and gives its lines instead of adding them. */
  readonly within: (bound: readonly { variable: Variable; name: string }[], body: () => void) => string[]
  /** Adds a statement to the innermost scope. */
  readonly line: (text: string) => void
  /** Names a value that is no scalar expression, in the innermost scope: WGSL only. */
  readonly named: (text: string) => string
  /** All statements so far. */
  readonly lines: () => readonly string[]
}

/** How a contraction's sum is named in its epilogue, and the variables that it belongs to. */
export interface AccumulatorName {
  readonly text: string
  readonly variables: readonly Variable[]
}

/** An emitter; `bound` are the variables that are names from the start, `laneVariables` the ones that vectors run over (a value depends on one of them at most). */
export function createEmitter(
  syntax: Syntax,
  bound: readonly { variable: Variable; name: string }[],
  laneVariables: readonly Variable[] = [],
  accumulator: AccumulatorName | null = null,
): Emitter {
  let scopes: Scope[] = [{ variable: null, lines: [], names: new Map() }]
  const depthOf = new Map<number, number>()
  const freeMemo = new Map<number, ReadonlySet<number>>()
  const laneHashes = new Set(laneVariables.map((lane) => lane.hash))
  let next = 0
  const variableNames = new Map<number, string>()
  for (const { variable, name } of bound) {
    variableNames.set(variable.hash, name)
    depthOf.set(variable.hash, 0)
  }

  const free = (scalar: Scalar): ReadonlySet<number> => {
    const known = freeMemo.get(scalar.hash)
    if (known !== undefined) return known
    const result = new Set<number>()
    if (scalar.op === 'variable') result.add(scalar.hash)
    if (scalar.op === 'accumulator') accumulator?.variables.forEach((over) => result.add(over.hash))
    for (const child of childrenOf(scalar)) for (const hash of free(child)) result.add(hash)
    if (scalar.op === 'fold') result.delete(scalar.variable.hash)
    if (scalar.op === 'after') return free(scalar.x)
    if (scalar.op === 'local') {
      result.clear()
      for (const hash of free(scalar.body)) if (hash !== scalar.variable.hash) result.add(hash)
      for (const hash of free(scalar.index)) result.add(hash)
    }
    freeMemo.set(scalar.hash, result)
    return result
  }

  const depth = (variables: Iterable<number>): number => {
    let deepest = 0
    for (const hash of variables) {
      if (laneHashes.has(hash)) continue
      const at = depthOf.get(hash)
      if (at === undefined) throw new InternalError('a loop variable is used outside its loop')
      deepest = Math.max(deepest, at)
    }
    return deepest
  }

  const laneOf = (scalar: Scalar): Variable | undefined => laneVariables.find((lane) => free(scalar).has(lane.hash))
  const lanesOf = (scalar: Scalar): number => (laneOf(scalar) === undefined ? 1 : 4)

  /** Runs `body` in a scope nested in scope `at`, and gives the scope's lines. */
  const nest = (at: number, binding: { variable: Variable; name: string }[], body: () => void): string[] => {
    const saved = scopes
    const scope: Scope = { variable: binding[0]?.variable.hash ?? null, lines: [], names: new Map() }
    scopes = [...saved.slice(0, at + 1), scope]
    const shadowed = binding.map(
      ({ variable }) => [variable.hash, depthOf.get(variable.hash), variableNames.get(variable.hash)] as const,
    )
    for (const { variable, name } of binding) {
      depthOf.set(variable.hash, at + 1)
      variableNames.set(variable.hash, name)
    }
    body()
    for (const [hash, oldDepth, oldName] of shadowed) {
      if (oldDepth === undefined) depthOf.delete(hash)
      else depthOf.set(hash, oldDepth)
      if (oldName === undefined) variableNames.delete(hash)
      else variableNames.set(hash, oldName)
    }
    scopes = saved
    return scope.lines
  }

  const named = (key: string, at: number, write: (scope: Scope) => string): string => {
    const scope = scopes[at]!
    const known = scope.names.get(key)
    if (known !== undefined) return known
    const name = write(scope)
    scope.names.set(key, name)
    return name
  }

  const declared = (scalar: Scalar, lanes: number, text: () => string): string =>
    named(`${scalar.hash}:${lanes}`, depth(free(scalar)), (scope) => {
      const value = text()
      const name = `v${next++}`
      scope.lines.push(syntax.declare(name, scalar.dtype, lanes, value))
      return name
    })

  const emit = (scalar: Scalar): string => {
    const width = lanesOf(scalar)
    switch (scalar.op) {
      case 'const':
        return syntax.constant(scalar.dtype, scalar.value, 1)
      case 'variable': {
        if (laneHashes.has(scalar.hash)) return syntax.lane()
        const name = variableNames.get(scalar.hash)
        if (name === undefined) throw new InternalError(`loop variable ${scalar.name} is used outside its loop`)
        return name
      }
      case 'accumulator':
        if (accumulator === null) throw new InternalError('an accumulator outside a contraction')
        return accumulator.text
      case 'argument':
        return declared(scalar, 1, () => syntax.argument(scalar.source))
      case 'affine':
        return emitAffine(scalar, width)
      case 'quotient':
      case 'remainder':
        return declared(scalar, width, () =>
          syntax.division(scalar.op, emit(scalar.x), scalar.by, rangeOf(scalar.x), width),
        )
      case 'load':
        return declared(scalar, width, () => {
          const lane = laneOf(scalar)
          const index = plus(scalar.index, syntax.offsetOf(scalar.source))
          if (lane === undefined) return syntax.load(scalar.source, emit(index), 'scalar')
          const access = laneAccess(index, lane)
          return syntax.load(scalar.source, emit(access === 'contiguous' ? quadOf(index, lane) : index), access)
        })
      case 'unary':
      case 'cast':
      case 'bitcast':
        return declared(scalar, width, () => syntax.operation(scalar, [emit(scalar.x)], width))
      case 'binary':
        return declared(scalar, width, () =>
          syntax.operation(scalar, [wide(scalar.x, width), wide(scalar.y, width)], width),
        )
      case 'select':
        return declared(scalar, width, () =>
          syntax.operation(
            scalar,
            [wide(scalar.condition, width), wide(scalar.x, width), wide(scalar.y, width)],
            width,
          ),
        )
      case 'fold':
        return emitFold(scalar, width)
      case 'local':
        return emitLocal(scalar, width)
      case 'after':
        return wide(scalar.x, width)
    }
  }

  /** A value widened to the lanes of the operation that takes it. */
  const wide = (scalar: Scalar, lanes: number): string => {
    const name = emit(scalar)
    if (lanes === 1 || lanesOf(scalar) === 4) return name
    if (scalar.op === 'const') return syntax.constant(scalar.dtype, scalar.value, 4)
    return syntax.splat(scalar.dtype, name)
  }

  /** Sums outer terms first, each partial sum where it is known, so that an inner loop only adds its own term. */
  const emitAffine = (scalar: Extract<Scalar, { op: 'affine' }>, lanes: number): string => {
    const byDepth = new Map<number, string[]>()
    for (const { scalar: term, factor } of scalar.terms) {
      const at = depth(free(term))
      const name = emit(term)
      const own = lanesOf(term)
      const scaled = factor === 1 ? name : int(at, own, syntax.product(name, factor, own))
      byDepth.set(at, [...(byDepth.get(at) ?? []), lanes === 4 && own === 1 ? syntax.splat('int32', scaled) : scaled])
    }
    const depths = [...byDepth.keys()].sort((a, b) => a - b)
    return depths.reduce<string | null>((base, at, i) => {
      const terms = [...(base === null ? [] : [base]), ...byDepth.get(at)!]
      const constant = i === 0 ? scalar.constant : 0
      return terms.length === 1 && constant === 0 ? terms[0]! : int(at, lanes, syntax.affine(terms, constant, lanes))
    }, null)!
  }

  /** An int32 expression named once per scope, by its text. */
  const int = (at: number, lanes: number, text: string): string =>
    named(`int:${lanes}:${text}`, at, (scope) => {
      const name = `v${next++}`
      scope.lines.push(syntax.declare(name, 'int32', lanes, text))
      return name
    })

  const emitFold = (scalar: Extract<Scalar, { op: 'fold' }>, lanes: number): string => {
    const at = depth(free(scalar))
    return named(`${scalar.hash}:${lanes}`, at, () => {
      const name = `v${next++}`
      const loopName = `${scalar.variable.name}_${next++}`
      let value = ''
      const body = nest(at, [{ variable: scalar.variable, name: loopName }], () => {
        value = wide(scalar.body, lanes)
      })
      const { combine, variable } = scalar
      const text = {
        name,
        combine,
        dtype: scalar.body.dtype,
        lanes,
        variable: loopName,
        extent: variable.extent,
        body,
        value,
      }
      scopes[at]!.lines.push(...syntax.fold(text))
      return name
    })
  }

  const emitLocal = (scalar: Extract<Scalar, { op: 'local' }>, lanes: number): string => {
    const outer = new Set(free(scalar.body))
    outer.delete(scalar.variable.hash)
    const at = depth(outer)
    const array = named(`local:${hashOf(scalar.variable.hash, scalar.body.hash)}`, at, () => {
      const name = `a${next++}`
      const loopName = `${scalar.variable.name}_${next++}`
      const body = nest(at, [{ variable: scalar.variable, name: loopName }], () => {
        const value = emit(scalar.body)
        scopes.at(-1)!.lines.push(syntax.localStore(name, loopName, value))
      })
      const declaration = syntax.localArray(name, scalar.dtype, scalar.variable.extent)
      const lines = scopes[at]!.lines
      if (declaration !== null) lines.push(declaration)
      lines.push(...syntax.loop(loopName, scalar.variable.extent, body))
      return name
    })
    return declared(scalar, lanes, () => syntax.localLoad(array, emit(scalar.index), lanes))
  }

  return {
    value: emit,
    vector: (scalar) => wide(scalar, 4),
    loop: (over, name, body) => {
      const lines = nest(scopes.length - 1, [{ variable: over, name }], body)
      scopes.at(-1)!.lines.push(...syntax.loop(name, over.extent, lines))
    },
    within: (binding, body) => nest(scopes.length - 1, [...binding], body),
    line: (text) => {
      scopes.at(-1)!.lines.push(text)
    },
    named: (text) => {
      const name = `v${next++}`
      scopes.at(-1)!.lines.push(`let ${name} = ${text};`)
      return name
    },
    lines: () => scopes[0]!.lines,
  }
}

/** Whether the four lanes of an index are four adjacent elements, the first at a multiple of 4. */
export function laneAccess(index: Scalar, lane: Variable): LoadAccess {
  if (index.hash === lane.hash) return 'contiguous'
  if (index.op !== 'affine' || index.constant % 4 !== 0) return 'gather'
  for (const { scalar, factor } of index.terms) {
    if (scalar.hash === lane.hash ? factor !== 1 : factor % 4 !== 0 || dependsOn(scalar, lane)) return 'gather'
  }
  return 'contiguous'
}

/** A quarter of the index of the first of four adjacent lanes. */
export function quadOf(index: Scalar, lane: Variable): Scalar {
  return floorDiv(plus(index, times(lane, -1)), 4)
}
