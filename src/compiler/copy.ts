// The compiler's own primitive: a copy kernel, where an output is an input, appears twice, or cannot be updated in place.

import { apply, type Primitive, type Tensor } from '../ir/tensor.ts'

const COPY: Primitive = {
  name: 'copy',
  differentiable: false,
  shape: ([x]) => x!,
  reference: ([x]) => x!,
  lower: () => ({ kind: 'map', element: ([x]) => x! }),
  vjp: () => [null],
  rewrite: () => null,
}

/** A tensor of the same value with memory of its own. */
export function copyOf(tensor: Tensor): Tensor {
  return apply(COPY, null, [tensor], tensor.aval)
}
