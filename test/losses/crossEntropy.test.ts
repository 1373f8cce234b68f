// Cross-entropy's options: PyTorch's values and gradients in float64, extremes, derivatives of both orders, and errors.

import { expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add } from '../../src/ops/arithmetic.ts'
import { type CrossEntropyOptions, softmaxCrossEntropy } from '../../src/ops/losses.ts'
import { sum } from '../../src/ops/reductions.ts'
import { readArray, readData, readItem, tensor } from '../../src/runtime/host.ts'
import { numbers, ROUNDING, worstError } from '../nn/numbers.ts'

const int = (values: number[]): Tensor => tensor(values, { dtype: 'int32' })
const double = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' })

const logits = () => numbers([3, 4])
const labels = () => int([2, 0, 3])
const withIgnored = () => int([2, -100, 3])
const classWeights = [0.5, 1, 2, 1.5]
const probabilities = () => double([[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0], [0.25, 0.25, 0.5, 0]]) // prettier-ignore

interface Golden {
  readonly name: string
  readonly labels: () => Tensor
  readonly options: CrossEntropyOptions
  readonly values: readonly number[]
  readonly gradient: readonly number[]
}

const goldens: readonly Golden[] = [
  {
    name: 'label smoothing',
    labels,
    options: { labelSmoothing: 0.1 },
    values: [2.75123855414, 1.27655275646, 2.23280275646], // prettier-ignore
    gradient: [0.00641048407251, 0.292234651261, -0.866317490111, 0.567672354777, -0.630780077762, 0.0294252130962, 0.524675180317, 0.0766796843493, 0.269219922238, 0.0294252130962, 0.524675180317, -0.823320315651], // prettier-ignore
  },
  {
    name: 'class weights',
    labels,
    options: { classWeights },
    values: [5.67122710827, 0.61171387823, 3.42889163469], // prettier-ignore
    gradient: [0.062820968145, 0.634469302523, -1.88263498022, 1.18534470955, -0.352890038881, 0.0272126065481, 0.274837590158, 0.0508398421746, 0.441329883357, 0.0816378196442, 0.824512770475, -1.34748047348], // prettier-ignore
  },
  {
    name: 'the mean by class weights',
    labels,
    options: { classWeights, reduction: 'mean' },
    values: [2.4279581553], // prettier-ignore
    gradient: [0.0157052420363, 0.158617325631, -0.470658745055, 0.296336177388, -0.0882225097203, 0.00680315163702, 0.0687093975396, 0.0127099605437, 0.110332470839, 0.0204094549111, 0.206128192619, -0.336870118369], // prettier-ignore
  },
  {
    name: 'the mean without the ignored',
    labels: withIgnored,
    options: { ignoreIndex: -100, reduction: 'mean' },
    values: [2.5607706553], // prettier-ignore
    gradient: [0.0157052420363, 0.158617325631, -0.470658745055, 0.296336177388, 0, 0, 0, 0, 0.147109961119, 0.0272126065481, 0.274837590158, -0.449160157825], // prettier-ignore
  },
  {
    name: 'the mean with everything',
    labels: withIgnored,
    options: { ignoreIndex: -100, classWeights, labelSmoothing: 0.2, reduction: 'mean' },
    values: [2.32978009201], // prettier-ignore
    gradient: [0.00945982729547, 0.153395458524, -0.45469638763, 0.29184110181, 0, 0, 0, 0, 0.114748253499, 0.00826187399698, 0.199151146131, -0.322161273627], // prettier-ignore
  },
  {
    name: 'the sum with everything',
    labels: withIgnored,
    options: { ignoreIndex: -100, classWeights, labelSmoothing: 0.2, reduction: 'sum' },
    values: [8.15423032202], // prettier-ignore
    gradient: [0.0331093955341, 0.536884104834, -1.5914373567, 1.02144385634, 0, 0, 0, 0, 0.401618887245, 0.0289165589894, 0.697029011459, -1.12756445769], // prettier-ignore
  },
  {
    name: 'probabilities',
    labels: probabilities,
    options: {},
    values: [1.63561355414, 1.22342775646, 1.33280275646], // prettier-ignore
    gradient: [-0.0685895159275, 0.117234651261, -0.241317490111, 0.192672354777, -0.705780077762, 0.0544252130962, 0.549675180317, 0.101679684349, 0.0442199222378, -0.195574786904, 0.0496751803168, 0.101679684349], // prettier-ignore
  },
  {
    name: 'the mean of weighted and smoothed probabilities',
    labels: probabilities,
    options: { classWeights, labelSmoothing: 0.2, reduction: 'mean' },
    values: [1.62950270808], // prettier-ignore
    gradient: [-0.00690373915259, 0.0791002860929, -0.165752553685, 0.093556006745, -0.0779190168485, -0.0048745371625, 0.0857629557353, -0.00296940172432, 0.0907322983403, -0.0588419874401, -0.0526461688575, 0.0207558579572], // prettier-ignore
  },
]

