// Host time per dispatch: what it costs wgrad to encode and submit steps, without the device's own time.

import { printTable } from '../report/plain.mjs'
import { measuredRecord, round } from '../report/records.mjs'
import { median } from '../report/statistics.mjs'

/** What is encoded does not depend on the batch size, and a small one keeps the device from being waited for. */
const batch = 1
const models = ['mlp', 'cnn', 'transformer']
const rounds = { full: 61, quick: 21 }

/** Runs the models; keeps a record per model. */
export async function runEncode(browser, run, context) {
  const records = []
  for (const of of models) {
    const page = await browser.page('wgrad-webgpu')
    const result = await page.call('encode', of, batch, context.budget.quick ? rounds.quick : rounds.full)
    await page.close()
    const { device, adapter, dispatchesPerStep, stepsPerSubmit } = result
    const microseconds = median(result.rounds)
    records.push(
      measuredRecord(
        { run, batch, page: { id: 'wgrad-webgpu', device, adapter }, value: microseconds, context },
        {
          of,
          dispatchesPerStep,
          stepsPerSubmit,
          microsecondsPerDispatch: round(microseconds),
          rounds: result.rounds.map(round),
          valid: null,
        },
      ),
    )
  }
  printTable(
    ['of', 'dispatches/step', 'steps/submit', 'us/dispatch', 'least', 'most'],
    records.map((made) => [
      made.of,
      made.dispatchesPerStep,
      made.stepsPerSubmit,
      made.microsecondsPerDispatch,
      Math.min(...made.rounds),
      Math.max(...made.rounds),
    ]),
  )
  await context.keep(records)
}
