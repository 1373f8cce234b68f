// Einstein summation: diagonals are taken and lone labels summed in each operand, then pairs of operands are contracted, each as one
// batched matrix product whose operands are views (transposed and reshaped), until one is left.

import { ArgumentError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../ir/tensor.ts'
import { broadcast, sum as sumOf } from '../primitives/broadcast.ts'
import * as structural from '../primitives/structural.ts'
import { mul } from './arithmetic.ts'
import { reshape, squeeze, transpose } from './axes.ts'
import { type Labels, parseEquation } from './equation.ts'
import type { TensorLike } from './operand.ts'
import { factors, product } from './products.ts'

/** A tensor with a distinct label for every axis. */
interface Term {
  readonly tensor: Tensor
  readonly labels: Labels
}

/**
 * The sum over all labels that are not in the result of the products of the operands' elements, e.g. `'bij,bjk->bik'`. A label that
 * stands twice in one operand takes its diagonal; `...` stands for axes that broadcast (summed if the result has no `...`); without
 * `->` the result has the ellipsis and the labels that occur once, in alphabetical order. Several operands are contracted pair by
 * pair, those first that take fewest multiplications. bool and uint8 count as int32; products of integers are exact.
 * @throws ArgumentError for text that is no equation of so many operands, ShapeError for shapes that do not fit it.
 */
export function einsum(equation: string, ...operands: readonly TensorLike[]): Tensor {
  if (operands.length === 0) throw new ArgumentError(`einsum: '${equation}' was given no operands`)
  const tensors = factors('einsum', operands)
  const { inputs, output, extents } = parseEquation(equation, tensors.map(({ shape }) => shape)) // prettier-ignore
  const extentOf = (label: string): number => extents.get(label)!
  let terms = tensors.map((tensor, i) => withoutStretched(diagonals({ tensor, labels: inputs[i]! }), extentOf))
  terms = terms.map((term, i) => summed(term, [...output, ...labelsOf(terms.filter((_, j) => j !== i))]))
  while (terms.length > 1) {
    const [i, j] = nextPair(terms, output, extentOf)
    const rest = terms.filter((_, position) => position !== i && position !== j)
    terms = [...rest, contracted(terms[i]!, terms[j]!, [...output, ...labelsOf(rest)], extentOf)]
  }
  const { tensor, labels } = terms[0]!
  return transpose(tensor, output.map((label) => labels.indexOf(label))) // prettier-ignore
}

const labelsOf = (terms: readonly Term[]): string[] => terms.flatMap(({ labels }) => labels)

/** Takes the diagonal of two axes with one label, until every label stands once. */
function diagonals(term: Term): Term {
  const { labels, tensor } = term
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis)
  if (second < 0) return term
  const first = labels.indexOf(labels[second]!)
  const others = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second)
  const extent = tensor.shape[first]!
  const moved = transpose(tensor, [...others, first, second])
  const batch = moved.shape.slice(0, -2)
  // in a row-major square, the elements of the diagonal stand a row and one apart
  const diagonal = structural.slice([reshape(moved, [...batch, extent * extent])], {
    start: moved.shape.slice(1).map(() => 0),
    limit: [...batch, extent * extent],
    step: [...batch.map(() => 1), extent + 1],
  })
  return diagonals({ tensor: diagonal, labels: [...others, first].map((axis) => labels[axis]!) })
}

/** Drops axes of 1 that broadcast against a longer one: the product does not depend on them. */
function withoutStretched({ tensor, labels }: Term, extentOf: (label: string) => number): Term {
  const stretched = labels.map((label, axis) => tensor.shape[axis] !== extentOf(label))
  return {
    tensor: squeeze(tensor, stretched.flatMap((is, axis) => (is ? [axis] : []))), // prettier-ignore
    labels: labels.filter((_, axis) => !stretched[axis]),
  }
}

/** Sums the labels that are not in `kept`. */
function summed({ tensor, labels }: Term, kept: readonly string[]): Term {
  const axes = labels.flatMap((label, axis) => (kept.includes(label) ? [] : [axis]))
  if (axes.length === 0) return { tensor, labels }
  return { tensor: sumOf([tensor], { axes }), labels: labels.filter((label) => kept.includes(label)) }
}

/** The pair that takes fewest multiplications; of equals the one whose product is smallest against its operands, then the first. */
function nextPair(
  terms: readonly Term[],
  output: Labels,
  extentOf: (label: string) => number,
): readonly [number, number] {
  let best: { pair: readonly [number, number]; products: number; growth: number } | null = null
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const rest = terms.filter((_, position) => position !== i && position !== j)
      const kept = new Set([...output, ...labelsOf(rest)])
      const union = [...new Set([...terms[i]!.labels, ...terms[j]!.labels])]
      const products = sizeOf(union.map(extentOf))
      const size = sizeOf(union.filter((label) => kept.has(label)).map(extentOf))
      const growth = size - terms[i]!.tensor.size - terms[j]!.tensor.size
      const better = best === null || products < best.products || (products === best.products && growth < best.growth)
      if (better) best = { pair: [i, j], products, growth }
    }
  }
  return best!.pair
}

/** The product of two terms, summed over the labels that both have and `kept` has not. */
function contracted(a: Term, b: Term, kept: readonly string[], extentOf: (label: string) => number): Term {
  const shared = a.labels.filter((label) => b.labels.includes(label))
  const batch = shared.filter((label) => kept.includes(label))
  const inner = shared.filter((label) => !kept.includes(label))
  const rows = a.labels.filter((label) => !shared.includes(label))
  const columns = b.labels.filter((label) => !shared.includes(label))
  const labels = [...batch, ...rows, ...columns]
  if (inner.length === 0) {
    return { tensor: mul(spreadTo(a, labels, extentOf), spreadTo(b, labels, extentOf)), labels }
  }
  if (rows.length === 0 && columns.length === 0) {
    const all = [...batch, ...inner]
    const tensor = mul(spreadTo(a, all, extentOf), spreadTo(b, all, extentOf))
    return { tensor: sumOf([tensor], { axes: inner.map((_, i) => batch.length + i) }), labels: batch }
  }
  const extents = (list: readonly string[]): number[] => list.map(extentOf)
  const [m, k, n] = [rows, inner, columns].map((list) => sizeOf(extents(list))) as [number, number, number]
  const lhs = reshape(arranged(a, [...batch, ...rows, ...inner]), [...extents(batch), m, k])
  const rhs = reshape(arranged(b, [...batch, ...inner, ...columns]), [...extents(batch), k, n])
  return { tensor: reshape(product(lhs, rhs), extents(labels)), labels }
}

/** The tensor with its axes in the order of `labels`. */
const arranged = ({ tensor, labels }: Term, order: Labels): Tensor =>
  transpose(tensor, order.map((label) => labels.indexOf(label))) // prettier-ignore

/** The tensor repeated over the labels that it does not have. */
function spreadTo(term: Term, labels: Labels, extentOf: (label: string) => number): Tensor {
  const own = labels.filter((label) => term.labels.includes(label))
  return broadcast([arranged(term, own)], {
    shape: labels.map(extentOf),
    axes: own.map((label) => labels.indexOf(label)),
  })
}
