// Rewriting of scalar expressions: every node that changes is rebuilt by its constructor, so that index arithmetic simplifies again after
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

/** `scalar` with other children; itself where they are the same. */
function rebuild(scalar: Scalar, go: (child: Scalar) => Scalar): Scalar {
  switch (scalar.op) {
    case 'const':
    case 'variable':
    case 'argument':
    case 'accumulator':
      return scalar
    case 'affine': {
      const terms = scalar.terms.map(({ scalar: term, factor }) => ({ own: term, term: go(term), factor }))
      if (terms.every(({ own, term }) => own === term)) return scalar
      return terms.reduce((total, { term, factor }) => plus(total, times(term, factor)), integer(scalar.constant))
    }
    case 'load': {
      const index = go(scalar.index)
      return index === scalar.index ? scalar : load(scalar.source, index)
    }
    case 'quotient':
    case 'remainder':
    case 'unary':
    case 'cast':
    case 'bitcast': {
      const x = go(scalar.x)
      return x === scalar.x ? scalar : withOperand(scalar, x)
    }
    case 'binary': {
      const [x, y] = [go(scalar.x), go(scalar.y)]
      return x === scalar.x && y === scalar.y ? scalar : binary(scalar.fn, x, y)
    }
    case 'select': {
      const [condition, x, y] = [go(scalar.condition), go(scalar.x), go(scalar.y)]
      const isSame = condition === scalar.condition && x === scalar.x && y === scalar.y
      return isSame ? scalar : select(condition, x, y)
    }
    case 'fold': {
      const body = go(scalar.body)
      return body === scalar.body ? scalar : fold(scalar.combine, scalar.variable, body)
    }
    case 'local': {
      const [body, index] = [go(scalar.body), go(scalar.index)]
      return body === scalar.body && index === scalar.index ? scalar : local(scalar.variable, body, index)
    }
    case 'after': {
      const [x, on] = [go(scalar.x), go(scalar.on)]
      return x === scalar.x && on === scalar.on ? scalar : after(x, on)
    }
  }
}

function withOperand(
  scalar: Extract<Scalar, { op: 'quotient' | 'remainder' | 'unary' | 'cast' | 'bitcast' }>,
  x: Scalar,
): Scalar {
  switch (scalar.op) {
    case 'quotient':
      return floorDiv(x, scalar.by)
    case 'remainder':
      return floorMod(x, scalar.by)
    case 'unary':
      return unary(scalar.fn, x)
    case 'cast':
      return cast(scalar.dtype, x)
    case 'bitcast':
      return bitcast(scalar.dtype, x)
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
