// Samples of the convolutions, of sliding windows and of barriers: strides, padding, cropping, dilation, groups, one to three axes.

import type { DType } from '../../../src/core/dtype.ts'
import { barrier } from '../../../src/primitives/barrier.ts'
import {
  type ConvolutionGeometry,
  convolve,
  convolveInput,
  convolveKernel,
} from '../../../src/primitives/convolution.ts'
import { overlapAdd, type WindowGeometry, windows } from '../../../src/primitives/windows.ts'
import { casesOf, integers, laid, type Layout, type Sample, uniform } from '../sample.ts'

interface Setting {
  readonly name: string
  readonly geometry: ConvolutionGeometry
  readonly groups?: number
  readonly samples?: number
  readonly channels?: number
  readonly features?: number
  readonly layouts?: readonly [Layout, Layout]
  readonly dtype?: DType
}

const geometry = (
  input: number[],
  window: number[],
  output: number[],
  stride = input.map(() => 1),
  low = input.map(() => 0),
  dilation = input.map(() => 1),
): ConvolutionGeometry => ({ input, window, output, stride, low, dilation })

const SETTINGS: readonly Setting[] = [
  { name: 'one axis', geometry: geometry([7], [3], [5]), samples: 2, channels: 2, features: 3 },
  { name: 'two axes, padded', geometry: geometry([5, 6], [3, 3], [5, 6], [1, 1], [1, 1]), samples: 2, channels: 3, features: 4 }, // prettier-ignore
  { name: 'strides and dilation', geometry: geometry([9, 8], [3, 2], [3, 3], [2, 3], [1, 0], [2, 1]), channels: 2, features: 2 }, // prettier-ignore
  { name: 'groups', geometry: geometry([5, 5], [3, 3], [3, 3]), groups: 3, samples: 2, channels: 2, features: 2 },
  { name: 'depthwise', geometry: geometry([6, 6], [3, 3], [3, 3], [2, 2], [1, 1]), groups: 4, samples: 2 },
  { name: 'one position', geometry: geometry([1, 1], [1, 1], [1, 1]), channels: 5, features: 7 },
  { name: 'three axes', geometry: geometry([3, 4, 3], [2, 2, 2], [2, 3, 2]), channels: 2, features: 2 },
  { name: 'cropped', geometry: geometry([7], [2], [3], [1], [-2]), channels: 2, features: 3 },
  { name: 'positions left over', geometry: geometry([8], [2], [3], [3]), samples: 3 },
  { name: 'no samples', geometry: geometry([5], [3], [3]), samples: 0, channels: 2, features: 2 },
  { name: 'transposed and strided operands', geometry: geometry([5, 4], [2, 2], [4, 3]), samples: 2, channels: 3, features: 3, layouts: ['transposed', 'strided'] }, // prettier-ignore
  { name: 'repeated operands', geometry: geometry([5, 4], [2, 2], [4, 3]), groups: 2, samples: 2, channels: 3, features: 3, layouts: ['repeated', 'repeated'] }, // prettier-ignore
  { name: 'primes above the tiles', geometry: geometry([7, 5], [3, 3], [7, 5], [1, 1], [1, 1]), samples: 1, channels: 11, features: 13 }, // prettier-ignore
  { name: 'float64', geometry: geometry([6], [3], [4]), samples: 2, channels: 2, features: 2, dtype: 'float64' },
]

type Role = 'x' | 'w' | 'y'

function sampleOf(setting: Setting, roles: readonly [Role, Role]): Sample<ConvolutionGeometry> {
  const { groups = 1, samples = 1, channels = 1, features = 1, layouts = ['plain', 'plain'], dtype = 'float32' } = setting // prettier-ignore
  const { input, window, output } = setting.geometry
  const shapes = {
    x: [groups, samples, ...input, channels],
    w: [groups, ...window, channels, features],
    y: [groups, samples, ...output, features],
  }
  const inputs = roles.map((role, i) => laid(layouts[i]!, uniform(shapes[role], -1, 1, dtype)))
  return { name: setting.name, inputs, params: setting.geometry }
}

const forRoles = (roles: readonly [Role, Role]): Sample<ConvolutionGeometry>[] =>
  SETTINGS.map((setting) => sampleOf(setting, roles))

const WINDOWS: readonly {
  name: string
  geometry: WindowGeometry
  samples?: number
  channels?: number
  layout?: Layout
  integer?: true
}[] = [
  // prettier-ignore
  { name: 'halves', geometry: geometry([4, 6], [2, 2], [2, 3], [2, 2]), samples: 2, channels: 3 },
  { name: 'overlapping', geometry: geometry([7, 7], [3, 3], [3, 3], [2, 2]), samples: 2, channels: 2 },
  { name: 'padded', geometry: geometry([5, 4], [3, 2], [3, 3], [2, 2], [1, 1]), channels: 2 },
  { name: 'dilated', geometry: geometry([9], [3], [3], [2], [0], [2]), samples: 2 },
  { name: 'gaps between windows', geometry: geometry([9], [2], [3], [3]), channels: 3 },
  { name: 'one element', geometry: geometry([1], [1], [1]) },
  { name: 'no samples', geometry: geometry([4], [2], [2], [2]), samples: 0, channels: 2 },
  { name: 'behind a transposition', geometry: geometry([5, 5], [2, 3], [4, 3]), samples: 3, channels: 2, layout: 'transposed' }, // prettier-ignore
  { name: 'repeated', geometry: geometry([5], [3], [3]), samples: 3, channels: 2, layout: 'repeated' },
  { name: 'integers', geometry: geometry([5], [3], [3]), channels: 2, integer: true },
]

function windowSamples(kind: 'windows' | 'overlapAdd'): Sample<WindowGeometry>[] {
  return WINDOWS.map(({ name, geometry: params, samples = 1, channels = 1, layout = 'plain', integer }) => {
    const shape = kind === 'windows' ? [samples, ...params.input, channels] : [samples, ...params.output, channels, ...params.window] // prettier-ignore
    return { name, inputs: [laid(layout, integer ? integers(shape) : uniform(shape))], params }
  })
}

/** Cases by exported name. */
export const convolution = {
  convolve: casesOf(convolve, forRoles(['x', 'w'])),
  convolveInput: casesOf(convolveInput, forRoles(['w', 'y'])),
  convolveKernel: casesOf(convolveKernel, forRoles(['x', 'y'])),
  windows: casesOf(windows, windowSamples('windows')),
  overlapAdd: casesOf(overlapAdd, windowSamples('overlapAdd')),
  barrier: casesOf(barrier, [
    { name: 'vector after scalar', inputs: [uniform([5]), uniform([])], params: null },
    { name: 'scalar after matrix', inputs: [uniform([]), uniform([2, 3])], params: null },
    { name: 'matrix after itself transposed', inputs: [uniform([3, 4]), laid('transposed', uniform([3, 4]))], params: null }, // prettier-ignore
    { name: 'strided after repeated', inputs: [laid('strided', uniform([3, 5])), laid('repeated', uniform([3, 5]))], params: null }, // prettier-ignore
    { name: 'empty after scalar', inputs: [uniform([0, 3]), uniform([])], params: null },
    { name: 'one element', inputs: [uniform([1]), uniform([1])], params: null },
    { name: 'primes', inputs: [uniform([7, 11]), uniform([13])], params: null },
    { name: 'integers', inputs: [integers([5]), uniform([2])], params: null },
  ]),
}
