// The page of one engine. It offers, as `window.bench`, what the harness outside drives: open an engine, prepare, train,
// time, close. All timing happens here, beside the engine, by `performance.now()`.

import type { Engine, OpenEngine, Session } from '../engines/engine.ts'
import { mlpDataset, mlpFlopsPerStep, mlpTask } from '../workloads/mlp.ts'
import { countCalls } from './counting.ts'
import type { Counts } from './counting.ts'

/** What one call of `train` did. */
interface Trained extends Counts {
  readonly loss: number
  readonly seconds: number
}

/** Each engine's code is loaded by its own page only. */
const openers: Record<string, () => Promise<OpenEngine>> = {
  reference: async () => (await import('./reference.ts')).openReference,
  wgrad: async () => (await import('../engines/wgrad.ts')).openWgrad,
  tfjs: async () => (await import('../peers/tfjs.ts')).openTfjs,
  jaxjs: async () => (await import('../peers/jaxjs.ts')).openJaxjs,
}

let engine: Engine | undefined
let session: Session | undefined

async function open(id: string): Promise<{ device: string; adapter: string }> {
  const [family = '', device = ''] = id.split('-')
  const opener = openers[family]
  if (opener === undefined) throw new Error(`no engine ${id}`)
  const openEngine = await opener()
  engine = await openEngine(device, mlpDataset())
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
  session = await engine.prepare(mlpTask(batchSize))
  return mlpFlopsPerStep(batchSize)
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
  const counts = await countCalls(async () => {
    timed = await time(steps)
  })
  return { ...timed, ...counts }
}

async function close(): Promise<void> {
  await session?.dispose()
  session = undefined
}

/** What the page offers to the harness. */
export const bench = { open, prepare, time, train, close }
Object.assign(window, { bench })
