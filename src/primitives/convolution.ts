// Convolution and its two transposes. All three are one trilinear form, T(x, w, y) = Σ x[g, n, s·o + d·k - low, c] w[g, k, c, f] y[g, n, o, f]
// over groups g, samples n, output positions o, window positions k and channels c, f; each primitive is T with one of the
// three left out, so that each one's derivatives are the other two. To the compiler all are contractions (implicit GEMM).

import { formatAval } from '../core/aval.ts'
import { isFloating } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape, sizeOf } from '../core/shape.ts'
import { floorDiv, floorMod, guarded, integer, plus, times, within } from '../ir/indexMap.ts'
import type { ContractionLowering, Read } from '../ir/lowering.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { binary, constant, type Scalar, select } from '../ir/scalar.ts'
import type { ReferenceArray } from '../ir/tensor.ts'
import type { Aval } from '../core/aval.ts'
import { eachCoordinate } from './reference.ts'
import type { WindowGeometry } from './windows.ts'

/** The extents and steps of a convolution, one entry per spatial axis: input position `s·o + d·k - low` meets output position `o`. */
export type ConvolutionGeometry = WindowGeometry

type Role = 'x' | 'w' | 'y'

/** Extents of the operands: `x [G, N, ...input, C]`, `w [G, ...window, C, F]`, `y [G, N, ...output, F]`. */
interface Extents {
  readonly groups: number
  readonly samples: number
  readonly channels: number
  readonly features: number
}

const middleOf = (shape: readonly number[], role: Role): readonly number[] =>
  role === 'w' ? shape.slice(1, -2) : shape.slice(2, -1)

/** The extents of two operands that fit together, given in the order x, w, y with one missing. */
function extentsOf(name: string, operands: { readonly [R in Role]?: Aval }, geometry: ConvolutionGeometry): Extents {
  const spatial = { x: geometry.input, w: geometry.window, y: geometry.output }
  const given = (['x', 'w', 'y'] as const).flatMap((role) => (operands[role] === undefined ? [] : [{ role, aval: operands[role] }])) // prettier-ignore
  const text = given.map(({ aval }) => formatAval(aval)).join(' and ')
  const [first, second] = given
  if (!isFloating(first!.aval.dtype) || first!.aval.dtype !== second!.aval.dtype)
    throw new DTypeError(`${name}: operands must be floats of one dtype, got ${text}`)
  for (const { role, aval } of given) {
    if (aval.shape.length !== spatial[role].length + 3 || !sameShape(middleOf(aval.shape, role), spatial[role]))
      throw new ShapeError(
        `${name}: ${formatAval(aval)} does not have the spatial extents ${formatShape(spatial[role])}`,
      )
  }
  const { x, w, y } = operands
  const extents = {
    groups: first!.aval.shape[0]!,
    samples: (x ?? y)!.shape[1]!,
    channels: (x ?? w)!.shape.at(x === undefined ? -2 : -1)!,
    features: (y ?? w)!.shape.at(-1)!,
  }
  const fits =
    given.every(({ aval }) => aval.shape[0] === extents.groups) &&
    (x === undefined || y === undefined || x.shape[1] === y.shape[1]) &&
    (x === undefined || w === undefined || x.shape.at(-1) === w.shape.at(-2)) &&
    (w === undefined || y === undefined || w.shape.at(-1) === y.shape.at(-1))
  if (!fits) throw new ShapeError(`${name}: groups, samples or channels of ${text} differ`)
  return extents
}

const shapeOf = (
  role: Role,
  { groups, samples, channels, features }: Extents,
  geometry: ConvolutionGeometry,
): number[] =>
  role === 'x'
    ? [groups, samples, ...geometry.input, channels]
    : role === 'w'
      ? [groups, ...geometry.window, channels, features]
      : [groups, samples, ...geometry.output, features]

