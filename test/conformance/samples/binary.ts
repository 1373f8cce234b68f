// Samples of the elementwise primitives of two operands, and of select.

import * as p from '../../../src/primitives/elementwise.ts'
import { threefry, type Word } from '../../../src/primitives/threefry.ts'
import type { DType } from '../../../src/core/dtype.ts'
import type { Shape } from '../../../src/core/shape.ts'
import { apartFrom, bools, casesOf, distinct, given, integers, laid, type Layout, type Operand, type Sample, uniform } from '../sample.ts' // prettier-ignore

type Pair = (shape: Shape, dtype?: DType) => readonly [Operand, Operand]

/** The shapes and layouts that every elementwise function of two operands goes through. */
function shapesOf(make: Pair): Sample<null>[] {
  const sample = (name: string, shape: Shape, left: Layout = 'plain', right: Layout = 'plain'): Sample<null> => {
    const [x, y] = make(shape)
    return { name, inputs: [laid(left, x), laid(right, y)], params: null }
  }
  return [
    sample('ordinary', [2, 3]),
    sample('scalar', []),
    sample('one element', [1]),
    sample('empty', [3, 0]),
    sample('prime extents', [11, 7]),
    sample('large', [130, 33]),
    sample('rhs transposed', [5, 3], 'plain', 'transposed'),
    sample('lhs strided, rhs repeated', [3, 5], 'strided', 'repeated'),
  ]
}

const floats = (make: Pair): Sample<null>[] => [
  ...shapesOf(make),
  { name: 'float64', inputs: make([5], 'float64'), params: null },
]
const real: Pair = (shape, dtype) => [uniform(shape, -2, 2, dtype), uniform(shape, -2, 2, dtype)]
const overPositive: Pair = (shape, dtype) => [uniform(shape, -2, 2, dtype), uniform(shape, 0.5, 2, dtype)]
const overApart: Pair = (shape, dtype) => [uniform(shape, -2, 2, dtype), apartFrom([0], shape, -2, 2, dtype)]
/** Quotients that keep away from integers, where the remainder jumps. */
const remainders: Pair = (shape, dtype) => [
  apartFrom([-2.2, -1.1, 0, 1.1, 2.2], shape, -3.2, 3.2, dtype),
  laid('plain', { ...uniform(shape, 1.1, 1.1, dtype) }),
]
const untied: Pair = (shape, dtype) => [distinct(shape, 0, dtype), distinct(shape, 0.5, dtype)]
const powers: Pair = (shape, dtype) => [uniform(shape, 0.3, 2.5, dtype), uniform(shape, -2, 3, dtype)]
const small: Pair = (shape) => [integers(shape, -3, 3), integers(shape, -3, 3)]
const truths: Pair = (shape) => [bools(shape), bools(shape)]

const pair = (name: string, x: readonly number[], y: readonly number[], dtype: DType): Sample<null> => ({
  name,
  inputs: [given(x, dtype), given(y, dtype)],
  params: null,
})
const nonFinite: Sample<null> = {
  ...pair('not finite', [Infinity, -Infinity, NaN, 1, 0], [1, -Infinity, 0, NaN, 0], 'float32'),
  nonFinite: true,
}
const INT: Sample<null> = pair('int32', [-7, 7, 0, 5, 2147483647], [2, -2, 3, 5, 1], 'int32')
const UINT: Sample<null> = pair('uint32', [7, 4294967295, 0, 3000000000], [2, 1, 3, 2000000000], 'uint32')
const WRAPS: Sample<null> = pair(
  'int32 wraps',
  [2147483647, -2147483648, 65537, 123456789],
  [2147483647, -1, 65537, 987654321],
  'int32',
)
const BY_ZERO: Sample<null> = pair('int32 by zero', [5, -5, 0], [0, 0, 0], 'int32')
const LARGE_UINT: Sample<null> = pair(
  'uint32 above 2^31',
  [3000000000, 5, 4294967295],
  [5, 3000000000, 4294967295],
  'uint32',
)
const arithmetic: Sample<null>[] = [...floats(real), INT, UINT, WRAPS, nonFinite]
const comparison: Sample<null>[] = [
  ...shapesOf(small),
  pair('float32', [1, 2, -0, 3.5], [1, 3, 0, -3.5], 'float32'),
  LARGE_UINT,
]
const bitwise: Sample<null>[] = [...shapesOf(truths), pair('int32', [12, -1, 7], [10, 255, -8], 'int32'), LARGE_UINT]
const equality: Sample<null>[] = [...comparison, { name: 'bool', inputs: truths([13]), params: null }]
const tie = (halves: readonly (readonly number[])[]): Sample<null> => ({
  ...pair('ties', [1, 2, 3], [1, 5, 0], 'float32'),
  gradients: { given: halves },
})

