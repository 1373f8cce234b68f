// Activations against PyTorch's values and derivatives in float64, at kinks and far from 0.

import { expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as activations from '../../src/ops/activations.ts'
import { sum } from '../../src/ops/reductions.ts'
import { readData, tensor } from '../../src/runtime/host.ts'

const float64 = (values: readonly number[]): Tensor => tensor([...values], { dtype: 'float64' })
const X = [-30, -2, -0.5, 0, 0.5, 2, 30, -1, 1, 6]

/** The greatest relative error of an entry. */
async function errorOf(actual: Tensor, expected: readonly number[]): Promise<number> {
  const data = await readData(actual)
  return Math.max(...expected.map((value, i) => (data[i] === value ? 0 : Math.abs(data[i]! / value - 1))))
}

test.each([
  {
    name: 'softplus',
    fn: activations.softplus,
    values: [9.357622968839737e-14, 0.1269280110429725, 0.4740769841801067, Math.LN2, 0.9740769841801067, 2.1269280110429727, 30.000000000000092, 0.31326168751822286, 1.3132616875182228, 6.00247568513773], // prettier-ignore
    slopes: [9.3576229688393e-14, 0.11920292202211755, 0.37754066879814546, 0.5, 0.6224593312018546, 0.8807970779778824, 0.9999999999999064, 0.2689414213699951, 0.7310585786300049, 0.9975273768433652], // prettier-ignore
  },
  {
    name: 'logSigmoid',
    fn: activations.logSigmoid,
    values: [-30.000000000000092, -2.1269280110429727, -0.9740769841801067, -Math.LN2, -0.4740769841801067, -0.1269280110429725, -9.357622968839737e-14, -1.3132616875182228, -0.31326168751822286, -0.0024756851377304495], // prettier-ignore
    slopes: [0.9999999999999064, 0.8807970779778824, 0.6224593312018545, 0.5, 0.37754066879814546, 0.11920292202211755, 9.3576229688393e-14, 0.7310585786300049, 0.2689414213699951, 0.0024726231566347748], // prettier-ignore
  },
  {
    name: 'elu with alpha 0.5',
    fn: (x: Tensor) => activations.elu(x, 0.5),
    values: [-0.4999999999999532, -0.43233235838169365, -0.1967346701436833, 0, 0.5, 2, 30, -0.31606027941427883, 1, 6],
    slopes: [4.6788114844200874e-14, 0.06766764161830635, 0.3032653298563167, 0.5, 1, 1, 1, 0.18393972058572117, 1, 1],
  },
  {
    name: 'silu',
    fn: activations.silu,
    values: [-2.8072868906517896e-12, -0.2384058440442351, -0.1887703343990727, 0, 0.3112296656009273, 1.7615941559557646, 29.999999999997197, -0.2689414213699951, 0.7310585786300049, 5.985164261060192], // prettier-ignore
    slopes: [-2.713710660963134e-12, -0.09078424878489547, 0.2600388126973482, 0.5, 0.7399611873026519, 1.0907842487848955, 1.000000000002711, 0.07232948812851325, 0.9276705118714869, 1.0123264325915249], // prettier-ignore
  },
  {
    name: 'gelu in its tanh form',
    fn: (x: Tensor) => activations.gelu(x, { approximate: true }),
    values: [0, -0.04540230591222494, -0.15428599017485606, 0, 0.34571400982514394, 1.954597694087775, 30, -0.1588080093917233, 0.8411919906082768, 5.9999999999156035], // prettier-ignore
    slopes: [0, -0.08609925662361831, 0.13263009646535764, 0.5, 0.8673699035346424, 1.0860992566236183, 1, -0.08296408384578258, 1.0829640838457826, 1.0000000007709977], // prettier-ignore
  },
  {
    name: 'hardTanh',
    fn: activations.hardTanh,
    values: [-1, -1, -0.5, 0, 0.5, 1, 1, -1, 1, 1],
    slopes: [0, 0, 1, 1, 1, 0, 0, 0, 0, 0],
  },
  {
    name: 'relu6',
    fn: activations.relu6,
    values: [0, 0, 0, 0, 0.5, 2, 6, 0, 1, 6],
    slopes: [0, 0, 0, 0, 1, 1, 0, 0, 1, 0],
  },
  {
    name: 'selu',
    fn: activations.selu,
    values: [-1.758099340847212, -1.5201664685956948, -0.6917581878028713, 0, 0.5253504936777402, 2.101401974710961, 31.521029620664414, -1.1113307378125625, 1.0507009873554805, 6.304205924132883], // prettier-ignore
    slopes: [1.6451630773416182e-13, 0.2379328722516818, 1.0663411530445053, 1.7580993408473766, 1.0507009873554805, 1.0507009873554805, 1.0507009873554805, 0.646768603034814, 1.0507009873554805, 1.0507009873554805], // prettier-ignore
  },
  {
    name: 'celu with alpha 1.5',
    fn: (x: Tensor) => activations.celu(x, 1.5),
    values: [-1.4999999969082696, -1.10460429282641, -0.4252030341393161, 0, 0.5, 2, 30, -0.729874321451112, 1, 6], // prettier-ignore
    slopes: [2.061153622438558e-09, 0.26359713811572677, 0.7165313105737893, 1, 1, 1, 1, 0.513417119032592, 1, 1], // prettier-ignore
  },
  {
    name: 'gelu',
    // PyTorch cancels at -30; these values are mpmath's
    fn: (x: Tensor) => activations.gelu(x),
    values: [-1.472014178144456e-196, -0.04550026389635842, -0.15426876936299344, 0, 0.34573123063700656, 1.9544997361036416, 30, -0.15865525393145702, 0.841344746068543, 5.999999994080474], // prettier-ignore
    slopes: [-4.416031690708495e-195, -0.08523180107819692, 0.13250487534383712, 0.5, 0.8674951246561629, 1.085231801078197, 1, -0.08331547058768635, 1.0833154705876864, 1.0000000354687093], // prettier-ignore
  },
  {
    name: 'mish',
    fn: activations.mish,
    values: [-2.807286890651921e-12, -0.2525014826957089, -0.22074377465173, 0, 0.37524521130489513, 1.9439589595339946, 30, -0.30340146137410895, 0.8650983882673103, 5.999926634065252], // prettier-ignore
    slopes: [-2.713710660963392e-12, -0.1083550924203939, 0.28951067791351226, 0.6, 0.8864243753577273, 1.0693179342794896, 1, 0.059216755877395014, 1.0490362200997922, 1.00013414050621], // prettier-ignore
  },
  {
    name: 'hardSigmoid',
    // PyTorch's slope is 1/6 in float32
    fn: activations.hardSigmoid,
    values: [0, 0.16666666666666666, 0.4166666666666667, 0.5, 0.5833333333333334, 0.8333333333333334, 1, 0.3333333333333333, 0.6666666666666666, 1], // prettier-ignore
    slopes: [0, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 0, 1 / 6, 1 / 6, 0], // prettier-ignore
  },
  {
    name: 'hardSwish',
    fn: activations.hardSwish,
    values: [0, -0.3333333333333333, -0.20833333333333334, 0, 0.2916666666666667, 1.6666666666666667, 30, -0.3333333333333333, 0.6666666666666666, 6], // prettier-ignore
    slopes: [0, -0.16666666666666663, 0.33333333333333337, 0.5, 0.6666666666666666, 1.1666666666666665, 1, 0.16666666666666669, 0.8333333333333333, 1], // prettier-ignore
  },
  {
    name: 'softsign',
    fn: activations.softsign,
    values: [-0.967741935483871, -0.6666666666666666, -0.3333333333333333, 0, 0.3333333333333333, 0.6666666666666666, 0.967741935483871, -0.5, 0.5, 0.8571428571428571], // prettier-ignore
    slopes: [0.00104058272632674, 0.1111111111111111, 0.4444444444444444, 1, 0.4444444444444444, 0.1111111111111111, 0.00104058272632674, 0.25, 0.25, 0.020408163265306117], // prettier-ignore
  },
  {
    name: 'prelu',
    fn: (x: Tensor) => activations.prelu(x, 0.3),
    values: [-9, -0.6, -0.15, 0, 0.5, 2, 30, -0.3, 1, 6], // prettier-ignore
    slopes: [0.3, 0.3, 0.3, 0.3, 1, 1, 1, 0.3, 1, 1], // prettier-ignore
  },
  {
    name: 'leakyRelu',
    fn: activations.leakyRelu,
    values: [-0.3, -0.02, -0.005, 0, 0.5, 2, 30, -0.01, 1, 6], // prettier-ignore
    slopes: [0.01, 0.01, 0.01, 0.01, 1, 1, 1, 0.01, 1, 1], // prettier-ignore
  },
])('$name has the values and derivatives of PyTorch', async ({ name, fn, values, slopes }) => {
  // the tanh form cancels in its tail
  expect(await errorOf(fn(float64(X)), values)).toBeLessThan(name.startsWith('gelu') ? 1e-12 : 1e-13)
  expect(await errorOf(grad((x: Tensor) => sum(fn(x)))(float64(X)), slopes)).toBeLessThan(1e-11)
})

test('activations stay finite at extreme float32 arguments, and so do their derivatives', async () => {
  const { softplus, logSigmoid, elu, silu, hardTanh, relu6 } = activations
  const gelu = (x: Tensor) => activations.gelu(x, { approximate: true })
  for (const fn of [softplus, logSigmoid, elu, silu, gelu, hardTanh, relu6]) {
    const x = tensor([-1e4, -100, 100, 1e4])
    expect([...(await readData(fn(x)))].every(Number.isFinite)).toBe(true)
    expect([...(await readData(grad((y: Tensor) => sum(fn(y)))(x)))].every(Number.isFinite)).toBe(true)
  }
})

test('the second derivative of softplus is that of its definition at 0 too', async () => {
  const slope = (x: Tensor) => sum(grad((y: Tensor) => sum(activations.softplus(y)))(x))
  expect(await errorOf(grad(slope)(float64([0, 1])), [0.25, 0.19661193324148185])).toBeLessThan(1e-12)
})

test('the exact gelu is the default, to rounding in its tail too', async () => {
  // from mpmath: x/2 erfc(-x/√2) and its derivative
  const x = float64([-10.3, -2, -0.5, 0.5, 2])
  const values = [-3.628757031294205e-24, -0.04550026389635842, -0.15426876936299344, 0.34573123063700656, 1.9544997361036416] // prettier-ignore
  const slopes = [-3.736984872822781e-23, -0.0852318010781969, 0.13250487534383715, 0.8674951246561629, 1.085231801078197] // prettier-ignore
  expect(await errorOf(activations.gelu(x), values)).toBeLessThan(2e-15)
  expect(await errorOf(grad((y: Tensor) => sum(activations.gelu(y)))(x), slopes)).toBeLessThan(1e-13)
})
