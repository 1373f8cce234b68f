// Rewriting of scalar expressions: every node is rebuilt by its constructor, so that index arithmetic simplifies again after
// a variable or a load was replaced. Shared nodes stay shared.

import { floorDiv, floorMod, integer, plus, times } from './indexMap.ts'
import {
  after,
  binary,
  bitcast,
  cast,
  childrenOf,
  fold,
  load,
  local,
  type Scalar,
  select,
  unary,
  type Variable,
} from './scalar.ts'

/** What a node becomes; null keeps it and goes on into its children. */
export type Replace = (scalar: Scalar) => Scalar | null

function rebuild(scalar: Scalar, go: (child: Scalar) => Scalar): Scalar {
  switch (scalar.op) {
    case 'const':
    case 'variable':
    case 'argument':
    case 'accumulator':
      return scalar
    case 'affine':
      return scalar.terms.reduce(
        (total, { scalar: term, factor }) => plus(total, times(go(term), factor)),
        integer(scalar.constant),
      )
    case 'quotient':
      return floorDiv(go(scalar.x), scalar.by)
    case 'remainder':
      return floorMod(go(scalar.x), scalar.by)
    case 'load':
      return load(scalar.source, go(scalar.index))
    case 'unary':
      return unary(scalar.fn, go(scalar.x))
    case 'binary':
      return binary(scalar.fn, go(scalar.x), go(scalar.y))
    case 'select':
      return select(go(scalar.condition), go(scalar.x), go(scalar.y))
    case 'cast':
      return cast(scalar.dtype, go(scalar.x))
    case 'bitcast':
      return bitcast(scalar.dtype, go(scalar.x))
    case 'fold':
      return fold(scalar.combine, scalar.variable, go(scalar.body))
    case 'local':
      return local(scalar.variable, go(scalar.body), go(scalar.index))
    case 'after':
      return after(go(scalar.x), go(scalar.on))
  }
}

/** `scalar` with `replace` applied from the outside in. */
export function substitute(scalar: Scalar, replace: Replace): Scalar {
  const memo = new Map<number, Scalar>()
  const go = (node: Scalar): Scalar => {
    const known = memo.get(node.hash)
    if (known !== undefined) return known
    const result = replace(node) ?? rebuild(node, go)
    memo.set(node.hash, result)
    return result
  }
  return go(scalar)
}

/** `scalar` with variables replaced by other int32 scalars, except where a fold or a local array runs over them itself. */
export function substituteVariables(scalar: Scalar, by: ReadonlyMap<Variable, Scalar>): Scalar {
  return substituteHashes(scalar, new Map([...by].map(([from, to]) => [from.hash, to])))
}

function substituteHashes(scalar: Scalar, by: ReadonlyMap<number, Scalar>): Scalar {
  const inside = (body: Scalar, bound: Variable): Scalar =>
    substituteHashes(body, new Map([...by].filter(([hash]) => hash !== bound.hash)))
  return substitute(scalar, (node) => {
    if (node.op === 'variable') return by.get(node.hash) ?? null
    if ((node.op !== 'fold' && node.op !== 'local') || !by.has(node.variable.hash)) return null
    const body = inside(node.body, node.variable)
    if (node.op === 'fold') return fold(node.combine, node.variable, body)
    return local(node.variable, body, substituteHashes(node.index, by))
  })
}

/** Calls `visit` once for each distinct node, parents first. */
export function visitScalars(roots: readonly Scalar[], visit: (scalar: Scalar) => void): void {
  const seen = new Set<number>()
  const go = (node: Scalar): void => {
    if (seen.has(node.hash)) return
    seen.add(node.hash)
    visit(node)
    childrenOf(node).forEach(go)
  }
  roots.forEach(go)
}

/** All distinct loads in the given expressions. */
export function loadsOf(roots: readonly Scalar[]): Extract<Scalar, { op: 'load' }>[] {
  const loads: Extract<Scalar, { op: 'load' }>[] = []
  visitScalars(roots, (node) => {
    if (node.op === 'load') loads.push(node)
  })
  return loads
}

/** Whether `scalar` depends on the loop coordinate `over`. */
export function dependsOn(scalar: Scalar, over: Variable): boolean {
  let found = false
  visitScalars([scalar], (node) => {
    if (node.hash === over.hash) found = true
  })
  return found
}

/** Gives the hashes of the variables that an expression uses and no loop in it binds; what was found is remembered. */
export function freeVariables(): (node: Scalar) => ReadonlySet<number> {
  const memo = new Map<number, ReadonlySet<number>>()
  const free = (node: Scalar): ReadonlySet<number> => {
    const known = memo.get(node.hash)
    if (known !== undefined) return known
    const found = new Set<number>(node.op === 'variable' ? [node.hash] : [])
    for (const child of childrenOf(node)) {
      const own = (node.op === 'fold' || node.op === 'local') && child === node.body ? node.variable.hash : null
      for (const hash of free(child)) if (hash !== own) found.add(hash)
    }
    memo.set(node.hash, found)
    return found
  }
  return free
}
