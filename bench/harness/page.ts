// The page of one engine. It offers, as `window.bench`, what the harness outside drives: open an engine, prepare, train,
// time, close. All timing happens here, beside the engine, by `performance.now()`.

import type { Engine, Session } from '../engines/engine.ts'
import { type MatmulCase, type MatmulEngine, type MatmulSession, operandsOf, productError } from '../engines/matmul.ts'
import { flopsPerStep, makeWorkload } from '../workloads/index.ts'
import { type BufferCounts, watchBuffers } from './buffers.ts'
import { countCalls } from './counting.ts'
import type { Counts } from './counting.ts'
import { loadEngine, loadMatmul } from './openers.ts'

/** What one call of `train` did. */
interface Trained extends Counts {
  readonly loss: number
  readonly seconds: number
}

let engine: Engine | undefined
let session: Session | undefined
let flops = (_batchSize: number): number => NaN
let multiplier: MatmulEngine | undefined
let product: MatmulSession | undefined
let counts: (() => BufferCounts) | undefined

/** Opens an engine for a workload; with `watch`, its WebGPU buffers are counted from the beginning. */
async function open(id: string, workloadName: string, watch = false): Promise<{ device: string; adapter: string }> {
  if (watch) counts = watchBuffers()
  const { open: openEngine, device } = await loadEngine(id)
  const workload = makeWorkload(workloadName)
  flops = (batchSize) => flopsPerStep(workload.model, batchSize)
  engine = await openEngine(device, workload)
  return { device: engine.device, adapter: await adapterName() }
}

async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu?.requestAdapter()
  if (!adapter) return 'none'
  const { vendor, architecture, device, description } = adapter.info
  return [vendor, architecture, device, description].filter((part) => part !== '').join(' ')
}

/** Starts a fresh session; resolves to the FLOPs of one step. */
async function prepare(batchSize: number): Promise<number> {
  if (engine === undefined) throw new Error('open an engine first')
  await session?.dispose()
  session = await engine.prepare(batchSize)
  return flops(batchSize)
}

async function time(steps: number): Promise<{ loss: number; seconds: number }> {
  if (session === undefined) throw new Error('prepare a session first')
  const start = performance.now()
  const loss = await session.run(steps)
  return { loss, seconds: (performance.now() - start) / 1000 }
}

/** Trains `steps` steps, timed roughly and counted: for the check and for calibration, never for a result. */
async function train(steps: number): Promise<Trained> {
  let timed = { loss: NaN, seconds: 0 }
  const called = await countCalls(async () => {
    timed = await time(steps)
  })
  return { ...timed, ...called }
}

async function close(): Promise<void> {
  await session?.dispose()
  session = undefined
}

/** The buffers of the engine's device, where `open` watched them. */
function buffers(): BufferCounts | undefined {
  return counts?.()
}

async function openMatmul(id: string): Promise<{ device: string; adapter: string }> {
  const { open: openMultiplier, device } = await loadMatmul(id)
  multiplier = await openMultiplier(device)
  return { device: multiplier.device, adapter: await adapterName() }
}

/** Makes a product ready and checks it: the largest relative error and the seconds of one product, or null if there is none. */
async function prepareMatmul(matmul: MatmulCase): Promise<{ error: number; seconds: number } | null> {
  if (multiplier === undefined) throw new Error('open an engine first')
  product?.dispose()
  const { a, b } = operandsOf(matmul)
  product = await multiplier.prepare(matmul, a, b)
  if (product === undefined) return null
  const error = productError(matmul, a, b, await product.result())
  return { error, seconds: await timeMatmul(1) }
}

/** Seconds for `repeats` products and the read-back of one element. */
async function timeMatmul(repeats: number): Promise<number> {
  if (product === undefined) throw new Error('prepare a product first')
  const start = performance.now()
  await product.run(repeats)
  return (performance.now() - start) / 1000
}

/** A workload of images for an engine outside of the page: what it is, and its arrays as base64. */
function exported(workloadName: string) {
  const { model, optimizer, dataset, params, order } = makeWorkload(workloadName)
  const { count, sampleShape, inputs, targets } = dataset
  const named = Object.entries(params)
  const weights = named.map(([name, { shape }]): [string, readonly number[]] => [name, shape])
  const values = new Float32Array(named.flatMap(([, { data }]) => Array.from(data)))
  const arrays = { inputs, targets, order, weights: values }
  const texts = Object.entries(arrays).map(([name, array]) => [name, base64(new Uint8Array(array.buffer))])
  return {
    described: { model, optimizer, count, sampleShape, weights },
    arrays: Object.fromEntries(texts),
    flopsOfOne: flopsPerStep(model, 1),
  }
}

function base64(bytes: Uint8Array): string {
  const part = 1 << 15
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += part) parts.push(String.fromCharCode(...bytes.subarray(at, at + part)))
  return btoa(parts.join(''))
}

/** The full MNIST run; its code comes with wgrad's data functions, which other pages do not need. */
async function mnist(id: string, options: { epochs: number; samples: number; files: readonly string[] }) {
  const { runMnist } = await import('./mnistPage.ts')
  return { ...(await runMnist(id, options)), adapter: await adapterName() }
}

/** The host's time for encoding steps of a workload; its code reaches below wgrad's public functions. */
async function encode(workloadName: string, batchSize: number, rounds: number) {
  const { measureEncoding } = await import('./encodePage.ts')
  return { ...(await measureEncoding(makeWorkload(workloadName), batchSize, rounds)), adapter: await adapterName() }
}

/** What this browser lacks for the engine tfjs-webgl, or undefined. */
async function webglLack(): Promise<string | undefined> {
  const tfjs = await import('../peers/tfjs.ts')
  return tfjs.webglLack()
}

/** What the page offers to the harness. */
export const bench = {
  exported,
  webglLack,
  encode,
  open,
  prepare,
  time,
  train,
  close,
  buffers,
  openMatmul,
  prepareMatmul,
  timeMatmul,
  mnist,
}
Object.assign(window, { bench })
