// Elementwise operations, kept to their domains and to bounded values; those with jumps take exact operands only.

import { call, type Choice, type Entry, fitting, float, moved, type Operation, type Pool, rounded } from '../pool.ts'
import type { Argument } from '../program.ts'

/** Functions of one real number. */
const UNARY = ['tanh', 'sin', 'cos', 'sigmoid', 'softplus', 'logSigmoid', 'silu', 'elu', 'selu', 'erf', 'atan', 'mish', 'softsign', 'expm1', 'sinh', 'cosh', 'asinh'] // prettier-ignore
/** Functions without rounding. */
const EXACT = ['neg', 'abs', 'relu', 'relu6', 'hardTanh']
/** Functions with jumps or kinks that are met by rounding. */
const JUMPS = ['sign', 'floor', 'ceil', 'round', 'trunc']

const onFloat =
  (choose: (x: Entry, pool: Pool) => Choice | null, test: (entry: Entry) => boolean = float): Operation =>
  (pool) => {
    const x = pool.pick(test)
    return x === null ? null : choose(x, pool)
  }

const onTwo =
  (choose: (x: Entry, y: Entry, pool: Pool) => Choice | null): Operation =>
  (pool) => {
    const x = pool.pick(float)
    const y = x === null ? null : pool.pick((entry) => float(entry) && fitting(x.shape)(entry))
    if (x === null || y === null) return null
    return pool.random.chance(0.5) ? choose(x, y, pool) : choose(y, x, pool)
  }

const positive = (x: Argument): Argument => call('add', call('square', x), 0.5)
const within = (x: Argument): Argument => call('mul', call('tanh', x), 0.9)

const unary: readonly Operation[] = [
  ...UNARY.map((name) => onFloat((x) => rounded(name, x))),
  ...EXACT.map((name) => onFloat((x) => moved([x], name, x))),
  ...JUMPS.map((name) => onFloat((x) => ({ call: call(name, x), exact: true }), (x) => float(x) && x.exact)), // prettier-ignore
  onFloat((x) => rounded('exp', call('neg', call('abs', x)))),
  onFloat((x) => rounded('exp', x)),
  onFloat((x) => rounded('log', positive(x))),
  onFloat((x) => rounded('log2', positive(x))),
  onFloat((x) => rounded('log1p', call('square', x))),
  onFloat((x) => rounded('sqrt', positive(x))),
  onFloat((x) => rounded('rsqrt', positive(x))),
  onFloat((x) => rounded('reciprocal', positive(x))),
  onFloat((x) => rounded('asin', within(x))),
  onFloat((x) => rounded('acos', within(x))),
  onFloat((x) => rounded('atanh', within(x))),
  onFloat((x) => rounded('acosh', call('add', positive(x), 1))),
  onFloat((x) => rounded('tan', within(x))),
  onFloat((x) => rounded('square', x)),
  onFloat((x) => rounded('leakyRelu', x, 0.25)),
  onFloat((x) => rounded('hardSigmoid', x)),
  onFloat((x) => rounded('hardSwish', x)),
  onFloat((x) => rounded('celu', x, 0.75)),
  onFloat((x, { random }) => rounded('gelu', x, { options: { approximate: random.chance(0.5) } })),
  onFloat((x, { random }) => rounded('mul', x, random.of([0.5, -0.3, 1.7]))),
  onFloat((x, { random }) => rounded('add', random.of([1, -0.7]), x)),
  onFloat((x) => moved([x], 'stopGradient', x)),
  onFloat((x) => moved([x], 'clip', x, -0.75, 1.25)),
]

const binary: readonly Operation[] = [
  onTwo((x, y) => rounded('add', x, y)),
  onTwo((x, y) => rounded('sub', x, y)),
  onTwo((x, y) => rounded('mul', x, y)),
  onTwo((x, y) => rounded('div', x, positive(y))),
  onTwo((x, y) => moved([x, y], 'maximum', x, y)),
  onTwo((x, y) => moved([x, y], 'minimum', x, y)),
  onTwo((x, y) => rounded('pow', positive(x), call('tanh', y))),
  onTwo((x, y) => rounded('atan2', x, positive(y))),
  onTwo((x, y) => rounded('prelu', x, y)),
  onTwo((x, y) => (x.exact && y.exact ? rounded('rem', x, call('add', call('abs', y), 0.5)) : null)),
  onTwo((x, y) => (x.exact && y.exact ? rounded('mod', x, call('add', call('abs', y), 0.5)) : null)),
  // written in the way of users, with a branch on exact values
  onTwo((x, y, pool) => {
    const mask = maskLike(pool, x)
    return mask === null ? null : moved([x, y], 'where', mask, x, y)
  }),
  onTwo((x, y, pool) => {
    const mask = pool.pick((entry) => entry.dtype === 'bool' && fitting(x.shape)(entry))
    return mask === null ? null : moved([x, y, mask], 'where', mask, x, pool.random.chance(0.3) ? 0 : y)
  }),
]

/** A comparison of an exact value that broadcasts with `x`. */
function maskLike(pool: Pool, x: Entry): Argument | null {
  const source = pool.pick((entry) => entry.exact && float(entry) && fitting(x.shape)(entry))
  return source === null ? null : call(pool.random.of(['greater', 'less', 'greaterEqual', 'lessEqual']), source, 0.25)
}

const comparisons: readonly Operation[] = [
  (pool) => {
    const x = pool.pick((entry) => entry.exact && entry.dtype !== 'bool')
    const y = x === null ? null : pool.pick((entry) => entry.exact && entry.dtype === x.dtype && fitting(x.shape)(entry)) // prettier-ignore
    if (x === null || y === null) return null
    const name = pool.random.of(['greater', 'less', 'greaterEqual', 'lessEqual', 'equal', 'notEqual'])
    return { call: call(name, x, y), exact: true }
  },
  (pool) => {
    const x = pool.pick((entry) => entry.dtype === 'bool')
    const y = x === null ? null : pool.pick((entry) => entry.dtype === 'bool' && fitting(x.shape)(entry))
    if (x === null || y === null) return null
    const name = pool.random.of(['and', 'or', 'xor', 'not'])
    return { call: name === 'not' ? call(name, x) : call(name, x, y), exact: true }
  },
]

const integer = (entry: Entry): boolean => entry.dtype === 'int32'

const integers: readonly Operation[] = [
  (pool) => {
    const x = pool.pick(integer)
    const y = x === null ? null : pool.pick((entry) => integer(entry) && fitting(x.shape)(entry))
    if (x === null || y === null) return null
    const name = pool.random.of(['add', 'sub', 'mul', 'minimum', 'maximum', 'and', 'or', 'xor', 'rem', 'mod'])
    return { call: call(name, x, y), exact: true }
  },
  (pool) => {
    const x = pool.pick(integer)
    if (x === null) return null
    const name = pool.random.of(['neg', 'abs', 'sign', 'not', 'shiftLeft', 'shiftRight'])
    return { call: name.startsWith('shift') ? call(name, x, 3) : call(name, x), exact: true }
  },
  (pool) => {
    const x = pool.pick((entry) => entry.exact && entry.dtype !== 'int32')
    return x === null ? null : { call: call('cast', x, 'int32'), exact: true }
  },
  // an integer as a real number of [-1, 1], exact
  (pool) => {
    const x = pool.pick((entry) => integer(entry) || entry.dtype === 'bool')
    if (x === null) return null
    return { call: call('mul', call('cast', call('and', call('cast', x, 'int32'), 7), 'float32'), 0.125), exact: true }
  },
]

/** All elementwise operations, by family. */
export const elementwise = { unary, binary, comparisons, integers }
