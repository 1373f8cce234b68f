// A small symbolic differentiator for nestedChain.ts: expressions as nodes, derivative rules that give expressions. With `share`, equal
// expressions are one node; without, every use is a copy, as in formulas on paper.

/** An expression of one variable. */
export type Expression =
  | { readonly kind: 'x' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'sin' | 'cos' | 'tan' | 'negate'; readonly a: Expression }
  | { readonly kind: 'multiply' | 'divide'; readonly a: Expression; readonly b: Expression }

type Unary = 'sin' | 'cos' | 'tan' | 'negate'
type Binary = 'multiply' | 'divide'

/** Makes expressions, shared or not. */
export interface Algebra {
  readonly x: () => Expression
  readonly unary: (kind: Unary, a: Expression) => Expression
  readonly binary: (kind: Binary, a: Expression, b: Expression) => Expression
  readonly differentiate: (expression: Expression) => Expression
}

/** An algebra in which equal expressions are the same node (`share`), or each use is a node of its own. */
export function algebra(share: boolean): Algebra {
  const ids = new Map<Expression, number>()
  const nodes = new Map<string, Expression>()
  const intern = (key: string, make: () => Expression): Expression => {
    if (!share) return make()
    const known = nodes.get(key) ?? make()
    nodes.set(key, known)
    if (!ids.has(known)) ids.set(known, ids.size)
    return known
  }
  const id = (expression: Expression): number => ids.get(expression) ?? -1
  const x = (): Expression => intern('x', () => ({ kind: 'x' }))
  const number = (value: number): Expression => intern(String(value), () => ({ kind: 'number', value }))
  const unary = (kind: Unary, a: Expression): Expression => intern(`${kind} ${id(a)}`, () => ({ kind, a }))
  const binary = (kind: Binary, a: Expression, b: Expression): Expression => {
    if (kind === 'multiply' && a.kind === 'number' && a.value === 1) return b
    if (kind === 'multiply' && b.kind === 'number' && b.value === 1) return a
    return intern(`${kind} ${id(a)} ${id(b)}`, () => ({ kind, a, b }))
  }
  const copy = (e: Expression): Expression => {
    if (share) return e
    if (e.kind === 'x' || e.kind === 'number') return { ...e }
    return 'b' in e ? { ...e, a: copy(e.a), b: copy(e.b) } : { ...e, a: copy(e.a) }
  }
  const derivatives = new Map<Expression, Expression>()
  const differentiate = (e: Expression): Expression => {
    const known = share ? derivatives.get(e) : undefined
    const result = known ?? rule(e)
    derivatives.set(e, result)
    return result
  }
  const rule = (e: Expression): Expression => {
    switch (e.kind) {
      case 'x':
        return number(1)
      case 'number':
        return number(0)
      case 'negate':
        return unary('negate', differentiate(e.a))
      case 'sin':
        return binary('multiply', unary('cos', copy(e.a)), differentiate(e.a))
      case 'cos':
        return unary('negate', binary('multiply', unary('sin', copy(e.a)), differentiate(e.a)))
      case 'tan': {
        const cos = (): Expression => unary('cos', copy(e.a))
        return binary('divide', differentiate(e.a), binary('multiply', cos(), cos()))
      }
      default:
        throw new Error(`no rule for ${e.kind}: the chain has none`)
    }
  }
  return { x, unary, binary, differentiate }
}

/** The nodes of an expression; one that is used twice counts once if it is the same node. */
export function countNodes(expression: Expression): number {
  const seen = new Set<Expression>()
  const visit = (e: Expression): void => {
    if (seen.has(e)) return
    seen.add(e)
    if ('a' in e) visit(e.a)
    if ('b' in e) visit(e.b)
  }
  visit(expression)
  return seen.size
}

/** The value at a number, each node computed once. */
export function evaluate(expression: Expression, at: number): number {
  const values = new Map<Expression, number>()
  const value = (e: Expression): number => {
    const known = values.get(e)
    if (known !== undefined) return known
    const result = compute(e)
    values.set(e, result)
    return result
  }
  const compute = (e: Expression): number => {
    switch (e.kind) {
      case 'x':
        return at
      case 'number':
        return e.value
      case 'sin':
        return Math.sin(value(e.a))
      case 'cos':
        return Math.cos(value(e.a))
      case 'tan':
        return Math.tan(value(e.a))
      case 'negate':
        return -value(e.a)
      case 'multiply':
        return value(e.a) * value(e.b)
      case 'divide':
        return value(e.a) / value(e.b)
    }
  }
  return value(expression)
}
