// From scalar expressions to statements, for any target. Equal subexpressions are named once, in the outermost loop in which
// all they depend on is known, so that loop-invariant work is hoisted without a pass of its own. A target supplies the syntax.

import { InternalError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import { floorDiv, normalized, plus, rangeOf, sumOf, times } from '../ir/indexMap.ts'
import { dependsOn, substituteVariables } from '../ir/substitute.ts'
import {
  childrenOf,
  type Combine,
  hashOf,
  type Loadable,
  type Scalar,
  type Variable,
  variable as loopVariable,
} from '../ir/scalar.ts'
import type { FoldPart, LoadAccess, Syntax } from './syntax.ts'

/** Folds whose terms may be combined four at a time. */
const SPLIT: ReadonlySet<Combine> = new Set<Combine>(['sum', 'prod', 'max', 'min'])
/** The least extent of folds and local arrays that are computed so. */
export const LEAST_SPLIT = 8

/** Elements beside a tensor that may be read. */
export const MOST_BESIDE = 1000

interface Scope {
  readonly variable: number | null
  readonly lines: string[]
  readonly names: Map<string, string>
}

/** Local arrays of equal elements are one array. */
const arrayKey = ({ variable, body }: Extract<Scalar, { op: 'local' }>): string =>
  `local:${hashOf(variable.hash, body.hash)}`

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
  /** Says that a value has a name already, in the scope in which all it depends on is known. */
  readonly provide: (scalar: Scalar, name: string) => void
  /** Says that a local array is there already, in that scope. */
  readonly provideArray: (local: Extract<Scalar, { op: 'local' }>, name: string) => void
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
          const { at, access } = accessOf(plus(scalar.index, syntax.offsetOf(scalar.source)))
          return syntax.load(scalar.source, indexIn(scalar.source, at, access), access)
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

  /** How a target reaches elements at an index, and at which one. */
  const accessOf = (index: Scalar): { at: Scalar; access: LoadAccess } => {
    const lane = laneOf(index)
    if (lane === undefined) return { at: index, access: 'scalar' }
    const unaligned = syntax.inner !== null
    const access = laneAccess(index, lane, unaligned ? 1 : 4)
    if (access === 'gather') return { at: index, access }
    return { at: unaligned ? plus(index, times(lane, -1)) : quadOf(index, lane), access }
  }

  /** An index confined to its tensor where it is not known to be there: in the innermost loop only that loop's part is added. */
  const indexIn = (source: Loadable, at: Scalar, access: LoadAccess): string => {
    const { confine } = syntax
    const range = rangeOf(at)
    // some of four adjacent elements must be there
    const [least, greatest] = [access === 'contiguous' ? -3 : 0, Math.max(0, sizeOf(source.aval.shape) - 1)]
    if (confine === null || (range.min >= least && range.max <= greatest)) return emit(at)
    const lanes = access === 'gather' ? 4 : 1
    const deepest = depth(free(at))
    const { terms, constant } = sumOf(at)
    const isInner = ({ scalar }: { readonly scalar: Scalar }): boolean => depth(free(scalar)) === deepest
    const outer = normalized(terms.filter((term) => !isInner(term)), constant) // prettier-ignore
    const inner = normalized(terms.filter(isInner), 0)
    const { min, max } = rangeOf(inner)
    if (lanes === 4 || outer.op === 'const' || max - min > MOST_BESIDE)
      return int(deepest, lanes, confine(emit(at), range, least, greatest, lanes))
    const confined = confine(emit(outer), rangeOf(outer), least - max, greatest - min, 1)
    return int(deepest, 1, syntax.affine([int(depth(free(outer)), 1, confined), emit(inner)], 0, 1))
  }

  const emitFold = (scalar: Extract<Scalar, { op: 'fold' }>, lanes: number): string => {
    const at = depth(free(scalar))
    const { combine, variable: over, body } = scalar
    return named(`${scalar.hash}:${lanes}`, at, () => {
      const name = `v${next++}`
      const part = (variable: Variable, term: Scalar, width: number): FoldPart => {
        const loopName = `${variable.name}_${next++}`
        let value = ''
        const lines = nest(at, [{ variable, name: loopName }], () => {
          value = wide(term, width)
        })
        return { variable: loopName, extent: variable.extent, body: lines, value }
      }
      const split = lanes === 1 && SPLIT.has(combine) && body.dtype !== 'bool' ? quadsOf(over, body) : null
      const parts =
        split === null
          ? { quads: null, terms: part(over, body, lanes) }
          : { quads: part(split.quad, split.wide, 4), terms: part(split.rest, split.narrow, 1) }
      scopes[at]!.lines.push(...syntax.fold({ name, combine, dtype: body.dtype, lanes, ...parts }))
      return name
    })
  }

  /** `body` for four values of `over` at a time, and for those that are left. */
  const quadsOf = (
    over: Variable,
    body: Scalar,
  ): { quad: Variable; wide: Scalar; rest: Variable; narrow: Scalar } | null => {
    const lane = syntax.inner
    if (lane === null || over.extent < LEAST_SPLIT || !dependsOn(body, over)) return null
    const quad = loopVariable(`${over.name}_q`, Math.floor(over.extent / 4))
    const rest = loopVariable(`${over.name}_r`, over.extent % 4)
    return {
      quad,
      wide: substituteVariables(body, new Map([[over, plus(times(quad, 4), lane)]])),
      rest,
      narrow: substituteVariables(body, new Map([[over, plus(rest, 4 * quad.extent)]])),
    }
  }

  /** What the elements of a local array depend on. */
  const outerOf = ({ variable, body }: Extract<Scalar, { op: 'local' }>): ReadonlySet<number> => {
    const outer = new Set(free(body))
    outer.delete(variable.hash)
    return outer
  }

  const emitLocal = (scalar: Extract<Scalar, { op: 'local' }>, lanes: number): string => {
    const { dtype, variable: over } = scalar
    const outer = outerOf(scalar)
    const at = depth(outer)
    const isWide = syntax.inner !== null && laneVariables.some((lane) => outer.has(lane.hash))
    const array = named(arrayKey(scalar), at, () => {
      const name = `a${next++}`
      const fill = (variable: Variable, value: Scalar, index: Scalar, access: LoadAccess): string[] => {
        const loopName = `${variable.name}_${next++}`
        const body = nest(at, [{ variable, name: loopName }], () => {
          const element = access === 'contiguous' || isWide ? wide(value, 4) : emit(value)
          scopes.at(-1)!.lines.push(syntax.localStore(name, dtype, emit(index), element, access))
        })
        return variable.extent === 0 ? [] : syntax.loop(loopName, variable.extent, body)
      }
      const split = isWide ? null : quadsOf(over, scalar.body)
      const declaration = syntax.localArray(name, dtype, over.extent, over.name, isWide ? 4 : 1)
      const loops =
        split === null
          ? fill(over, scalar.body, over, 'scalar')
          : [
              ...fill(split.quad, split.wide, times(split.quad, 4), 'contiguous'),
              ...fill(split.rest, split.narrow, plus(split.rest, 4 * split.quad.extent), 'scalar'),
            ]
      const lines = scopes[at]!.lines
      if (declaration !== null) lines.push(declaration)
      lines.push(...loops)
      return name
    })
    return declared(scalar, lanes, () => {
      const { at: index, access } =
        syntax.inner === null || isWide
          ? { at: scalar.index, access: lanesOf(scalar.index) === 4 ? ('gather' as const) : ('scalar' as const) }
          : accessOf(scalar.index)
      return syntax.localLoad(array, dtype, emit(index), access)
    })
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
    provide: (scalar, name) => scopes[depth(free(scalar))]!.names.set(`${scalar.hash}:1`, name),
    provideArray: (local, name) => scopes[depth(outerOf(local))]!.names.set(arrayKey(local), name),
    named: (text) => {
      const name = `v${next++}`
      scopes.at(-1)!.lines.push(`let ${name} = ${text};`)
      return name
    },
    lines: () => scopes[0]!.lines,
  }
}

/** Whether the four lanes of an index are four adjacent elements, the first at a multiple of `align`. */
export function laneAccess(index: Scalar, lane: Variable, align = 4): LoadAccess {
  if (index.hash === lane.hash) return 'contiguous'
  if (index.op !== 'affine' || index.constant % align !== 0) return 'gather'
  for (const { scalar, factor } of index.terms) {
    if (scalar.hash === lane.hash ? factor !== 1 : factor % align !== 0 || dependsOn(scalar, lane)) return 'gather'
  }
  return 'contiguous'
}

/** A quarter of the index of the first of four adjacent lanes. */
export function quadOf(index: Scalar, lane: Variable): Scalar {
  return floorDiv(plus(index, times(lane, -1)), 4)
}
