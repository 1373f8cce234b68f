// What encoding a step costs the host, in the page: the calls of a step are run and flushed, many steps at a time, and nothing
// waits for the device in between. It takes the calls from below the trainer, whose loop also waits.

import { setDevice } from 'wgrad'
import { runtimeDevice } from '../../src/runtime/device.ts'
import { openSession } from '../../src/train/session.ts'
import { trainerOptions } from '../engines/wgrad.ts'
import type { Workload } from '../engines/engine.ts'

/** One measurement: microseconds of the host per dispatch, of each round. */
export interface Encoding {
  readonly device: string
  readonly dispatchesPerStep: number
  readonly stepsPerSubmit: number
  readonly rounds: readonly number[]
}

/** Dispatches per timed submit, roughly: as many as a submit of a small model has. */
const DISPATCHES = 128

/** Times the encoding and the submit of steps, `rounds` times; the device is idle before each. */
export async function measureEncoding(workload: Workload, batchSize: number, rounds: number): Promise<Encoding> {
  const device = runtimeDevice(await setDevice('webgpu'))
  const session = await openSession(trainerOptions(workload, batchSize), device)
  session.setOrder(workload.order)
  const parts = await session.step(batchSize)
  const dispatchesPerStep = parts.reduce((total, { replay }) => total + replay.dispatches, 0)
  const stepsPerSubmit = Math.max(1, Math.round(DISPATCHES / dispatchesPerStep))
  const times: number[] = []
  let step = 0
  const submit = (): void => {
    for (let i = 0; i < stepsPerSubmit; i++, step++) {
      const row = { args: { cursor: 0, learningRate: 1e-3, step }, ringRow: step % session.ring.rows }
      for (const { replay } of parts) replay.run([row])
    }
    device.backend.flush()
  }
  for (let round = -5; round < rounds; round++) {
    await device.backend.idle()
    const start = performance.now()
    submit()
    const seconds = (performance.now() - start) / 1000
    if (round >= 0) times.push((seconds * 1e6) / (stepsPerSubmit * dispatchesPerStep)) // the first ones make bind groups, and warm up
  }
  session.dispose()
  await device.idle()
  return { device: `wgrad ${device.kind} ${device.name}`, dispatchesPerStep, stepsPerSubmit, rounds: times }
}
