// The convolutional network and the transformer on WebGPU in Node: PyTorch's losses for 50 steps from the same weights; masked rows of
// attention, where drivers need not know infinities; a recurrent layer against the CPU.

import {
  attention,
  batchStatistics,
  grad,
  layerNorm,
  losses,
  nn,
  random,
  setDevice,
  sum,
  tensor,
  type Device,
  type Tensor,
} from 'wgrad'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TRAINING } from '../goldens/networks.ts'
import { followNetwork } from '../train/networks.ts'

let device: Device

beforeAll(async () => {
  device = await setDevice('webgpu')
})
afterAll(async () => {
  await device.dispose()
})

test.each(['cnn', 'transformer'] as const)(
  "training the %s on WebGPU follows PyTorch's losses",
  { timeout: 300_000 },
  async (name) => {
    const result = await followNetwork(name, device)
    expect(result.steps).toBe(TRAINING.steps)
    expect(result.losses).toBeLessThan(1e-4) // 1e-3 is asked for
  },
)

test('attention gives zeros, and zero derivatives, for a query that an infinite mask shuts out', async () => {
  const [q, k, v] = [tensor([[[1, 2]], [[3, -1]]]), tensor([[[1, 0]], [[0, 1]]]), tensor([[[5, 6]], [[7, 8]]])]
  const mask = tensor([[-Infinity, -Infinity], [-Infinity, 0]]) // prettier-ignore
  expect([...(await attention(q, k, v, { mask }).data())]).toEqual([0, 0, 7, 8])
  const gradient = (argnums: number) =>
    grad((...operands: [Tensor, Tensor, Tensor]) => sum(attention(...operands, { mask })), { argnums })(q, k, v)
  expect([...(await gradient(2).data())]).toEqual([0, 0, 1, 1])
  for (const argnums of [0, 1])
    expect([...(await gradient(argnums).data())].map((value) => value + 0)).toEqual([0, 0, 0, 0])
})

test('cross-entropy with ignored labels keeps its zeros beside extreme logits', async () => {
  const logits = tensor([[3e38, -3e38, 0], [1, 2, 3]]) // prettier-ignore
  const loss = (x: Tensor, label: number): Tensor =>
    losses.softmaxCrossEntropy(x, tensor([label, 2], { dtype: 'int32' }), { ignoreIndex: -1, reduction: 'mean' })
  const expected = Math.log1p(Math.exp(-1) + Math.exp(-2))
  expect(await loss(logits, -1).item()).toBeCloseTo(expected, 5)
  expect(await loss(logits, 0).item()).toBeCloseTo(expected / 2, 5)
  const gradient = await grad((x: Tensor) => loss(x, -1))(logits).data()
  expect(gradient.slice(0, 3).every((value) => value === 0)).toBe(true)
})

test('normalisation and losses keep their digits beside a common offset, in float32 itself', async () => {
  const values = Array.from({ length: 32 }, (_, i) => ((i * 37 + 11) % 64) / 16 - 2)
  const [near, far] = [0, 4096].map((offset) => tensor(values.map((value) => value + offset)).reshape([4, 8]))
  const of = async (x: Tensor): Promise<number[]> => {
    const labels = tensor([1, 2, 3, 4], { dtype: 'int32' })
    const made = [batchStatistics(x).variance, layerNorm(x), losses.softmaxCrossEntropy(x, labels)]
    return (await Promise.all(made.map((t) => t.data()))).flatMap((array) => [...array])
  }
  const expected = await of(near!)
  const moved = await of(far!)
  expected.forEach((value, i) => expect(moved[i]).toBeCloseTo(value, 5))
})

test('an lstm gives the outputs and gradients of the CPU', async () => {
  const layer = nn.lstm(3, { returnSequences: true })
  const values = Array.from({ length: 12 }, (_, i) => ((i * 7) % 11) / 11 - 0.5)
  const run = async (): Promise<number[]> => {
    const { params } = layer.init(random.key(1), [3, 2])
    const x = tensor(values).reshape([2, 3, 2])
    const loss = (p: nn.RecurrentParams): Tensor =>
      sum(layer.apply({ params: p, state: {} }, x, { training: true }).output)
    const gradients = grad(loss)(params)
    const arrays = await Promise.all([loss(params), gradients.kernel, gradients.recurrentKernel].map((t) => t.data()))
    return arrays.flatMap((array) => [...array])
  }
  const onDevice = await run()
  await setDevice('cpu')
  const expected = await run()
  expected.forEach((value, i) => expect(onDevice[i]).toBeCloseTo(value, 5))
})
