// NumPy-like indexing: one selector per axis becomes one slice, one reshape, and for an integer tensor one gather.

import { isInteger } from '../core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { Tensor } from '../ir/tensor.ts'
import { gather } from '../primitives/indexing.ts'
import { reshape, transpose } from './axes.ts'
import { asTensor, castTo, type TensorLike } from './operand.ts'
import { type Bound, sliceBy, sliceRange } from './views.ts'

/** A range of positions, as Python's `start:stop:step`; what is missing means all, negative bounds count from the end. */
export interface IndexRange {
  readonly start?: number | null
  readonly stop?: number | null
  readonly step?: number | null
}

/** What `index` takes: a position, a range, a new axis (`null`), all axes that are not named (`'...'`), or positions that are data. */
export type Selector = number | null | string | IndexRange | Tensor

/** What an axis of `x` is read at, and what it becomes. */
interface Choice {
  readonly first: number
  readonly count: number
  readonly step: number
  readonly becomes: 'axis' | 'nothing' | Tensor
}

/**
 * Elements of `x` by one selector per axis, from the first on: a number takes one position and drops the axis; `{ start, stop, step }`
 * or `'start:stop:step'` a range, with Python's rules; an integer tensor takes the positions that it holds, its axes in the place of
 * the axis; `null` is a new axis of 1; `'...'` stands for all axes that are not named, which are also taken where it is left out.
 * Negative numbers count from the end. Positions in tensors are not checked: they are clamped to the axis.
 * @throws ShapeError for a number out of range or more selectors than axes, ArgumentError for what is no selector or for two
 * tensors, DTypeError for a tensor that does not hold integers.
 */
export function index(x: TensorLike, ...selectors: readonly Selector[]): Tensor {
  const tensor = asTensor('index', x)
  const used = selectors.filter((selector) => selector !== null && selector !== '...').length
  const dots = selectors.filter((selector) => selector === '...').length
  if (dots > 1) throw new ArgumentError("index: '...' may stand once")
  if (used > tensor.rank)
    throw new ShapeError(`index: ${used} selectors for the ${tensor.rank} axes of ${formatShape(tensor.shape)}`)
  if (selectors.filter((selector) => selector instanceof Tensor).length > 1)
    throw new ArgumentError('index: one selector may be a tensor: index again for the next axis, or use gatherNd for pairs of positions') // prettier-ignore

  const rest = Array.from({ length: tensor.rank - used }, () => ':')
  const all = dots === 0 ? [...selectors, ...rest] : selectors.flatMap((one) => (one === '...' ? rest : [one]))
  const choices: Choice[] = []
  const newAxes: number[] = [] // how many axes of x stand before each new one
  for (const selector of all) {
    if (selector === null) newAxes.push(choices.length)
    else choices.push(choiceOf(selector, choices.length, tensor))
  }

  const sliced = sliceBy(tensor, choices, choices.map(({ step }) => step)) // prettier-ignore
  const at = choices.findIndex(({ becomes }) => becomes instanceof Tensor)
  const positions = choices[at]?.becomes
  const taken = positions instanceof Tensor ? takenAlong(sliced, at, positions) : sliced
  const shape = choices.flatMap(({ count, becomes }, axis) => {
    const before = newAxes.filter((position) => position === axis).map(() => 1)
    return [...before, ...(becomes === 'axis' ? [count] : becomes === 'nothing' ? [] : becomes.shape)]
  })
  return reshape(taken, [...shape, ...newAxes.filter((position) => position === choices.length).map(() => 1)])
}

function choiceOf(selector: Exclude<Selector, null>, axis: number, x: Tensor): Choice {
  const extent = x.shape[axis]!
  if (typeof selector === 'number') {
    if (!Number.isInteger(selector)) throw new ArgumentError(`index: expected an integer position, got ${selector}`)
    if (selector < -extent || selector >= extent) {
      const range = extent === 0 ? 'it has no elements' : `allowed: ${-extent} .. ${extent - 1}`
      throw new ShapeError(`index: position ${selector} is out of range for axis ${axis} of ${formatShape(x.shape)} (${range})`) // prettier-ignore
    }
    return { first: selector < 0 ? selector + extent : selector, count: 1, step: 1, becomes: 'nothing' }
  }
  if (selector instanceof Tensor) {
    if (!isInteger(selector.dtype)) {
      const remedy =
        selector.dtype === 'bool' ? 'the result of a mask has no fixed shape: use where' : 'cast it to int32'
      throw new DTypeError(`index: positions must be integers, got ${selector.dtype}; ${remedy}`)
    }
    if (extent === 0 && selector.size > 0)
      throw new ShapeError(`index: axis ${axis} of ${formatShape(x.shape)} has no elements to take`)
    return { first: 0, count: extent, step: 1, becomes: selector }
  }
  const [start, stop, step] = typeof selector === 'string' ? boundsOf(selector) : rangeBounds(selector)
  return { ...sliceRange('index', extent, start, stop, step ?? 1), step: step ?? 1, becomes: 'axis' }
}

function boundsOf(text: string): readonly [Bound, Bound, Bound] {
  const match = /^\s*([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?\s*)?$/.exec(text)
  if (match === null)
    throw new ArgumentError(`index: '${text}' is no range: expected 'start:stop', 'start:stop:step' or '...'`)
  const bound = (digits: string | undefined): Bound => (digits === undefined ? null : Number(digits))
  return [bound(match[1]), bound(match[2]), bound(match[3])]
}

function rangeBounds(range: IndexRange): readonly [Bound, Bound, Bound] {
  if (typeof range !== 'object' || Array.isArray(range)) {
    const given = Array.isArray(range) ? 'an array: wrap it, tensor([...], { dtype: "int32" })' : typeof range
    throw new ArgumentError(`index: expected a number, null, a range, '...' or an integer tensor, got ${given}`)
  }
  return [range.start ?? null, range.stop ?? null, range.step ?? null]
}

/** The positions along one axis; the axes of `positions` stand in its place. */
function takenAlong(x: Tensor, axis: number, positions: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i)
  const rows = transpose(x, [axis, ...axes.filter((i) => i !== axis)])
  const taken = gather([rows, positions.dtype === 'uint8' ? castTo(positions, 'int32') : positions], null)
  const own = positions.shape.map((_, i) => i)
  const others = axes.slice(1).map((i) => i - 1 + own.length)
  return transpose(taken, [...others.slice(0, axis), ...own, ...others.slice(axis)])
}