const angles: Pair = (shape, dtype) => [apartFrom([0], shape, -2, 2, dtype), apartFrom([0], shape, -2, 2, dtype)]
/** Negative quotients, toward 0, of the sample with great ones. */
const QUOTIENTS = [[1e6, 0.3], [-16777213, 1.7], [1e-3, 5e-9], [3e38, 2e33]].map(([x, y]) => -Math.trunc(Math.fround(x!) / Math.fround(y!))) // prettier-ignore
const bases = [10, 1.0000001, 3e-3, 7].map(Math.fround)
const exponents = [38, 5e8, 15, -40]
const LARGE = {
  byBase: bases.map((x, i) => exponents[i]! * x ** (exponents[i]! - 1)),
  byExponent: bases.map((x, i) => x ** exponents[i]! * Math.log(x)),
}

/** Keys and counters with the known answers' extremes, many at once, and words that are views. */
const hashes = ([0, 1] as const).flatMap((word): Sample<Word>[] => [
  {
    name: `known answers, word ${word}`,
    inputs: [
      given([0, 4294967295, 0x13198a2e], 'uint32'),
      given([0, 4294967295, 0x03707344], 'uint32'),
      given([0, 4294967295, 0x243f6a88], 'uint32'),
      given([0, 4294967295, 0x85a308d3], 'uint32'),
    ],
    params: { word },
  },
  {
    name: `words of views, word ${word}`,
    inputs: (['plain', 'transposed', 'repeated', 'strided'] as const).map((layout) =>
      laid(layout, integers([5, 4], 0, 9, 'uint32')),
    ),
    params: { word },
  },
])

