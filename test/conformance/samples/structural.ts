// Samples of the views: reshape, transpose, slice, pad, flip and broadcast.

import { broadcast } from '../../../src/primitives/broadcast.ts'
import * as p from '../../../src/primitives/structural.ts'
import { bools, casesOf, integers, laid, uniform } from '../sample.ts'

/** Cases by exported name. */
export const structural = {
  reshape: casesOf(p.reshape, [
    { name: 'flatten', inputs: [uniform([2, 3])], params: { shape: [6] } },
    { name: 'split', inputs: [uniform([12])], params: { shape: [3, 2, 2] } },
    { name: 'regroup across axes', inputs: [uniform([4, 6])], params: { shape: [3, 8] } },
    { name: 'prime, transposed', inputs: [laid('transposed', uniform([7, 5]))], params: { shape: [35] } },
    { name: 'strided', inputs: [laid('strided', uniform([4, 3]))], params: { shape: [2, 6] } },
    { name: 'to a scalar', inputs: [uniform([1, 1])], params: { shape: [] } },
    { name: 'from a scalar', inputs: [uniform([])], params: { shape: [1, 1, 1] } },
    { name: 'empty', inputs: [uniform([0, 3])], params: { shape: [5, 0] } },
    { name: 'the same', inputs: [uniform([3, 2])], params: { shape: [3, 2] } },
    { name: 'large int32', inputs: [laid('transposed', integers([33, 20]))], params: { shape: [22, 30] } },
    { name: 'bool', inputs: [bools([2, 5])], params: { shape: [5, 2] } },
  ]),
  transpose: casesOf(p.transpose, [
    { name: 'matrix', inputs: [uniform([2, 3])], params: { permutation: [1, 0] } },
    { name: 'rotation of three axes', inputs: [uniform([2, 3, 4])], params: { permutation: [1, 2, 0] } },
    { name: 'the other rotation', inputs: [uniform([2, 3, 4])], params: { permutation: [2, 0, 1] } },
    { name: 'four axes', inputs: [uniform([2, 3, 1, 5])], params: { permutation: [3, 1, 0, 2] } },
    { name: 'identity', inputs: [uniform([2, 3])], params: { permutation: [0, 1] } },
    { name: 'twice', inputs: [laid('transposed', uniform([3, 4]))], params: { permutation: [1, 0] } },
    { name: 'scalar', inputs: [uniform([])], params: { permutation: [] } },
    { name: 'empty', inputs: [uniform([0, 2])], params: { permutation: [1, 0] } },
    { name: 'large', inputs: [uniform([65, 33])], params: { permutation: [1, 0] } },
    { name: 'bool', inputs: [bools([3, 5])], params: { permutation: [1, 0] } },
  ]),
  slice: casesOf(p.slice, [
    { name: 'window', inputs: [uniform([4, 5])], params: { start: [1, 2], limit: [3, 5], step: [1, 1] } },
    { name: 'steps', inputs: [uniform([7, 5])], params: { start: [1, 0], limit: [7, 5], step: [2, 3] } },
    { name: 'step past the end', inputs: [uniform([5])], params: { start: [2], limit: [4], step: [7] } },
    { name: 'one element', inputs: [uniform([3, 3])], params: { start: [2, 0], limit: [3, 1], step: [1, 1] } },
    { name: 'nothing', inputs: [uniform([3, 4])], params: { start: [1, 2], limit: [1, 4], step: [1, 1] } },
    { name: 'all', inputs: [uniform([3])], params: { start: [0], limit: [3], step: [1] } },
    {
      name: 'transposed',
      inputs: [laid('transposed', uniform([4, 6]))],
      params: { start: [1, 1], limit: [4, 6], step: [1, 2] },
    },
    { name: 'scalar', inputs: [uniform([])], params: { start: [], limit: [], step: [] } },
    { name: 'large int32', inputs: [integers([41, 29])], params: { start: [3, 1], limit: [40, 29], step: [3, 2] } },
  ]),
  pad: casesOf(p.pad, [
    { name: 'around', inputs: [uniform([2, 3])], params: { low: [1, 0], high: [0, 2], interior: [0, 0], value: 0 } },
    {
      name: 'between',
      inputs: [uniform([3, 2])],
      params: { low: [0, 1], high: [2, 0], interior: [2, 1], value: -1.5 },
    },
    { name: 'crops', inputs: [uniform([4, 5])], params: { low: [-1, 1], high: [0, -2], interior: [0, 0], value: 3 } },
    {
      name: 'crops between',
      inputs: [uniform([4, 3])],
      params: { low: [-2, -1], high: [-1, 1], interior: [1, 2], value: 0.5 },
    },
    { name: 'shifts', inputs: [uniform([5])], params: { low: [1], high: [-1], interior: [0], value: 7 } },
    { name: 'nothing', inputs: [uniform([2, 2])], params: { low: [0, 0], high: [0, 0], interior: [0, 0], value: 1 } },
    {
      name: 'of an empty axis',
      inputs: [uniform([0, 2])],
      params: { low: [1, 0], high: [1, 0], interior: [3, 0], value: 2 },
    },
    {
      name: 'to nothing',
      inputs: [uniform([3, 2])],
      params: { low: [-3, 0], high: [0, 0], interior: [0, 0], value: 2 },
    },
    { name: 'scalar', inputs: [uniform([])], params: { low: [], high: [], interior: [], value: 1 } },
    {
      name: 'transposed',
      inputs: [laid('transposed', uniform([3, 4]))],
      params: { low: [2, 1], high: [1, 3], interior: [1, 0], value: 0 },
    },
    {
      name: 'large int32',
      inputs: [integers([23, 19])],
      params: { low: [3, 1], high: [2, 5], interior: [1, 0], value: -4 },
    },
    { name: 'bool', inputs: [bools([3])], params: { low: [1], high: [2], interior: [1], value: 1 } },
  ]),
  flip: casesOf(p.flip, [
    { name: 'vector', inputs: [uniform([5])], params: { axes: [0] } },
    { name: 'one of two axes', inputs: [uniform([3, 4])], params: { axes: [1] } },
    { name: 'both axes', inputs: [uniform([3, 4])], params: { axes: [0, 1] } },
    { name: 'no axis', inputs: [uniform([3])], params: { axes: [] } },
    { name: 'strided', inputs: [laid('strided', uniform([3, 2]))], params: { axes: [0] } },
    { name: 'empty', inputs: [uniform([2, 0])], params: { axes: [0, 1] } },
    { name: 'large int32', inputs: [integers([17, 31])], params: { axes: [0] } },
  ]),
  broadcast: casesOf(broadcast, [
    { name: 'leading axis', inputs: [uniform([3])], params: { shape: [4, 3], axes: [1] } },
    { name: 'trailing axis', inputs: [uniform([3])], params: { shape: [3, 4], axes: [0] } },
    { name: 'between', inputs: [uniform([2, 3])], params: { shape: [2, 5, 3], axes: [0, 2] } },
    { name: 'stretch', inputs: [uniform([2, 1, 3])], params: { shape: [2, 4, 3], axes: [0, 1, 2] } },
    { name: 'scalar', inputs: [uniform([])], params: { shape: [3, 2], axes: [] } },
    { name: 'one element', inputs: [uniform([1])], params: { shape: [1], axes: [0] } },
    { name: 'to nothing', inputs: [uniform([1, 3])], params: { shape: [0, 3], axes: [0, 1] } },
    { name: 'nothing', inputs: [uniform([0, 1])], params: { shape: [0, 5], axes: [0, 1] } },
    { name: 'transposed', inputs: [laid('transposed', uniform([3, 2]))], params: { shape: [3, 4, 2], axes: [0, 2] } },
    { name: 'large int32', inputs: [integers([67])], params: { shape: [31, 67], axes: [1] } },
    { name: 'bool', inputs: [bools([3])], params: { shape: [2, 3], axes: [1] } },
  ]),
}
