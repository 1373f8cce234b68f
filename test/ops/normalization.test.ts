// Normalisation: PyTorch's values and gradients in float64, derivatives of both orders, digits kept beside an offset, errors.

import { describe, expect, test } from 'vitest'
import { grad } from '../../src/autodiff/vjp.ts'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { checkGradients } from '../../src/debug/checkGradients.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { add, mul } from '../../src/ops/arithmetic.ts'
import { batchNorm, batchStatistics, groupNorm, instanceNorm, layerNorm, rmsNorm } from '../../src/ops/normalization.ts'
import { sum } from '../../src/ops/reductions.ts'
import { readData, tensor } from '../../src/runtime/host.ts'
import { numbers, ROUNDING, worstError } from '../nn/numbers.ts'

const x = () => numbers([2, 3, 4])
const cotangent = () => numbers([2, 3, 4], { a: 29, b: 5 })
const scaleOf = (shape: number[]) => numbers(shape, { a: 5, b: 3, scale: 32, plus: 1 })
const offsetOf = (shape: number[]) => numbers(shape, { a: 7, b: 9, scale: 32 })
type Norm = (x: Tensor, scale: Tensor, offset: Tensor) => Tensor

interface Case {
  readonly name: string
  readonly norm: Norm
  readonly shape: number[]
  readonly values: readonly number[]
  readonly gradient: readonly number[]
}

