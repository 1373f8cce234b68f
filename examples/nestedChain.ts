// d/dx of cos(tan(sin(x))) nested 30 times at x = 4.2, by automatic differentiation in float64 and float32, and symbolically: as a formula
// on paper its derivative repeats every inner expression, so it grows with the square of the depth; with equal expressions shared it
// grows with the depth, and what is left is what automatic differentiation does.

import { cos, grad, sin, tan, tensor, type DType, type Tensor } from 'wgrad'
import { algebra, countNodes, evaluate, type Expression } from './symbolic.ts'

/** How often cos(tan(sin(x))) is nested, and where. */
export const DEPTH = 30
export const X = 4.2

/** One way of differentiating: the derivative, the nodes of its expression or graph, and the time with evaluation. */
export interface Derivation {
  readonly derivative: number
  readonly nodes: number
  readonly milliseconds: number
}

/** What the example finds. */
export interface NestedChainResult {
  readonly float64: Derivation
  readonly float32: Derivation
  readonly unshared: Derivation
  readonly shared: Derivation
  /** Nodes of the symbolic derivatives at several depths. */
  readonly growth: readonly { readonly depth: number; readonly unshared: number; readonly shared: number }[]
  /** How far float32 may be off: the sum of what an error of one unit in the last place of each intermediate value changes. */
  readonly float32Bound: number
}

function nested(x: Tensor): Tensor {
  let value = x
  for (let i = 0; i < DEPTH; i++) value = cos(tan(sin(value)))
  return value
}

/** The operations on which a tensor that nobody has read yet depends. */
function graphNodes(tensors: readonly Tensor[]): number {
  const seen = new Set<Tensor>()
  const stack = [...tensors]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (seen.has(node) || node.source.kind !== 'apply') continue
    seen.add(node)
    stack.push(...node.source.inputs)
  }
  return seen.size
}

async function automatic(dtype: DType): Promise<Derivation> {
  await grad(nested)(tensor(1, { dtype })).item() // compiles the program, which other values then use
  const start = performance.now()
  const derivative = grad(nested)(tensor(X, { dtype }))
  const nodes = graphNodes([derivative])
  return { derivative: await derivative.item(), nodes, milliseconds: performance.now() - start }
}

function chain(depth: number, share: boolean): { derivative: Expression; nodes: number } {
  const { x, unary, differentiate } = algebra(share)
  let value = x()
  for (let i = 0; i < depth; i++) value = unary('cos', unary('tan', unary('sin', value)))
  const derivative = differentiate(value)
  return { derivative, nodes: countNodes(derivative) }
}

function symbolic(share: boolean): Derivation {
  const start = performance.now()
  const { derivative, nodes } = chain(DEPTH, share)
  return { derivative: evaluate(derivative, X), nodes, milliseconds: performance.now() - start }
}

/** The derivative by the chain rule in plain numbers, with a relative error put on intermediate value `at`. */
function disturbed(at: number, error: number): number {
  let value = X
  let derivative = 1
  for (let i = 0; i < 3 * DEPTH; i++) {
    if (i === at) value *= 1 + error
    if (i % 3 === 0) [value, derivative] = [Math.sin(value), derivative * Math.cos(value)]
    else if (i % 3 === 1) [value, derivative] = [Math.tan(value), derivative / Math.cos(value) ** 2]
    else [value, derivative] = [Math.cos(value), -derivative * Math.sin(value)]
  }
  return derivative
}

/** Differentiates in all ways and prints derivative, nodes and time of each. */
export async function run(print: (line: string) => void): Promise<NestedChainResult> {
  const exact = disturbed(-1, 0)
  const unit = 2 ** -23
  // one unit in the last place of each value, and of each of the 4 products and quotients that carry a layer's derivative on
  const float32Bound =
    Array.from({ length: 3 * DEPTH }, (_, i) => Math.abs(disturbed(i, unit) - exact)).reduce((a, b) => a + b) +
    4 * 3 * DEPTH * unit * Math.abs(exact)
  const result: NestedChainResult = {
    float64: await automatic('float64'),
    float32: await automatic('float32'),
    unshared: symbolic(false),
    shared: symbolic(true),
    growth: [10, 20, 30, 60].map((depth) => ({
      depth,
      unshared: chain(depth, false).nodes,
      shared: chain(depth, true).nodes,
    })),
    float32Bound,
  }
  const line = (name: string, { derivative, nodes, milliseconds }: Derivation): void =>
    print(`${name.padEnd(28)}${String(derivative).padEnd(24)}${String(nodes).padStart(6)} nodes ${milliseconds.toFixed(2).padStart(8)} ms`) // prettier-ignore
  line('automatic, float64', result.float64)
  line('automatic, float32', result.float32)
  line('symbolic, as on paper', result.unshared)
  line('symbolic, shared', result.shared)
  print(`float32 may differ by ${float32Bound.toExponential(1)}; it differs by ${Math.abs(result.float32.derivative - exact).toExponential(1)}`) // prettier-ignore
  for (const { depth, unshared, shared } of result.growth)
    print(`nested ${depth} times: ${unshared} nodes as on paper, ${shared} shared`)
  return result
}
