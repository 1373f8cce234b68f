// Gradient descent on one loss surface, half the mean squared error of a line: four learning rates with all samples, then full batch,
// mini-batch and single sample. The noise of a mini-batch's gradient falls with the root of its size.

import { add, grad, jit, mean, mul, random, square, sub, tensor, vmap, type Tensor } from 'wgrad'

/** Samples of `y = 2 x - 1 + noise`; the surface is curved by 1.9 along w and by 1 along b. */
const SAMPLES = 1024
const STEPS = 40
const RATES = [0.05, 0.2, 1, 1.5] as const

/** A path from (0, 0): weights before each step and after the last, and the loss over all samples there. */
export interface Path {
  readonly weights: readonly (readonly [number, number])[]
  readonly losses: readonly number[]
}

/** What the example finds. */
export interface LearningRatesResult {
  readonly rates: Readonly<Record<'0.05' | '0.2' | '1' | '1.5', Path>>
  readonly batches: readonly { readonly size: number; readonly path: Path; readonly roughness: number }[]
  /** Length of the mean gradient over the standard deviation of gradients of `size` samples, at the start. */
  readonly signalToNoise: readonly { readonly size: number; readonly ratio: number }[]
}

interface Line {
  readonly w: Tensor
  readonly b: Tensor
}

const loss = (line: Line, x: Tensor, y: Tensor): Tensor => mul(mean(square(sub(add(mul(line.w, x), line.b), y))), 0.5)

const update = jit((line: Line, x: Tensor, y: Tensor, rate: number | Tensor): Line => {
  const slope = grad(loss)(line, x, y)
  return { w: sub(line.w, mul(rate, slope.w)), b: sub(line.b, mul(rate, slope.b)) }
})
const lossOf = jit(loss)

/** The samples: x has mean 0 and variance 1.9. */
async function makeData(): Promise<{ x: number[]; y: number[] }> {
  const [xKey, noiseKey] = random.splitKeys(random.key(0), 2)
  const drawn = Array.from(await random.normal(xKey!, [SAMPLES]).data())
  const noise = Array.from(await random.normal(noiseKey!, [SAMPLES]).data())
  const average = drawn.reduce((a, b) => a + b) / SAMPLES
  const spread = Math.sqrt(drawn.reduce((total, value) => total + (value - average) ** 2, 0) / SAMPLES)
  const x = drawn.map((value) => ((value - average) / spread) * Math.sqrt(1.9))
  return { x, y: x.map((value, i) => 2 * value - 1 + 0.5 * noise[i]!) }
}

/** Steps with the samples that `batch` gives, and the losses over all samples. */
async function descend(
  rate: number,
  batch: (step: number) => { x: Tensor; y: Tensor },
  all: { x: Tensor; y: Tensor },
): Promise<Path> {
  let line: Line = { w: tensor(0), b: tensor(0) }
  const lines = [line]
  for (let step = 0; step < STEPS; step++) {
    const { x, y } = batch(step)
    line = update(line, x, y, rate)
    lines.push(line)
  }
  const losses = await Promise.all(lines.map((at) => lossOf(at, all.x, all.y).item()))
  const weights = await Promise.all(lines.map(async ({ w, b }) => [await w.item(), await b.item()] as const))
  return { weights, losses }
}

/** The length of a path over the distance from its start to its end: 1 is a straight line. */
function roughness({ weights }: Path): number {
  const distance = (a: readonly [number, number], b: readonly [number, number]): number =>
    Math.hypot(a[0] - b[0], a[1] - b[1])
  const length = weights.slice(1).reduce((total, point, i) => total + distance(weights[i]!, point), 0)
  return length / distance(weights[0]!, weights.at(-1)!)
}

/** The gradient of every sample at the start, by vmap of grad. */
async function sampleGradients(all: { x: Tensor; y: Tensor }): Promise<(readonly [number, number])[]> {
  const origin: Line = { w: tensor(0), b: tensor(0) }
  const gradients = jit((line: Line, x: Tensor, y: Tensor) =>
    vmap((sampleX: Tensor, sampleY: Tensor) => grad(loss)(line, sampleX, sampleY))(x, y),
  )(origin, all.x, all.y)
  const [w, b] = [await gradients.w.data(), await gradients.b.data()]
  return Array.from(w, (value, i) => [value, b[i]!] as const)
}

/** Length of the mean over the root mean square distance from it, of averages of `size` samples each. */
function signalToNoise(gradients: readonly (readonly [number, number])[], size: number): number {
  const groups = Array.from({ length: gradients.length / size }, (_, g) => {
    const group = gradients.slice(g * size, (g + 1) * size)
    return [0, 1].map((axis) => group.reduce((total, gradient) => total + gradient[axis]!, 0) / size)
  })
  const center = [0, 1].map((axis) => groups.reduce((total, group) => total + group[axis]!, 0) / groups.length)
  const spread = groups.reduce((total, g) => total + (g[0]! - center[0]!) ** 2 + (g[1]! - center[1]!) ** 2, 0)
  return Math.hypot(center[0]!, center[1]!) / Math.sqrt(spread / groups.length)
}

/** Runs all paths and prints their losses. */
export async function run(print: (line: string) => void): Promise<LearningRatesResult> {
  const { x, y } = await makeData()
  const all = { x: tensor(x), y: tensor(y) }

  const paths: Path[] = []
  for (const rate of RATES) paths.push(await descend(rate, () => all, all))
  const show = (path: Path): string =>
    [0, 1, 2, 5, 10, 20, STEPS].map((step) => path.losses[step]!.toPrecision(3).padStart(10)).join('')
  print(`loss after          ${[0, 1, 2, 5, 10, 20, STEPS].map((step) => `${step}`.padStart(10)).join('')} steps`)
  RATES.forEach((rate, i) => print(`learning rate ${String(rate).padEnd(6)}${show(paths[i]!)}`))

  const batches = []
  for (const size of [SAMPLES, 32, 1]) {
    const orders: number[][] = []
    for (let epoch = 0; epoch * SAMPLES < STEPS * size; epoch++)
      orders.push(Array.from(await random.permutation(random.key(epoch + 7), SAMPLES).data()))
    const order = orders.flat()
    const batch = (step: number) => {
      const chosen = order.slice(step * size, (step + 1) * size)
      return { x: tensor(chosen.map((i) => x[i]!)), y: tensor(chosen.map((i) => y[i]!)) }
    }
    const path = await descend(0.2, batch, all)
    batches.push({ size, path, roughness: roughness(path) })
    print(`batch of ${String(size).padEnd(11)}${show(path)}   path ${roughness(path).toFixed(2)} x the distance`)
  }

  const gradients = await sampleGradients(all)
  const ratios = [1, 4, 16, 64].map((size) => ({ size, ratio: signalToNoise(gradients, size) }))
  for (const { size, ratio } of ratios)
    print(`gradient of ${String(size).padStart(2)} samples: signal to noise ${ratio.toFixed(2)}, ${(ratio / ratios[0]!.ratio).toFixed(2)} times that of one`) // prettier-ignore
  const [a, b, c, d] = paths as [Path, Path, Path, Path]
  return { rates: { '0.05': a, '0.2': b, '1': c, '1.5': d }, batches, signalToNoise: ratios }
}