test.each(goldens)('$name: values and gradients of PyTorch', async ({ labels: given, options, values, gradient }) => {
  const loss = (x: Tensor): Tensor => softmaxCrossEntropy(x, given(), options)
  expect(await worstError(loss(logits()), values)).toBeLessThan(ROUNDING)
  expect(await worstError(grad((x: Tensor) => sum(loss(x)))(logits()), gradient)).toBeLessThan(ROUNDING)
})

test.each(goldens)('$name: derivatives of both orders', async ({ labels: given, options }) => {
  const report = await checkGradients((x: Tensor) => softmaxCrossEntropy(x, given(), options), [logits()], { order: 2 })
  expect(report.checked.first).toBe(12)
})

test('probabilities and class weights have derivatives too', async () => {
  const loss = (y: Tensor, w: Tensor): Tensor => softmaxCrossEntropy(logits(), y, { classWeights: w })
  expect((await checkGradients(loss, [probabilities(), double(classWeights)], { order: 2 })).worst).toBeLessThan(1)
})

test('class weights are a list or a tensor', async () => {
  const of = (weights: Tensor | number[]) =>
    readData(softmaxCrossEntropy(logits(), labels(), { classWeights: weights, reduction: 'mean' }))
  expect(await of(double(classWeights))).toEqual(await of(classWeights))
})

test('without counted labels the mean is 0, and so is the gradient', async () => {
  const options = { ignoreIndex: 1, reduction: 'mean' } as const
  const loss = (x: Tensor): Tensor => softmaxCrossEntropy(x, int([1, 1, 1]), options)
  expect(await readItem(loss(logits()))).toBe(0)
  expect(new Set(await readData(grad(loss)(logits())))).toEqual(new Set([0]))
})

test('ignored samples have loss 0 per sample, whichever class the index names', async () => {
  const values = await readData(softmaxCrossEntropy(logits(), labels(), { ignoreIndex: 0 }))
  expect(values[1]).toBe(0)
  expect(values[0]).toBeGreaterThan(0)
})

test('a common offset of float32 logits costs no digits', async () => {
  const x = tensor([[0.5, -0.25, 1]])
  const [near, far] = await Promise.all(
    [x, add(x, 4096)].map((each) => readItem(softmaxCrossEntropy(each, int([2]), { reduction: 'sum' }))),
  )
  expect(far).toBe(near)
})

test('probabilities at extreme float32 logits give the finite loss and the exact gradient', async () => {
  const x = tensor([[1e4, -1e4, 0], [3e38, 0, -3e38], [0, -3e38, 3e38]]) // prettier-ignore
  const y = tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1]]) // prettier-ignore
  expect([...(await readData(softmaxCrossEntropy(x, y)))]).toEqual([0, Math.fround(3e38), 0])
  expect(await readArray(grad((z: Tensor) => sum(softmaxCrossEntropy(z, y)))(x))).toEqual([
    [0, 0, 0],
    [1, -1, 0],
    [0, 0, 0],
  ])
})

test('probabilities at extreme float64 logits do too, where a difference of logits overflows', async () => {
  const x = double([[1.7e308, 0, -1.7e308]])
  const y = double([[0, 1, 0]])
  expect(await worstError(softmaxCrossEntropy(x, y), [1.7e308])).toBeLessThan(ROUNDING)
  expect(await worstError(grad((z: Tensor) => sum(softmaxCrossEntropy(z, y)))(x), [1, -1, 0])).toBeLessThan(ROUNDING)
})

test('labels out of range are clamped', async () => {
  const expected = await readData(softmaxCrossEntropy(logits(), int([0, 3, 3])))
  expect(await readData(softmaxCrossEntropy(logits(), int([-5, 4, 99])))).toEqual(expected)
})

test('options that make no sense are refused, with shapes and a remedy', () => {
  const entropy =
    (options: CrossEntropyOptions, y = labels()) =>
    () =>
      softmaxCrossEntropy(logits(), y, options)
  expect(entropy({ labelSmoothing: 1.5 })).toThrow(ArgumentError)
  expect(entropy({ ignoreIndex: 0.5 })).toThrow(ArgumentError)
  expect(entropy({ ignoreIndex: 1 }, probabilities())).toThrow('needs labels that are class indices')
  expect(entropy({ classWeights: [1, 2] })).toThrow(ShapeError)
  expect(entropy({ classWeights: [1, 2] })).toThrow(
    'softmaxCrossEntropy: classWeights [2] do not fit logits float64[3, 4]: expected [4]',
  )
  expect(entropy({ classWeights: numbers([2, 2]) })).toThrow(ShapeError)
  expect(entropy({ classWeights: [1, 2, -3, 4] })).toThrow(ArgumentError)
})
