// Folds as WebAssembly. Sums and products of float32 are kept in float64 and rounded once, in vectors too.

import { type DType, isFloating } from '../../../core/dtype.ts'
import type { FoldPart, FoldText } from '../../syntax.ts'
import { constantText } from './operations.ts'
import { countText, i32, letText, valueType } from './statements.ts'

/** Terms that are written out, so that positions in a window are numbers. */
const UNROLLED = 4

/** The upper half of a vector, and the lower halves of two. */
const UPPER = '8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15'
const LOWER = '0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23'

/** The terms of a part, each followed by `update`. */
function termsText({ variable, extent, body }: FoldPart, update: readonly string[]): string[] {
  if (extent > UNROLLED) return countText(variable, extent, [...body, ...update])
  return Array.from({ length: extent }, (_, i) => [
    `(scope ${letText(variable, 'i32', i32(i))}`,
    ...body,
    ...update,
    ')',
  ]).flat()
}

const isProduct = ({ combine }: FoldText): boolean => combine === 'prod'

/** A sum or product of float32. */
function floatSum(fold: FoldText): string[] {
  const { name, lanes, quads, terms } = fold
  const fn = isProduct(fold) ? 'mul' : 'add'
  const first = isProduct(fold) ? 1 : 0
  const [low, high] = [`${name}_low`, `${name}_high`]
  const start = `(v128.const f64x2 ${first})`
  const wide = (part: FoldPart): string[] => [
    letText(low, 'v128', start),
    letText(high, 'v128', start),
    ...termsText(part, [
      `(local.set ${low} (f64x2.${fn} ${low} (f64x2.promote_low_f32x4 ${part.value})))`,
      `(local.set ${high} (f64x2.${fn} ${high} (f64x2.promote_low_f32x4 (i8x16.shuffle ${UPPER} ${part.value} ${part.value}))))`,
    ]),
  ]
  if (lanes === 4) {
    const halves = `(f32x4.demote_f64x2_zero ${low}) (f32x4.demote_f64x2_zero ${high})`
    return [...wide(terms), letText(name, 'v128', `(i8x16.shuffle ${LOWER} ${halves})`)]
  }
  const sum = `${name}_sum`
  const both = `${name}_both`
  const started =
    quads === null
      ? [letText(sum, 'f64', `(f64.const ${first})`)]
      : [
          ...wide(quads),
          letText(both, 'v128', `(f64x2.${fn} ${low} ${high})`),
          letText(sum, 'f64', `(f64.${fn} (f64x2.extract_lane 0 ${both}) (f64x2.extract_lane 1 ${both}))`),
        ]
  return [
    ...started,
    ...termsText(terms, [`(local.set ${sum} (f64.${fn} ${sum} (f64.promote_f32 ${terms.value})))`]),
    letText(name, 'f32', `(f32.demote_f64 ${sum})`),
  ]
}

/** The least and the greatest value of a dtype. */
function limitsOf(dtype: DType): readonly [number, number] {
  if (isFloating(dtype)) return [-Infinity, Infinity]
  return dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, -1] // all bits: the greatest of those without sign
}

/** Sums, products and extremes that keep their dtype. */
function plainFold(fold: FoldText): string[] {
  const { name, combine, dtype, lanes, quads, terms } = fold
  const [least, greatest] = limitsOf(dtype)
  const first = { sum: 0, prod: 1, max: least, min: greatest, argmax: 0, argmin: 0 }[combine]
  const float = dtype === 'float32'
  const sign = dtype === 'int32' ? '_s' : '_u'
  const fn = { sum: 'add', prod: 'mul', max: 'max', min: 'min', argmax: '', argmin: '' }[combine]
  const isExtreme = combine === 'max' || combine === 'min'
  const joined = (width: number, x: string, y: string): string => {
    if (float) return `(f32${width === 4 ? 'x4' : ''}.${fn} ${x} ${y})`
    if (width === 4) return `(i32x4.${fn}${isExtreme ? sign : ''} ${x} ${y})`
    return isExtreme ? `(call $${fn}${sign} ${x} ${y})` : `(i32.${fn} ${x} ${y})`
  }
  const part = (target: string, width: number, over: FoldPart): string[] =>
    termsText(over, [`(local.set ${target} ${joined(width, target, over.value)})`])
  const start = (target: string, width: number): string =>
    letText(target, valueType(dtype, width), constantText(dtype, first, width))
  if (quads === null) return [start(name, lanes), ...part(name, lanes, terms)]
  const wide = `${name}_wide`
  const lane = (i: number): string => `(${float ? 'f32x4' : 'i32x4'}.extract_lane ${i} ${wide})`
  const across = joined(1, joined(1, lane(0), lane(1)), joined(1, lane(2), lane(3)))
  return [start(wide, 4), ...part(wide, 4, quads), letText(name, valueType(dtype, 1), across), ...part(name, 1, terms)]
}

/** The first index of an extreme; the first NaN wins, as it does in NumPy. */
function indexFold({ name, combine, dtype, lanes, terms }: FoldText): string[] {
  const [least, greatest] = limitsOf(dtype)
  const greater = combine === 'argmax'
  const best = `${name}_best`
  const wins = `${name}_wins`
  const kind = `${dtype === 'float32' ? 'f32' : 'i32'}${lanes === 4 ? 'x4' : ''}`
  const suffix = dtype === 'float32' ? '' : dtype === 'int32' ? '_s' : '_u'
  const logic = lanes === 4 ? 'v128' : 'i32'
  const { value, variable } = terms
  const better = `(${kind}.${greater ? 'gt' : 'lt'}${suffix} ${value} ${best})`
  const isNumber = (x: string): string => `(${kind}.eq ${x} ${x})`
  const isNan = (x: string): string => `(${kind}.ne ${x} ${x})`
  const won = dtype === 'float32' ? `(${logic}.or ${better} (${logic}.and ${isNan(value)} ${isNumber(best)}))` : better
  const chosen = (x: string, y: string): string =>
    lanes === 4 ? `(v128.bitselect ${x} ${y} ${wins})` : `(select ${x} ${y} ${wins})`
  const index = lanes === 4 ? `(i32x4.splat ${variable})` : variable
  return [
    letText(name, valueType('int32', lanes), constantText('int32', 0, lanes)),
    letText(best, valueType(dtype, lanes), constantText(dtype, greater ? least : greatest, lanes)),
    ...termsText(terms, [
      letText(wins, valueType('bool', lanes), won),
      `(local.set ${name} ${chosen(index, name)})`,
      `(local.set ${best} ${chosen(value, best)})`,
    ]),
  ]
}

/** A fold as statements that leave its value in a local of its name. */
export function foldText(fold: FoldText): string[] {
  if (fold.combine === 'argmax' || fold.combine === 'argmin') return indexFold(fold)
  const inDouble = fold.dtype === 'float32' && (fold.combine === 'sum' || fold.combine === 'prod')
  return inDouble ? floatSum(fold) : plainFold(fold)
}
