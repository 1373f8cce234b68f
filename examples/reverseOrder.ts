// Why training goes backwards: dt/dx = J1 · J2 · v, where v = dt/dz is a vector because the loss is one number. From the right (reverse
// mode) every product is matrix by vector; from the left (forward mode) it is matrix by matrix.

import { matmul, tensor } from 'wgrad'

/** The Jacobians of two layers, and the derivative of the loss by the output of the second. */
export const J1 = [
  [0.63, -0.78, 0.58],
  [-0.62, -0.52, -0.87],
  [0.084, -0.54, -0.21],
]
export const J2 = [
  [0.4, -0.58, 0.5],
  [-0.15, -0.51, 0.95],
  [0.65, 0.85, 0.16],
]
export const V = [-0.41, -0.58, 0.16]

type Matrix = readonly (readonly number[])[]

/** The multiplications of both orders for a network of square layers. */
export interface OrderCost {
  readonly layers: number
  readonly width: number
  readonly forward: number
  readonly reverse: number
}

/** What the example finds. */
export interface ReverseOrderResult {
  readonly j2v: readonly number[]
  /** `J1 (J2 v)` by the library's matrix products. */
  readonly gradient: readonly number[]
  readonly reverse: { readonly gradient: readonly number[]; readonly multiplications: number }
  readonly forward: { readonly gradient: readonly number[]; readonly multiplications: number }
  readonly costs: readonly OrderCost[]
}

/** A product by the definition, with a count of its multiplications. */
function multiply(a: Matrix, b: Matrix): { product: number[][]; multiplications: number } {
  let multiplications = 0
  const product = a.map((row) =>
    b[0]!.map((_, column) =>
      row.reduce((total, value, i) => {
        multiplications++
        return total + value * b[i]![column]!
      }, 0),
    ),
  )
  return { product, multiplications }
}

/** The same count without the products: matrices of `n` rows by `n` columns, and one column at the end. */
function costOf(layers: number, n: number): OrderCost {
  return { layers, width: n, forward: (layers - 1) * n ** 3 + n ** 2, reverse: layers * n ** 2 }
}

/** Multiplies in both orders and prints what each costs. */
export async function run(print: (line: string) => void): Promise<ReverseOrderResult> {
  const column = V.map((value) => [value])
  const inner = multiply(J2, column)
  const outer = multiply(J1, inner.product)
  const both = multiply(J1, J2)
  const last = multiply(both.product, column)
  // the library's products of the same matrices
  const j2v = matmul(tensor(J2, { dtype: 'float64' }), tensor(column, { dtype: 'float64' }))
  const gradient = matmul(tensor(J1, { dtype: 'float64' }), j2v)

  const text = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(', ')
  const result: ReverseOrderResult = {
    j2v: Array.from(await j2v.data()),
    gradient: Array.from(await gradient.data()),
    reverse: { gradient: outer.product.flat(), multiplications: inner.multiplications + outer.multiplications },
    forward: { gradient: last.product.flat(), multiplications: both.multiplications + last.multiplications },
    costs: [2, 10].flatMap((layers) => [3, 10, 100, 1000].map((width) => costOf(layers, width))),
  }
  print(`J2 v = [${text(result.j2v)}], J1 (J2 v) = [${text(result.gradient)}]`)
  print(`J1 (J2 v): ${result.reverse.multiplications} multiplications, (J1 J2) v: ${result.forward.multiplications}`)
  print('layers  width     forward (matrix by matrix)  reverse (matrix by vector)  ratio')
  for (const { layers, width, forward, reverse } of result.costs) {
    const cells = [String(layers).padStart(6), String(width).padStart(5), forward.toLocaleString('en').padStart(30)]
    print(
      `${cells.join('  ')}${reverse.toLocaleString('en').padStart(28)}${(forward / reverse).toFixed(1).padStart(7)}`,
    )
  }
  return result
}
