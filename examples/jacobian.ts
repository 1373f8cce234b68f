// The network y = tanh(x W1), z = tanh(y W2), t = sum(z) for x in R^3: dt/dx by one backward pass, dz/dx as a Jacobian, in float64.
// Each row of the Jacobian is the gradient of one output, so its columns add up to the gradient of their sum.

import { grad, jacobian, matmul, sum, tanh, tensor, type Tensor } from 'wgrad'

/** The input and the weights; all are multiples of 1/1024, so that every precision holds them exactly. */
export const INPUTS = {
  x: [0.470703125, 1.65625, 0.515625],
  w1: [
    [-0.2744140625, -2.2607421875, 1.2275390625],
    [0.79296875, 0.623046875, -2.15234375],
    [-0.025390625, 0.9951171875, 0.0498046875],
  ],
  w2: [
    [0.1884765625, 1.1953125, -1.5595703125],
    [-0.248046875, 0.4453125, -0.177734375],
    [-0.638671875, -0.875, -0.505859375],
  ],
}

/** What the example finds. */
export interface JacobianResult {
  readonly z: readonly number[]
  readonly gradient: readonly number[]
  /** `reverse[i * 3 + j]` is dz_i / dx_j, by one pullback per output. */
  readonly reverse: readonly number[]
  /** The same by one pushforward per input. */
  readonly forward: readonly number[]
  readonly columnSums: readonly number[]
}

/** Differentiates the network and prints the gradient, the Jacobian and its column sums. */
export async function run(print: (line: string) => void): Promise<JacobianResult> {
  const float64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' })
  const [w1, w2] = [float64(INPUTS.w1), float64(INPUTS.w2)]
  const network = (x: Tensor): Tensor => tanh(matmul(tanh(matmul(x, w1)), w2))
  const x = float64(INPUTS.x)

  const numbers = async (result: Tensor): Promise<number[]> => Array.from(await result.data())
  const z = await numbers(network(x))
  const gradient = await numbers(grad((v: Tensor) => sum(network(v)))(x))
  const jacobianTensor = jacobian(network)(x)
  const reverse = await numbers(jacobianTensor)
  const forward = await numbers(jacobian(network, { mode: 'forward' })(x))
  const columnSums = await numbers(sum(jacobianTensor, 0))

  const row = (values: readonly number[]): string => values.map((value) => value.toFixed(4).padStart(8)).join('')
  print(`z = ${row(z)}`)
  print(`dt/dx (one backward pass)        ${row(gradient)}`)
  for (let i = 0; i < 3; i++) print(`dz${i}/dx (row ${i} of the Jacobian)   ${row(reverse.slice(3 * i, 3 * i + 3))}`)
  print(`sums of the Jacobian's columns   ${row(columnSums)}`)
  return { z, gradient, reverse, forward, columnSums }
}