const cases: readonly Case[] = [
  {
    name: 'layerNorm',
    norm: (z, scale, offset) => layerNorm(z, { scale, offset }),
    shape: [4],
    values: [-0.833712638518, -0.323887021845, -0.567433589501, 0.627275831105, -0.663397116405, -0.821263794981, 0.240803666843, -0.394617301568, -0.663397116405, -0.821263794981, 0.240803666843, -0.394617301568, -0.833712638518, -0.323887021845, -0.567433589501, 0.627275831105, -0.663397116405, -0.821263794981, 0.240803666843, -0.394617301568, -0.663397116405, -0.821263794981, 0.240803666843, -0.394617301568], // prettier-ignore
    gradient: [-0.371294737229, -0.00722589349703, 0.473599150462, -0.095078519736, -0.0155485080665, 0.293814275339, 0.118618974974, -0.396884742246, 0.170466832479, 0.379280478797, 0.0331527715161, -0.582900082791, 0.126611784099, -0.0700975918231, -0.141890252252, 0.0853760599755, 0.068237184222, -0.174564640292, -0.107626530974, 0.213953987045, 0.254252524767, -0.0890984368345, -0.193092734432, 0.0279386464996], // prettier-ignore
  },
  {
    name: 'layerNorm over two axes',
    norm: (z, scale, offset) => layerNorm(z, { axes: [-1, -2], scale, offset }),
    shape: [3, 4],
    values: [-0.83347052381, -0.295285681823, -0.554106584199, 0.708628934481, 0.0702814871701, -1.03384853802, 1.0396936903, -0.443962879822, 0.354130025185, -1.50905308987, 2.01359049183, -0.229119168158, -0.83347052381, -0.295285681823, -0.554106584199, 0.708628934481, 0.0702814871701, -1.03384853802, 1.0396936903, -0.443962879822, 0.354130025185, -1.50905308987, 2.01359049183, -0.229119168158], // prettier-ignore
    gradient: [0.489256132933, -0.11254809954, 1.11633860304, -0.472234646264, 1.2051834276, 0.291470271959, 1.08701377311, -0.482245232876, 0.76182963956, -1.46297521677, 0.229631026957, -2.65071967971, -0.51333444426, 1.11662298711, -0.30061458548, 1.77787421718, -0.294909205756, 0.119931361292, -0.496218305087, 0.367153633247, -0.904541883473, 0.407361426148, -1.51987994091, 0.240554739993], // prettier-ignore
  },
  {
    name: 'groupNorm',
    norm: (z, scale, offset) => groupNorm(z, 2, { scale, offset }),
    shape: [4],
    values: [-0.811184605003, -0.215217657078, -0.681799955013, 0.578260271574, -0.703493803058, -0.847003695157, -0.21513981325, -0.843258314103, -0.595803001113, -0.559828223303, 0.251520328512, -0.197113502432, -0.811184605003, -0.215217657078, -0.681799955013, 0.578260271574, -0.703493803058, -0.847003695157, -0.21513981325, -0.843258314103, -0.595803001113, -0.559828223303, 0.251520328512, -0.197113502432], // prettier-ignore
    gradient: [0.00932919564366, -0.0165637221912, 0.819264044194, -0.160768872853, 0.181220930622, 0.0489605648704, 0.470359453742, -0.396857047987, 0.00850209937595, -0.231449068321, 0.121454863289, -0.853452440385, -0.105079605561, 0.343684830634, -0.192990813279, 0.873227244693, -0.157053130776, 0.143569444428, -0.378835953188, 0.278408278362, -0.209026655991, -0.0160948827331, -0.564681093097, -0.0151276634916], // prettier-ignore
  },
  {
    name: 'instanceNorm',
    norm: (z, scale, offset) => instanceNorm(z, { scale, offset }),
    shape: [4],
    values: [-0.833569280562, -0.184970286688, -0.778800215768, 0.646316854952, -0.71875, -0.796498553705, -0.28125, -0.729621745837, -0.603930719438, -0.518531159607, 0.216300215768, -0.104195109115, -0.833569280562, -0.184970286688, -0.778800215768, 0.646316854952, -0.71875, -0.796498553705, -0.28125, -0.729621745837, -0.603930719438, -0.518531159607, 0.216300215768, -0.104195109115], // prettier-ignore
    gradient: [-0.0612380518874, 0.0733108214999, 2.86586173061e-06, 0.164949348375, 0.122473899266, 0.0879714023147, 0, 0.197935655208, -0.0612358473784, -0.161282223815, -2.86586173061e-06, -0.362885003583, 6.61352707065e-07, 0.0733108214999, 2.86586173061e-06, 0.164949348375, 0, 0.0879714023147, 0, 0.197935655208, -6.61352707065e-07, -0.161282223815, -2.86586173061e-06, -0.362885003583], // prettier-ignore
  },
  {
    name: 'batchNorm by the statistics of the batch',
    norm: (z, scale, offset) => batchNorm(z, { ...batchStatistics(z), scale, offset }),
    shape: [4],
    values: [-0.82132094115, -0.159273202201, -0.725724078315, 0.704135295048, -0.707353228761, -0.767056138816, -0.231863991298, -0.663376312335, -0.593385516373, -0.490791167627, 0.261996095718, -0.0417801271609, -0.844114483627, -0.214526196439, -0.824496095718, 0.579816058013, -0.730146771239, -0.822309133053, -0.330636008702, -0.78769554937, -0.61617905885, -0.546044161865, 0.163224078315, -0.166099364196], // prettier-ignore
    gradient: [-0.107193520664, -0.0983602727453, 0.537166000845, -0.221310613677, 0.160490519928, -0.13794549353, 0.467098981613, -0.310377360443, 0.0634778808778, -0.361056186211, 0.39703196238, -0.812376418974, 0.0580876790032, 0.299881028912, -0.39703196238, 0.674732315052, -0.0389249600473, 0.260295808127, -0.467098981613, 0.585665568286, -0.135937599098, 0.0371851154468, -0.537166000845, 0.0836665097552], // prettier-ignore
  },
  {
    name: 'rmsNorm',
    norm: (z, scale) => rmsNorm(z, { scale }),
    shape: [4],
    values: [-0.101869721588, 0.206973402591, -0.231228098207, 0.756746503224, -0.00543535112067, -0.405839550343, 0.211978693706, -0.587017921032, 0.0999661203118, -0.112242661403, 0.661179427325, 0.063136497039, -0.12192813004, 0.156068006451, -0.317013138103, 0.643780526609, -0.0237513011918, -0.40535554034, 0.102922305164, -0.627034351463, 0.089028086209, -0.189926583913, 0.642980622621, -0.0712224689672], // prettier-ignore
    gradient: [-0.229799373703, 0.101166164753, 0.599877860738, 0.00593100636439, 0.150457205512, 0.263113273311, 0.316349728146, -0.259472012673, -0.030781033746, -0.266907779683, 0.00821670467613, -0.89435084334, 0.370166290127, 0.214831216963, 0.113502452921, 0.380851563894, -0.104593094005, -0.106964989413, -0.297595606176, 0.111721719075, 0.191650906187, -0.167565218743, -0.198923124949, -0.0437547517833], // prettier-ignore
  },
]

