// What a device can do at most, measured by the programs that the compiler makes for it: the rate of its best matrix product,
// and the bandwidth of a copy. Nothing that it trains is faster, so both together bound a kernel's time (Williams, Waterman and
// Patterson 2009, "Roofline").

import type { Backend, Bindings } from '../backend/backend.ts'
import { compile } from '../compiler/compile.ts'
import { copyOf } from '../compiler/copy.ts'
import { deviceBytes } from '../compiler/memory.ts'
import type { Program } from '../compiler/program.ts'
import type { Target } from '../compiler/target.ts'
import { graphOf } from '../ir/graph.ts'
import { apply, parameter, type Primitive, type Tensor } from '../ir/tensor.ts'

/** The bounds of a device. */
export interface Roofline {
  /** FLOP/s of the fastest square float32 matrix product. */
  readonly flopsPerSecond: number
  /** Bytes read and written per second by a copy that is larger than most caches. */
  readonly bytesPerSecond: number
}

const measured = new WeakMap<Backend, Promise<Roofline>>()

const ROUNDS = 3
/** A measurement as long as this is long enough: no larger one follows. */
const ENOUGH_MILLISECONDS = 20
const MATRIX_SIZES = [128, 256, 512, 1024, 2048, 4096]
const COPY_ELEMENTS = [2 ** 22, 2 ** 24]

/**
 * The roofline of a device; measured once, which takes about a second.
 * @throws DeviceError when the device has no room for it.
 */
export function rooflineOf(backend: Backend): Promise<Roofline> {
  const known = measured.get(backend)
  if (known !== undefined) return known
  const made = measure(backend)
  measured.set(backend, made)
  made.catch(() => measured.delete(backend))
  return made
}

/** The fraction of a roofline that work reaches in some seconds: 1 is as fast as the device's compute rate or bandwidth allows. */
export function shareOf(
  { flopsPerSecond, bytesPerSecond }: Roofline,
  flops: number,
  bytes: number,
  seconds: number,
): number {
  return Math.max(flops / flopsPerSecond, bytes / bytesPerSecond) / seconds
}

async function measure(backend: Backend): Promise<Roofline> {
  let flopsPerSecond = 0
  for (const size of MATRIX_SIZES) {
    const [a, b] = [matrix(size, 'a'), matrix(size, 'b')]
    const milliseconds = await timeOf(backend, [a, b], apply(productOf(size), null, [a, b], a.aval))
    flopsPerSecond = Math.max(flopsPerSecond, (2 * size ** 3) / (milliseconds / 1000))
    if (milliseconds >= ENOUGH_MILLISECONDS) break
  }
  let bytesPerSecond = 0
  for (const elements of COPY_ELEMENTS) {
    const x = parameter({ shape: [elements], dtype: 'float32' }, 'x')
    const milliseconds = await timeOf(backend, [x], copyOf(x))
    // the last one counts, not the best: small copies may stay in a cache
    bytesPerSecond = (2 * deviceBytes(x.aval)) / (milliseconds / 1000)
    if (milliseconds >= ENOUGH_MILLISECONDS) break
  }
  return { flopsPerSecond, bytesPerSecond }
}

const matrix = (size: number, name: string): Tensor => parameter({ shape: [size, size], dtype: 'float32' }, name)

/** Milliseconds, at best, of the one dispatch that computes `output`. */
async function timeOf(backend: Backend, inputs: readonly Tensor[], output: Tensor): Promise<number> {
  const compiled = (target: Target): Program =>
    compile(graphOf(inputs, [output]), target, {
      donations: [null],
      ring: [false],
      placements: inputs.map((_, group) => ({ group, offset: 0 })),
    })
  let program = compiled(backend.target)
  if (backend.tune !== undefined && !backend.target.software) {
    const { table } = await backend.tune(program)
    program = compiled({ ...backend.target, tuning: table })
  }
  const places = [...inputs, output].map(({ aval }) => ({ buffer: backend.allocate(deviceBytes(aval)), offset: 0 }))
  try {
    inputs.forEach(({ aval, size }, i) => backend.write(places[i]!, aval, new Float32Array(size).fill(0.5)))
    const executable = await backend.prepare(program)
    const bindings: Bindings = { inputs: places.slice(0, -1), outputs: places.slice(-1), ring: null }
    const times = await executable.profile(bindings, { values: [], ringRow: 0 }, ROUNDS)
    return times.reduce((sum, { leastMilliseconds }) => sum + leastMilliseconds, 0)
  } finally {
    places.forEach(({ buffer }) => backend.free(buffer))
  }
}

/** A matrix product, declared here because the runtime knows no operations. */
function productOf(size: number): Primitive {
  return {
    name: 'product',
    differentiable: false,
    shape: ([x]) => x!,
    reference: ([x]) => x!,
    lower: () => ({
      kind: 'contraction',
      batch: [],
      m: [size],
      n: [size],
      k: [size],
      lhs: (_, m, k, read) => read(0, [...m, ...k]),
      rhs: (_, k, n, read) => read(1, [...k, ...n]),
    }),
    vjp: () => [null, null],
    rewrite: () => null,
  }
}
