// A barrier: the value of one tensor, ordered after another was computed. It keeps a computation that is written twice from being
// merged with its first occurrence, and from being scheduled before it is needed: what rematerialisation consists of.

import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { integer } from '../ir/indexMap.ts'
import { after } from '../ir/scalar.ts'
import { fullLike } from './literal.ts'

/** Operand 0, not before operand 1 is known. The second operand has at least one element; no derivative flows to it. */
export const barrier: PrimitiveFunction<null> = definePrimitive({
  name: 'barrier',
  shape: ([x]) => x!,
  reference: ([x]) => x!.data,
  lower: ([, token]) => ({
    kind: 'view',
    element: (coordinates, read) => after(read(0, coordinates), read(1, token!.shape.map(() => integer(0)))), // prettier-ignore
  }),
  vjp: ({ inputs: [, token], cotangent, needs }) => [cotangent, needs[1] ? fullLike(token!, 0) : null],
})
