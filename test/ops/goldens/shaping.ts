// Creation, views, padding, joining, positions that are data, sorting.

import * as ops from '../../../src/ops/index.ts'
import { type Table, unary } from './table.ts'

const CREATION: Table = {
  arange: (_, { values }) => ops.arange(...values!),
  linspace: (_, { values }) => ops.linspace(...values!),
  full: (_, { shape, value }) => ops.full(shape!, Number(value)),
  zeros: (_, { shape }) => ops.zeros(shape!),
  ones: (_, { shape }) => ops.ones(shape!),
  eye: (_, { count }) => ops.eye(count!),
  zerosLike: unary(ops.zerosLike),
  onesLike: unary(ops.onesLike),
  fullLike: ([x], { value }) => ops.fullLike(x!, Number(value)),
  oneHot: ([labels], { classes }) => ops.oneHot(labels!, classes!),
}

const VIEWS: Table = {
  transpose: ([x], { permutation }) => ops.transpose(x!, permutation),
  reshape: ([x], { shape }) => ops.reshape(x!, shape!),
  flatten: ([x], { from }) => ops.flatten(x!, from),
  broadcastTo: ([x], { shape }) => ops.broadcastTo(x!, shape!),
  expandDims: ([x], { axis }) => ops.expandDims(x!, axis!),
  squeeze: ([x], { axis }) => ops.squeeze(x!, axis),
  flip: ([x], { axes }) => ops.flip(x!, axes),
  roll: ([x], { shift, axis }) => ops.roll(x!, shift!, axis),
  tile: ([x], { repeats }) => ops.tile(x!, repeats!),
  repeat: ([x], { count, axis }) => ops.repeat(x!, count!, axis!),
  slice: ([x], { start, stop, step }) => ops.slice(x!, start!, stop!, step),
  // '@' stands for the integer tensor among the inputs
  index: ([x, at], { selectors }) => ops.index(x!, ...selectors!.map((one) => (one === '@' ? at! : one))),
  pad: ([x], { widths, value }) => ops.pad(x!, widths!, value),
  concat: (parts, { axis }) => ops.concat(parts, axis),
  stack: (parts, { axis }) => ops.stack(parts, axis),
  split: ([x], { parts, axis, part }) => ops.split(x!, parts!, axis)[part!]!,
  unstack: ([x], { axis, part }) => ops.unstack(x!, axis)[part!]!,
}

const POSITIONS: Table = {
  gather: ([x, at], { axis }) => ops.gather(x!, at!, axis),
  gatherNd: ([x, at]) => ops.gatherNd(x!, at!),
  takeAlongAxis: ([x, at], { axis }) => ops.takeAlongAxis(x!, at!, axis!),
  embedding: ([table, at]) => ops.embedding(table!, at!),
  // PyTorch's index_add starts from rows, scatterAdd from zeros
  scatterAdd: ([start, at, updates]) => ops.add(start!, ops.scatterAdd(at!, updates!, start!.shape[0]!)),
  dynamicSlice: ([x, start], { length }) => ops.dynamicSlice(x!, start!, length!),
  sort: ([x], { axis, descending }) => ops.sort(x!, axis, { descending: descending! }),
  argsort: ([x], { axis, descending }) => ops.argsort(x!, axis, { descending: descending! }),
  topK: ([x], { k, axis, largest, result }) => ops.topK(x!, k!, axis, { largest: largest! })[result!],
}

/** Operations of `ops-shaping.json` and `ops-gathering.json`. */
export const SHAPING: Table = { ...CREATION, ...VIEWS, ...POSITIONS }
