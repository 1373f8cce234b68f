// Activations against PyTorch's values and derivatives in float64, at kinks and far from 0; log1p and expm1 against JavaScript's.

import { expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { ArgumentError } from '../../src/core/errors.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as activations from '../../src/ops/activations.ts'
import { expm1, log1p } from '../../src/ops/elementary.ts'
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

test('log1p and expm1 keep the digits of small arguments', async () => {
  const small = [1e-300, 1e-18, -1e-12, 3e-8, -1e-3, 0.25, -0.75, 0.999, 1, 5]
  expect(await errorOf(log1p(float64(small)), small.map(Math.log1p))).toBeLessThan(1e-15)
  const wide = [...small, -30, 20, -700]
  expect(await errorOf(expm1(float64(wide)), wide.map(Math.expm1))).toBeLessThan(1e-15)
  expect(
    await errorOf(
      grad((x: Tensor) => sum(log1p(x)))(float64(small)),
      small.map((x) => 1 / (1 + x)),
    ),
  ).toBeLessThan(1e-15)
  expect(await errorOf(grad((x: Tensor) => sum(expm1(x)))(float64(wide)), wide.map(Math.exp))).toBeLessThan(1e-14)
})

test('the exact gelu is refused until there is one', () => {
  // @ts-expect-error: the option is required
  expect(() => activations.gelu(tensor([1]))).toThrow(ArgumentError)
})
