// The text of an einsum as labels: which axis of which operand is which index, and which of them the result has. Errors name the
// equation, the label and the shapes; nothing is computed here.

import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'

/** A label per axis: one letter, or a number for an axis of the ellipsis, counted from its last axis. */
export type Labels = readonly string[]

/** An equation applied to shapes. */
export interface Equation {
  readonly inputs: readonly Labels[]
  readonly output: Labels
  /** The extent of every label; operands may have 1 where an axis of the ellipsis broadcasts. */
  readonly extents: ReadonlyMap<string, number>
}

const ELLIPSIS = '...'

/** The letters of a term, with the ellipsis as one item. */
function itemsOf(term: string, equation: string): string[] {
  const items = term.match(/\.\.\.|[\s\S]/g) ?? []
  for (const item of items) {
    if (item !== ELLIPSIS && !/^[A-Za-z]$/.test(item))
      throw new ArgumentError(`einsum: '${item}' in '${equation}' is no label: use letters, ',', '->' and '...'`)
  }
  if (items.filter((item) => item === ELLIPSIS).length > 1)
    throw new ArgumentError(`einsum: the term '${term}' of '${equation}' has more than one ellipsis`)
  return items
}

/** Replaces the ellipsis by labels for its `count` axes. */
const spread = (items: readonly string[], count: number): string[] =>
  items.flatMap((item) => (item === ELLIPSIS ? Array.from({ length: count }, (_, i) => String(count - 1 - i)) : [item]))

/**
 * Reads an equation such as `'bij,bjk->bik'`. Without `->` the result has the ellipsis, then the labels that occur once, in
 * alphabetical order (capitals first), as in NumPy.
 * @throws ArgumentError for text that is no equation of so many operands, ShapeError for ranks and extents that do not fit it.
 */
export function parseEquation(equation: string, shapes: readonly Shape[]): Equation {
  const text = equation.replaceAll(/\s+/g, '')
  const [left, right, ...more] = text.split('->')
  if (more.length > 0) throw new ArgumentError(`einsum: '${equation}' has more than one '->'`)
  const terms = left!.split(',').map((term) => itemsOf(term, equation))
  const given = shapes.map(formatShape).join(' and ')
  if (terms.length !== shapes.length)
    throw new ArgumentError(`einsum: '${equation}' is for ${terms.length} operands, got ${shapes.length}: ${given}`)

  const hidden = terms.map((items, i) => {
    const named = items.filter((item) => item !== ELLIPSIS).length
    const rank = shapes[i]!.length
    const fits = items.includes(ELLIPSIS) ? named <= rank : named === rank
    if (!fits) {
      const wanted = `${items.includes(ELLIPSIS) ? 'at least ' : ''}${named} axes`
      throw new ShapeError(`einsum: operand ${i} of '${equation}' needs ${wanted} ('${items.join('')}'), got ${formatShape(shapes[i]!)}`) // prettier-ignore
    }
    return rank - named
  })
  const inputs = terms.map((items, i) => spread(items, hidden[i]!))
  const extents = extentsOf(inputs, shapes, equation)
  const axes = Math.max(0, ...hidden)
  const output =
    right === undefined
      ? implicitOutput(inputs, axes)
      : explicitOutput(itemsOf(right, equation), axes, inputs, equation)
  return { inputs, output, extents }
}

const isLetter = (label: string): boolean => /^[A-Za-z]$/.test(label)

function extentsOf(inputs: readonly Labels[], shapes: readonly Shape[], equation: string): Map<string, number> {
  const extents = new Map<string, number>()
  const first = new Map<string, number>()
  inputs.forEach((labels, i) =>
    labels.forEach((label, axis) => {
      const extent = shapes[i]![axis]!
      const known = extents.get(label)
      if (known === undefined || (known === 1 && !isLetter(label))) extents.set(label, extent)
      else if (known !== extent && (extent !== 1 || isLetter(label))) {
        const where = `${formatShape(shapes[first.get(label)!]!)} (operand ${first.get(label)}) and ${formatShape(shapes[i]!)} (operand ${i})`
        const what = isLetter(label) ? `label '${label}'` : `axis ${-1 - Number(label)} of the ellipsis`
        throw new ShapeError(`einsum: ${what} of '${equation}' is ${known} and ${extent} in ${where}`)
      }
      if (!first.has(label)) first.set(label, i)
    }),
  )
  return extents
}

function implicitOutput(inputs: readonly Labels[], axes: number): string[] {
  const letters = inputs.flat().filter(isLetter)
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label))
  return [...spread([ELLIPSIS], axes), ...once.sort((a, b) => (a < b ? -1 : 1))]
}

function explicitOutput(items: readonly string[], axes: number, inputs: readonly Labels[], equation: string): string[] {
  const known = new Set(inputs.flat())
  const letters = items.filter((item) => item !== ELLIPSIS)
  for (const label of letters) {
    if (!known.has(label))
      throw new ArgumentError(`einsum: label '${label}' of the result of '${equation}' is in no operand`)
    if (letters.indexOf(label) !== letters.lastIndexOf(label))
      throw new ArgumentError(`einsum: label '${label}' stands twice in the result of '${equation}'`)
  }
  return spread(items, axes)
}