/** Calls `visit` with the flat indices of every product of the trilinear form. */
function eachProduct(
  extents: Extents,
  geometry: ConvolutionGeometry,
  visit: (x: number, w: number, y: number) => void,
): void {
  const { groups, samples, channels, features } = extents
  const { input, window, output, stride, low, dilation } = geometry
  const [inputs, windows, outputs] = [sizeOf(input), sizeOf(window), sizeOf(output)]
  eachCoordinate(output, (o, outputAt) => {
    eachCoordinate(window, (k, windowAt) => {
      const i = o.map((position, axis) => stride[axis]! * position + dilation[axis]! * k[axis]! - low[axis]!)
      if (i.some((position, axis) => position < 0 || position >= input[axis]!)) return
      const inputAt = i.reduce((flat, position, axis) => flat * input[axis]! + position, 0)
      for (let g = 0; g < groups; g++) {
        for (let n = 0; n < samples; n++) {
          for (let c = 0; c < channels; c++) {
            for (let f = 0; f < features; f++) {
              visit(
                ((g * samples + n) * inputs + inputAt) * channels + c,
                ((g * windows + windowAt) * channels + c) * features + f,
                ((g * samples + n) * outputs + outputAt) * features + f,
              )
            }
          }
        }
      }
    })
  })
}

/** The element of `x` at output positions `o` and window positions `k`, 0 in the padding. */
function readInput(
  read: Read,
  operand: number,
  geometry: ConvolutionGeometry,
  g: Scalar,
  n: Scalar,
  o: readonly Scalar[],
  k: readonly Scalar[],
  c: Scalar,
  dtype: Aval['dtype'],
): Scalar {
  // prettier-ignore
  let valid: Scalar = constant('bool', 1)
  const positions = o.map((position, axis) => {
    const at = plus(plus(times(position, geometry.stride[axis]!), times(k[axis]!, geometry.dilation[axis]!)), -geometry.low[axis]!) // prettier-ignore
    valid = binary('and', valid, within(at, geometry.input[axis]!))
    return at
  })
  const value = read(operand, [g, n, ...positions.map((at) => guarded(valid, at)), c])
  return select(valid, value, constant(dtype, 0))
}

/** The element of `y` that meets input positions `i` at window positions `k`, 0 where none does. */
function readOutput(
  read: Read,
  operand: number,
  geometry: ConvolutionGeometry,
  g: Scalar,
  n: Scalar,
  i: readonly Scalar[],
  k: readonly Scalar[],
  f: Scalar,
  dtype: Aval['dtype'],
): Scalar {
  // prettier-ignore
  let valid: Scalar = constant('bool', 1)
  const positions = i.map((position, axis) => {
    const stride = geometry.stride[axis]!
    const scaled = plus(plus(position, geometry.low[axis]!), times(k[axis]!, -geometry.dilation[axis]!))
    const rest = floorMod(scaled, stride)
    const at = floorDiv(scaled, stride)
    const onGrid = rest.op === 'const' ? constant('bool', Number(rest.value === 0)) : binary('eq', rest, integer(0))
    valid = binary('and', valid, binary('and', onGrid, within(at, geometry.output[axis]!)))
    return at
  })
  const value = read(operand, [g, n, ...positions.map((at) => guarded(valid, at)), f])
  return select(valid, value, constant(dtype, 0))
}

