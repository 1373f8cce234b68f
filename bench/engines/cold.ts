// The page of a cold start: from the start of the navigation to the first finished MLP step, batch 128, of the engine that
// the address names (`?wgrad-webgpu`). It is built for production, as a user's page would be.

import { loadEngine } from '../harness/openers.ts'
import { makeWorkload } from '../workloads/index.ts'

async function start(): Promise<void> {
  try {
    const { open, device } = await loadEngine(location.search.slice(1))
    const engine = await open(device, makeWorkload('cold'))
    const session = await engine.prepare(128)
    const loss = await session.run(1)
    // performance.now() counts from the start of the navigation
    Object.assign(window, { cold: { milliseconds: performance.now(), loss, device: engine.device } })
  } catch (error) {
    Object.assign(window, { cold: { error: String(error) } })
  }
}

void start()