/** Cases by exported name. */
export const binary = {
  add: casesOf(p.add, arithmetic),
  sub: casesOf(p.sub, arithmetic),
  mul: casesOf(p.mul, [...arithmetic, pair('uint32 wraps', [4294967295, 65536], [4294967295, 65537], 'uint32')]),
  div: casesOf(p.div, [
    ...floats(overApart),
    INT,
    UINT,
    BY_ZERO,
    pair('least int32 by -1', [-2147483648], [-1], 'int32'),
    LARGE_UINT,
    nonFinite,
  ]),
  rem: casesOf(p.rem, [
    ...floats(remainders),
    INT,
    UINT,
    BY_ZERO,
    pair('signs', [7, -7, 7, -7], [3, 3, -3, -3], 'int32'),
    LARGE_UINT,
    { ...pair('float32 signs', [7.5, -7.5, 7.5, -7.5], [2, 2, -2, -2], 'float32') },
    { ...pair('float32, great quotients', [1e6, -16777213, 1e-3, 3e38], [0.3, 1.7, 5e-9, 2e33], 'float32'), gradients: { given: [[1, 1, 1, 1], QUOTIENTS] } }, // prettier-ignore
    pair('least int32 by -1', [-2147483648], [-1], 'int32'),
  ]),
  pow: casesOf(p.pow, [
    ...floats(powers),
    pair('exponent 0, where mixed derivatives are 1 / x', [2, 0.7, 1.5], [0, 0, 0], 'float32'),
    // d x^y / dy is taken as 0 for x <= 0
    { ...pair('negative base', [-2, -1.5, -3], [3, 2, -1], 'float32'), gradients: { given: [[12, -3, -1 / 9], [0, 0, 0]] } }, // prettier-ignore
    { ...pair('zero base', [0, 0, 2, 0], [2, 1, 0, 0], 'float32'), gradients: { given: [[0, 1, 0, 0], [0, 0, Math.LN2, 0]] } }, // prettier-ignore
    { ...pair('large powers', [10, 1.0000001, 3e-3, 7], [38, 5e8, 15, -40], 'float32'), gradients: { given: [LARGE.byBase, LARGE.byExponent] } }, // prettier-ignore
    { ...pair('not finite', [-2, -8, 0, 4, Infinity], [0.5, 1 / 3, -1, NaN, 2], 'float32'), nonFinite: true },
  ]),
  atan2: casesOf(p.atan2, [
    ...floats(angles),
    pair('quadrants and axes', [1, -1, 1, -1, 2, 0.5, -3], [1, 1, -1, -1, 1e-8, 4, -0.1], 'float32'),
    {
      ...pair('at the origin', [0, 1, 0], [0, 0, 2], 'float32'),
      gradients: {
        given: [
          [0, 0, 0.5],
          [0, -1, 0],
        ],
      },
    },
    { ...pair('where squares leave float32', [1e30, 3e-30], [1e30, 4e-30], 'float32'), gradients: { given: [[5e-31, 1.6e29], [-5e-31, -1.2e29]] } }, // prettier-ignore
    { ...pair('signed zeros', [0, -0, 0, -0], [-0, -0, -1, 1], 'float32'), gradients: { given: [[0, 0, -1, 1], [0, 0, 0, 0]] } }, // prettier-ignore
    { ...pair('not finite', [Infinity, -Infinity, NaN, 1], [Infinity, -Infinity, 1, NaN], 'float32'), nonFinite: true },
  ]),
  maximum: casesOf(p.maximum, [...floats(untied), INT, LARGE_UINT, tie([[0.5, 0, 1], [0.5, 1, 0]]), nonFinite]), // prettier-ignore
  minimum: casesOf(p.minimum, [...floats(untied), INT, LARGE_UINT, tie([[0.5, 1, 0], [0.5, 0, 1]]), nonFinite]), // prettier-ignore
  equal: casesOf(p.equal, [...equality, nonFinite]),
  notEqual: casesOf(p.notEqual, [...equality, nonFinite]),
  less: casesOf(p.less, [...comparison, nonFinite]),
  lessEqual: casesOf(p.lessEqual, [...comparison, nonFinite]),
  greater: casesOf(p.greater, [...comparison, nonFinite]),
  greaterEqual: casesOf(p.greaterEqual, [...comparison, nonFinite]),
  and: casesOf(p.and, bitwise),
  or: casesOf(p.or, bitwise),
  xor: casesOf(p.xor, bitwise),
  shiftLeft: casesOf(p.shiftLeft, [...shapesOf((shape) => [integers(shape), integers(shape, 0, 31)]), pair('uint32', [1, 3, 4294967295], [31, 30, 4], 'uint32'), pair('modulo 32', [1, 1, 5], [32, 33, 63], 'int32')]), // prettier-ignore
  shiftRight: casesOf(p.shiftRight, [...shapesOf((shape) => [integers(shape), integers(shape, 0, 31)]), pair('uint32', [4294967295, 2147483648, 5], [31, 4, 1], 'uint32'), pair('modulo 32', [-8, 64, 5], [32, 33, 63], 'int32')]), // prettier-ignore
  threefry: casesOf(threefry, hashes),
  select: casesOf(p.select, [
    ...floats(overPositive).map((sample, i): Sample<null> => {
      const condition = bools(sample.inputs[0]!.shape)
      return { ...sample, inputs: [laid(i % 2 === 0 ? 'plain' : 'transposed', condition), ...sample.inputs] }
    }),
    { name: 'int32', inputs: [bools([7]), integers([7]), integers([7])], params: null },
    { name: 'bool', inputs: [bools([13]), bools([13]), bools([13])], params: null },
    {
      name: 'not finite, other branch taken',
      inputs: [given([1, 0], 'bool'), given([1, NaN]), given([Infinity, 2])],
      params: null,
      nonFinite: true,
    },
  ]),
}
