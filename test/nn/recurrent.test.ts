// Recurrent layers: PyTorch's values in float64, last state and sequences, first values, derivatives, errors.

import { describe, expect, test } from 'vitest'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import * as nn from '../../src/nn/index.ts'
import { ones } from '../../src/ops/creation.ts'
import { key } from '../../src/random/index.ts'
import { readArray, readData } from '../../src/runtime/host.ts'
import { numbers, ROUNDING, worstError } from './numbers.ts'

const PREDICT = { training: false }
const x = () => numbers([2, 3, 2])
const CELLS = { simpleRnn: nn.simpleRnn, lstm: nn.lstm, gru: nn.gru }
const width = { simpleRnn: 2, lstm: 8, gru: 6 }

const paramsOf = (name: keyof typeof width): nn.RecurrentParams => ({
  kernel: numbers([2, width[name]], { a: 13, b: 5, scale: 32 }),
  recurrentKernel: numbers([2, width[name]], { a: 19, b: 3, scale: 32 }),
  bias: numbers([width[name]], { a: 11, b: 1, scale: 32 }),
  ...(name === 'gru' ? { recurrentBias: numbers([6], { a: 9, b: 2, scale: 32 }) } : {}),
})

const run = (layer: nn.Layer<nn.RecurrentParams, nn.Empty>, params: nn.RecurrentParams, input: Tensor): Tensor =>
  layer.apply({ params, state: {} }, input, PREDICT).output

// all hidden states [2, 3, 2]
const goldens = {
  simpleRnn: [0.107010576578, 0.313316541076, -0.420509806976, 0.482215792468, -0.331593828711, -0.604721916525, -0.887111949903, -0.859902078246, -0.883824876505, -0.947548930067, -0.961656891429, -0.958245933823], // prettier-ignore
  lstm: [-0.198517579732, 0.123617419797, -0.0124384536178, 0.117654969282, 0.00309598859662, 0.370502406802, 0.00961765048863, -0.0160932339996, 0.0188839577408, -0.0412335171158, 0.0233144908213, -0.0626079268103], // prettier-ignore
  gru: [-0.666236137745, 0.62726732797, -0.829625444796, 0.667890525456, 0.0332022069872, 0.858471925246, 0.823394687329, 0.574934530536, 0.895583754771, 0.221086611138, 0.90991608735, -0.335247146838], // prettier-ignore
} as const

describe.each(['simpleRnn', 'lstm', 'gru'] as const)('%s', (name) => {
  const make = CELLS[name]
  const golden = goldens[name]

  test('has the hidden states of PyTorch, all of them or the last', async () => {
    expect(await worstError(run(make(2, { returnSequences: true }), paramsOf(name), x()), golden)).toBeLessThan(
      ROUNDING,
    )
    const last = [...golden.slice(4, 6), ...golden.slice(10, 12)]
    expect(await worstError(run(make(2), paramsOf(name), x()), last)).toBeLessThan(ROUNDING)
  })

  test('has derivatives by inputs and parameters', async () => {
    const layer = make(2)
    expect((await checkGradients((params: nn.RecurrentParams, input: Tensor) => run(layer, params, input), [paramsOf(name), x()])).worst).toBeLessThan(1) // prettier-ignore
  })

  test('has the shapes that it says', () => {
    const count = width[name] / 2
    const layer = make(5)
    const variables = layer.init(key(0), [7, 3])
    const { kernel, recurrentKernel, bias, recurrentBias } = variables.params
    expect([kernel.shape, recurrentKernel.shape, bias?.shape]).toEqual([[3, 5 * count], [5, 5 * count], [5 * count]])
    expect(recurrentBias?.shape).toEqual(name === 'gru' ? [15] : undefined)
    expect(layer.apply(variables, ones([2, 7, 3]), PREDICT).output.shape).toEqual([2, ...layer.outputShape([7, 3])])
    expect(make(5, { returnSequences: true }).outputShape([7, 3])).toEqual([7, 5])
    expect(Object.keys(make(5, { bias: false }).init(key(0), [7, 3]).params)).toEqual(['kernel', 'recurrentKernel'])
  })

  test('refuses what is no sequence', () => {
    const layer = make(2)
    expect(() => layer.init(key(0), [3])).toThrow(ShapeError)
    expect(() => layer.init(key(0), [3, 4, 5])).toThrow(ShapeError)
    expect(() => run(layer, paramsOf(name), numbers([2, 3, 4]))).toThrow(
      'expected a batch [B, T, 2] for its kernel [2,',
    )
    expect(() => make(0)).toThrow(ArgumentError)
  })
})

test('the kernels start Glorot uniform from different draws, and the forget gate of an lstm open', async () => {
  const { params } = nn.lstm(2).init(key(0), [5, 2])
  expect(await readArray(params.bias!)).toEqual([0, 0, 1, 1, 0, 0, 0, 0])
  const [kernel, recurrent] = [await readData(params.kernel), await readData(params.recurrentKernel)]
  expect(kernel).not.toEqual(recurrent)
  expect(Math.max(...[...kernel, ...recurrent].map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 10))
})

test('a sequence without steps leaves the state at zero', async () => {
  expect(await readArray(run(nn.lstm(2), paramsOf('lstm'), numbers([1, 0, 2])))).toEqual([[0, 0]])
})
