// Vanishing gradients: the norm of the loss's gradient by the weights of each of 20 layers, for sigmoid, tanh (Glorot's initial weights)
// and ReLU (He's). A layer multiplies what comes back by its activation's derivative, for the sigmoid at most 1/4.

import { grad, jit, matmul, mean, mul, random, realize, relu, reshape, sigmoid, slice, sqrt, square, sub, sum, tanh, type Tensor } from 'wgrad' // prettier-ignore

/** Layers, units per layer, samples. */
export const LAYERS = 20
const WIDTH = 32
const SAMPLES = 32

/** The gradient norm of each layer, first to last. */
export interface VanishingGradientsResult {
  readonly sigmoid: readonly number[]
  readonly tanh: readonly number[]
  readonly relu: readonly number[]
}

/** The gradient norms of one network; `weights` is [LAYERS, WIDTH, WIDTH]. */
async function gradientNorms(activation: (x: Tensor) => Tensor, weights: Tensor, x: Tensor, y: Tensor) {
  const loss = (layers: Tensor, inputs: Tensor, targets: Tensor): Tensor => {
    let hidden = inputs
    for (let i = 0; i < LAYERS; i++) {
      const layer = reshape(slice(layers, [i], [i + 1]), [WIDTH, WIDTH])
      hidden = activation(matmul(hidden, layer))
    }
    return mean(square(sub(hidden, targets)))
  }
  const norms = jit((...args: [Tensor, Tensor, Tensor]) => sqrt(sum(square(grad(loss)(...args)), [1, 2])))
  return Array.from(await norms(weights, x, y).data())
}

/** Prints the gradient norm of every layer for the three activations. */
export async function run(print: (line: string) => void): Promise<VanishingGradientsResult> {
  const [inputKey, targetKey, weightKey] = random.splitKeys(random.key(1), 3)
  const { x, y, weights } = await realize({
    x: random.normal(inputKey!, [SAMPLES, WIDTH]),
    y: random.normal(targetKey!, [SAMPLES, WIDTH]),
    weights: random.normal(weightKey!, [LAYERS, WIDTH, WIDTH]),
  })
  const glorot = mul(weights, Math.sqrt(2 / (WIDTH + WIDTH)))
  const he = mul(weights, Math.sqrt(2 / WIDTH))
  const result: VanishingGradientsResult = {
    sigmoid: await gradientNorms(sigmoid, glorot, x, y),
    tanh: await gradientNorms(tanh, glorot, x, y),
    relu: await gradientNorms(relu, he, x, y),
  }
  print('layer   sigmoid      tanh      ReLU   (gradient norm of its weights)')
  for (let layer = 0; layer < LAYERS; layer++) {
    const cells = [result.sigmoid, result.tanh, result.relu].map((norms) => norms[layer]!.toExponential(1).padStart(10))
    print(`${String(layer + 1).padStart(5)}${cells.join('')}`)
  }
  const share = (norms: readonly number[]): string => (norms[0]! / norms.at(-1)!).toExponential(1)
  print(`first / last: sigmoid ${share(result.sigmoid)}, tanh ${share(result.tanh)}, ReLU ${share(result.relu)}`)
  return result
}