function define(
  name: string,
  roles: readonly [Role, Role],
  result: Role,
  lower: (extents: Extents, geometry: ConvolutionGeometry, dtype: Aval['dtype']) => ContractionLowering,
): PrimitiveFunction<ConvolutionGeometry> {
  const operandsOf = (inputs: readonly Aval[]): { readonly [R in Role]?: Aval } => ({
    [roles[0]]: inputs[0]!,
    [roles[1]]: inputs[1]!,
  })
  return definePrimitive({
    name,
    shape: (inputs, geometry) => ({
      shape: shapeOf(result, extentsOf(name, operandsOf(inputs), geometry), geometry),
      dtype: inputs[0]!.dtype,
    }),
    reference: (inputs, geometry, output) => {
      const data = new Float64Array(sizeOf(output.shape))
      const [a, b] = inputs as readonly [ReferenceArray, ReferenceArray]
      eachProduct(extentsOf(name, operandsOf(inputs), geometry), geometry, (x, w, y) => {
        const at = { x, w, y }
        data[at[result]] = data[at[result]]! + a.data[at[roles[0]]]! * b.data[at[roles[1]]]!
      })
      return data
    },
    lower: (inputs, geometry, output) => lower(extentsOf(name, operandsOf(inputs), geometry), geometry, output.dtype),
    // T is linear in each operand: the derivative by one is T with that one left out
    vjp: ({ inputs: [a, b], params, cotangent, needs }) => [
      needs[0] ? without(roles[0], { [roles[1]]: b!, [result]: cotangent }, params) : null,
      needs[1] ? without(roles[1], { [roles[0]]: a!, [result]: cotangent }, params) : null,
    ],
  })
}

/** T with `role` left out, of the other two operands. */
function without(
  role: Role,
  operands: { readonly [R in Role]?: Parameters<typeof convolve>[0][number] },
  geometry: ConvolutionGeometry,
): ReturnType<typeof convolve> {
  if (role === 'y') return convolve([operands.x!, operands.w!], geometry)
  if (role === 'x') return convolveInput([operands.w!, operands.y!], geometry)
  return convolveKernel([operands.x!, operands.y!], geometry)
}

/** `x [G, N, ...input, C]`, `w [G, ...window, C, F] -> y [G, N, ...output, F]`: cross-correlation, as networks use it. */
export const convolve: PrimitiveFunction<ConvolutionGeometry> = define(
  'convolve',
  ['x', 'w'],
  'y',
  ({ groups, samples, channels, features }, geometry, dtype) => ({
    kind: 'contraction',
    batch: [groups],
    m: [samples, ...geometry.output],
    n: [features],
    k: [...geometry.window, channels],
    lhs: ([g], [n, ...o], k, read) => readInput(read, 0, geometry, g!, n!, o, k, k.at(-1)!, dtype),
    rhs: ([g], k, [f], read) => read(1, [g!, ...k, f!]),
  }),
)

/** `w [G, ...window, C, F]`, `y [G, N, ...output, F] -> x [G, N, ...input, C]`: the transposed convolution. */
export const convolveInput: PrimitiveFunction<ConvolutionGeometry> = define(
  'convolveInput',
  ['w', 'y'],
  'x',
  ({ groups, samples, channels, features }, geometry, dtype) => ({
    kind: 'contraction',
    batch: [groups],
    m: [samples, ...geometry.input],
    n: [channels],
    k: [...geometry.window, features],
    lhs: ([g], [n, ...i], k, read) => readOutput(read, 1, geometry, g!, n!, i, k, k.at(-1)!, dtype),
    rhs: ([g], k, [c], read) => read(0, [g!, ...k.slice(0, -1), c!, k.at(-1)!]),
  }),
)

/** `x [G, N, ...input, C]`, `y [G, N, ...output, F] -> w [G, ...window, C, F]`: the gradient of the kernel. */
export const convolveKernel: PrimitiveFunction<ConvolutionGeometry> = define(
  'convolveKernel',
  ['x', 'y'],
  'w',
  ({ groups, samples, channels, features }, geometry, dtype) => ({
    kind: 'contraction',
    batch: [groups],
    m: [...geometry.window, channels],
    n: [features],
    k: [samples, ...geometry.output],
    lhs: ([g], window, [n, ...o], read) => readInput(read, 0, geometry, g!, n!, o, window, window.at(-1)!, dtype),
    rhs: ([g], [n, ...o], [f], read) => read(1, [g!, n!, ...o, f!]),
  }),
)