describe.each(cases)('$name', ({ norm, shape, values, gradient }) => {
  test('has the values and gradients of PyTorch', async () => {
    const of = (z: Tensor): Tensor => norm(z, scaleOf(shape), offsetOf(shape))
    expect(await worstError(of(x()), values)).toBeLessThan(ROUNDING)
    expect(await worstError(grad((z: Tensor) => sum(mul(of(z), cotangent())))(x()), gradient)).toBeLessThan(1e-10)
  })

  test('has derivatives of both orders by all operands', async () => {
    const report = await checkGradients(norm, [x(), scaleOf(shape), offsetOf(shape)], { order: 2 })
    expect(report.checked.second).toBeGreaterThan(20)
  })
})

test('epsilon is added to the variance', async () => {
  const z = tensor([[1, 3]], { dtype: 'float64' })
  expect(await worstError(layerNorm(z, { epsilon: 3 }), [-0.5, 0.5])).toBeLessThan(ROUNDING)
  expect(await worstError(rmsNorm(z, { epsilon: 4 }), [1 / 3, 1])).toBeLessThan(ROUNDING)
  expect(await worstError(groupNorm(z, 1, { epsilon: 3 }), [-0.5, 0.5])).toBeLessThan(ROUNDING)
  const statistics = { mean: tensor([1, 1], { dtype: 'float64' }), variance: tensor([1, 4], { dtype: 'float64' }) }
  expect(await worstError(batchNorm(z, { ...statistics, epsilon: 0 }), [0, 1])).toBeLessThan(ROUNDING)
})

test('statistics are taken in two passes: a common offset of float32 values costs no digits', async () => {
  const z = numbers([4, 8], { dtype: 'float32' })
  const far = add(z, 4096)
  const [near, moved] = [await readData(layerNorm(z)), await readData(layerNorm(far))]
  near.forEach((value, i) => expect(moved[i]).toBeCloseTo(value, 5))
  const [a, b] = [await readData(batchStatistics(z).variance), await readData(batchStatistics(far).variance)]
  a.forEach((value, i) => expect(b[i]).toBeCloseTo(value, 5))
})

test('constant slices become the offset, with finite gradients', async () => {
  const z = tensor([[5, 5, 5]])
  expect(await readData(layerNorm(z, { offset: tensor([1, 2, 3]) }))).toEqual(new Float32Array([1, 2, 3]))
  const gradient = await readData(grad((y: Tensor) => sum(mul(layerNorm(y), tensor([1, 2, 3]))))(z))
  expect(gradient.every(Number.isFinite)).toBe(true)
})

test('batchStatistics gives mean and biased variance of each channel over all other axes', async () => {
  const { mean, variance } = batchStatistics(tensor([[[1, 10], [3, 10]], [[5, 10], [7, 14]]], { dtype: 'float64' })) // prettier-ignore
  expect(await worstError(mean, [4, 11])).toBeLessThan(ROUNDING)
  expect(await worstError(variance, [5, 3])).toBeLessThan(ROUNDING)
})

test('empty batches and images of two spatial axes are taken', async () => {
  expect(layerNorm(numbers([0, 4])).shape).toEqual([0, 4])
  expect(groupNorm(numbers([2, 3, 5, 4]), 2).shape).toEqual([2, 3, 5, 4])
  expect((await readData(instanceNorm(numbers([0, 3, 4])))).length).toBe(0)
})

test('operands that do not fit are refused with both shapes', () => {
  expect(() => layerNorm(x(), { scale: numbers([3]) })).toThrow(
    'layerNorm: scale float64[3] does not fit float64[2, 3, 4]: expected [4]',
  )
  expect(() => layerNorm(x(), { axes: 5 })).toThrow(ShapeError)
  expect(() => layerNorm(tensor([1, 2], { dtype: 'int32' }))).toThrow(DTypeError)
  expect(() => layerNorm(x(), { epsilon: -1 })).toThrow(ArgumentError)
  expect(() => groupNorm(x(), 3)).toThrow('divides the 4 channels of [2, 3, 4], got 3')
  expect(() => instanceNorm(numbers([4]))).toThrow(ShapeError)
  expect(() => batchNorm(x(), { mean: numbers([3]), variance: numbers([4]) })).toThrow(
    'batchNorm: mean float64[3] does not fit',
  )
  expect(() => rmsNorm(x(), { offset: numbers([4, 4]) })).toThrow(ShapeError)
})
