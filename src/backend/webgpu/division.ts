// Integer division by constants as WGSL. Where the range of the dividend allows, a multiplication and a shift replace it: drivers of
// software adapters divide lane by lane, which costs as much as half a load.

import type { Range } from '../../ir/indexMap.ts'
import { reciprocalOf } from '../reciprocal.ts'

/** `⌊x / by⌋` or what is left of `x`, for a value of the given range and a constant `by` > 1; `x` is a name or a literal. */
export function divisionText(op: 'quotient' | 'remainder', x: string, by: number, range: Range, lanes: number): string {
  if (range.min < 0) return `floor_${op === 'quotient' ? 'div' : 'mod'}${lanes === 1 ? '' : '4'}(${x}, ${by})`
  const twos = Math.clz32(1) - Math.clz32(by & -by)
  const odd = by / 2 ** twos
  const reciprocal = odd === 1 ? null : reciprocalOf(odd, Math.floor(range.max / 2 ** twos))
  if (reciprocal === null) return `${x} ${op === 'quotient' ? '/' : '%'} ${by}`
  const unsigned = (value: number): string => (lanes === 1 ? `${value}u` : `vec4<u32>(${value}u)`)
  const [from, to] = lanes === 1 ? ['u32', 'i32'] : ['vec4<u32>', 'vec4<i32>']
  const halved = twos === 0 ? `${from}(${x})` : `(${from}(${x}) >> ${unsigned(twos)})`
  const quotient = `${to}((${halved} * ${unsigned(reciprocal.factor)}) >> ${unsigned(reciprocal.shift)})`
  return op === 'quotient' ? quotient : `${x} - ${quotient} * ${by}`
}
