// The hand-written matrix product for software adapters: every thread keeps a tile in registers, and there is no shared memory
// and no barrier. A tile is 8x8 (8 rows, 2 vec4 columns) or, where threads can swap what they load, 16x8 or 32x8. The fastest
// here of these and a few workgroup sizes is what counts.

import { type MatmulCase, type MatmulEngine, type MatmulSession } from '../engines/matmul.ts'
import { type BareDevice, openBareDevice } from './device.ts'
import { exchangeKernel, fitsExchange } from './exchangeKernel.ts'

const workgroupSizes = [4, 16, 64]
/** Products per command buffer, so that a device which watches the time of one is not held up. */
const flopsPerSubmit = 4e9

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const component = (index: number): string => 'xyzw'[index] ?? 'x'

/** Opens the yardstick; `device` must be `webgpu`. */
export async function openYardstickMatmul(device: string): Promise<MatmulEngine> {
  if (device !== 'webgpu') throw new Error('the hand-written product runs on webgpu')
  const bare = await openBareDevice()
  return { device: bare.name, prepare: (...args) => prepareBest(bare, ...args) }
}

/** A kernel with the workgroups that it takes. */
interface Candidate {
  readonly code: string
  readonly workgroups: number
}

/** The fastest kernel here; undefined where no tile divides the shape. */
async function prepareBest(bare: BareDevice, matmul: MatmulCase, a: Float32Array, b: Float32Array) {
  const { m, k, n } = matmul
  if (m % 8 !== 0 || n % 8 !== 0 || k % 4 !== 0) return undefined
  const operands = { a: bare.buffer(a), b: bare.buffer(b), product: bare.buffer(m * n * 4) }
  const rowsOfExchange = bare.subgroups ? [16, 32].filter((rows) => fitsExchange(matmul, rows)) : []
  const candidates = workgroupSizes.flatMap((size): Candidate[] => [
    { code: tileKernel(matmul, size), workgroups: Math.ceil((m * n) / 64 / size) },
    ...rowsOfExchange.map((rows) => ({
      code: exchangeKernel(matmul, rows, size),
      workgroups: Math.ceil((m * n) / (8 * rows) / size),
    })),
  ])
  let best: { session: MatmulSession; milliseconds: number } | undefined
  for (const candidate of candidates) {
    const session = prepare(bare, matmul, operands, candidate)
    await session.run(1)
    const repeats = Math.max(1, Math.round(1e8 / (2 * m * k * n)))
    const start = performance.now()
    await session.run(repeats)
    const milliseconds = performance.now() - start
    if (best === undefined || milliseconds < best.milliseconds) best = { session, milliseconds }
  }
  return best?.session
}

function prepare(
  bare: BareDevice,
  matmul: MatmulCase,
  { a, b, product }: { a: GPUBuffer; b: GPUBuffer; product: GPUBuffer },
  { code, workgroups }: Candidate,
): MatmulSession {
  const { m, k, n } = matmul
  const { device } = bare
  const pipeline = bare.pipeline(code)
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [a, b, product].map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  const perSubmit = Math.max(1, Math.floor(flopsPerSubmit / (2 * m * k * n)))
  const encode = (repeats: number): void => {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, bindGroup)
    for (let at = 0; at < repeats; at++) pass.dispatchWorkgroups(workgroups)
    pass.end()
    device.queue.submit([encoder.finish()])
  }
  return {
    async run(repeats) {
      for (let left = repeats; left > 0; left -= perSubmit) encode(Math.min(left, perSubmit))
      await bare.read(product, 0, 4)
    },
    async result() {
      encode(1)
      return new Float32Array(await bare.read(product, 0, m * n * 4))
    },
    dispose: () => [a, b, product].forEach((buffer) => buffer.destroy()),
  }
}

/** The kernel of one product; `m` and `n` are multiples of 8, `k` of 4. */
function tileKernel(matmul: MatmulCase, workgroupSize: number): string {
  const { m, n, transposeA } = matmul
  const tiles = { columns: n / 8, all: (m * n) / 64 }
  return `
    @group(0) @binding(0) var<storage, read> a: array<vec4f>;
    @group(0) @binding(1) var<storage, read> b: array<vec4f>;
    @group(0) @binding(2) var<storage, read_write> product: array<vec4f>;
    @compute @workgroup_size(${workgroupSize}) fn main(@builtin(global_invocation_id) id: vec3u) {
      if (id.x >= ${tiles.all}u) { return; }
      let column = (id.x % ${tiles.columns}u) * 2u; // in vec4
      let row = (id.x / ${tiles.columns}u) * 8u;
      ${range(8)
        .flatMap((r) => [0, 1].map((c) => `var s${r}${c} = vec4f();`))
        .join('\n')}
      ${transposeA ? loopOverRows(matmul) : loopOverVectors(matmul)}
      ${range(8)
        .flatMap((r) => [0, 1].map((c) => `product[(row + ${r}u) * ${n / 4}u + column + ${c}u] = s${r}${c};`))
        .join('\n')}
    }`
}

/** a is [m, k]: four steps of k at once, since its rows are read as vec4 along k. */
function loopOverVectors({ k, n, transposeB }: MatmulCase): string {
  const loadB = transposeB
    ? [
        ...range(8).map((c) => `let y${c} = b[(column * 4u + ${c}u) * ${k / 4}u + k];`),
        ...range(4).flatMap((at) =>
          [0, 1].map((c) => {
            const parts = range(4).map((lane) => `y${4 * c + lane}.${component(at)}`)
            return `let b${at}${c} = vec4f(${parts.join(', ')});`
          }),
        ),
      ]
    : range(4).flatMap((at) => [0, 1].map((c) => `let b${at}${c} = b[(k * 4u + ${at}u) * ${n / 4}u + column + ${c}u];`))
  return `for (var k = 0u; k < ${k / 4}u; k++) {
    ${range(8)
      .map((r) => `let a${r} = a[(row + ${r}u) * ${k / 4}u + k];`)
      .join('\n')}
    ${loadB.join('\n')}
    ${range(4)
      .flatMap((at) => range(8).flatMap((r) => [0, 1].map((c) => `s${r}${c} += a${r}.${component(at)} * b${at}${c};`)))
      .join('\n')}
  }`
}

/** a is stored [k, m] and b [k, n]: each step of k reads 8 of either. */
function loopOverRows({ m, k, n, transposeB }: MatmulCase): string {
  if (transposeB) throw new Error('no hand-written product has both operands transposed')
  return `for (var k = 0u; k < ${k}u; k++) {
    let a0 = a[k * ${m / 4}u + row / 4u];
    let a1 = a[k * ${m / 4}u + row / 4u + 1u];
    let b0 = b[k * ${n / 4}u + column];
    let b1 = b[k * ${n / 4}u + column + 1u];
    ${range(8)
      .flatMap((r) => [0, 1].map((c) => `s${r}${c} += a${r >> 2}.${component(r & 3)} * b${c};`))
      .join('\n')}
  }`
}
