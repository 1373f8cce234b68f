// Values as they are, or in another dtype.

import { type DType, isFloating } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { definePrimitive, type PrimitiveFunction } from '../ir/primitive.ts'
import { bitcast as bitcastScalar, cast as castScalar, roundTo } from '../ir/scalar.ts'
import { elementwise } from './reference.ts'

/** The value itself: marks where a derivative is taken. */
export const identity: PrimitiveFunction<null> = definePrimitive({
  name: 'identity',
  shape: ([x]) => x!,
  reference: ([x]) => x!.data,
  lower: () => ({ kind: 'map', element: ([x]) => x! }),
  vjp: ({ cotangent }) => [cotangent],
  rewrite: ([x]) => x!,
})

/** The value itself, through which no derivative flows. */
export const stopGradient: PrimitiveFunction<null> = definePrimitive({
  name: 'stopGradient',
  shape: ([x]) => x!,
  reference: ([x]) => x!.data,
  lower: () => ({ kind: 'map', element: ([x]) => x! }),
  vjp: () => [null],
  rewrite: ([x]) => x!,
})

const RANGES: Partial<Record<DType, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint8: [0, 255],
}

function converted(from: DType, to: DType, value: number): number {
  if (isFloating(to)) return value
  if (to === 'bool') return Number(value !== 0)
  if (!isFloating(from)) return roundTo(to, value)
  if (Number.isNaN(value)) return 0
  const [least, greatest] = RANGES[to] ?? [-Infinity, Infinity]
  return value <= least ? least : value >= greatest ? greatest : Math.trunc(value)
}

/**
 * The value in another dtype. Floats to integers truncate, end at the dtype's range and give 0 for NaN; integers to integers keep
 * the low bits; anything to bool is `x != 0`, so that NaN is true.
 */
export const cast: PrimitiveFunction<{ dtype: DType }> = definePrimitive({
  name: 'cast',
  shape: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  reference: ([x], { dtype }) => elementwise([x!], (value) => converted(x!.dtype, dtype, value!)),
  lower: (_, { dtype }) => ({ kind: 'map', element: ([x]) => castScalar(dtype, x!) }),
  vjp: ({ inputs: [x], params: { dtype }, cotangent }) => [
    isFloating(x!.dtype) && isFloating(dtype) ? cast([cotangent], { dtype: x!.dtype }) : null,
  ],
  rewrite: ([x], { dtype }) => (x!.dtype === dtype ? x! : null),
})

/** The 32 bits read as another 32-bit dtype. */
export const bitcast: PrimitiveFunction<{ dtype: DType }> = definePrimitive({
  name: 'bitcast',
  differentiable: false,
  shape: ([x], { dtype }) => {
    const wide: readonly DType[] = ['float32', 'int32', 'uint32']
    if (!wide.includes(x!.dtype) || !wide.includes(dtype))
      throw new DTypeError(`bitcast: ${x!.dtype} to ${dtype} are not both 32 bits wide`)
    return { shape: x!.shape, dtype }
  },
  reference: ([x], { dtype }) => {
    const buffer = new ArrayBuffer(4)
    const views = { float32: new Float32Array(buffer), int32: new Int32Array(buffer), uint32: new Uint32Array(buffer) }
    const view = (name: DType): Float32Array | Int32Array | Uint32Array => (name === 'float32' ? views.float32 : name === 'int32' ? views.int32 : views.uint32) // prettier-ignore
    return elementwise([x!], (value) => {
      view(x!.dtype)[0] = value!
      return view(dtype)[0]!
    })
  },
  lower: (_, { dtype }) => ({ kind: 'map', element: ([x]) => bitcastScalar(dtype, x!) }),
  vjp: () => [null],
  rewrite: ([x], { dtype }) => (x!.dtype === dtype ? x! : null),
})
