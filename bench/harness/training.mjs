// A training workload: opens its engines, and per batch size checks that all train alike, times them in interleaved rounds
// and prints what it finds.

import { trainingRecord } from '../report/records.mjs'
import { heading, line, lowLines, summary } from '../report/table.mjs'
import { markValid } from '../yardsticks/stated.mjs'
import { openEngines } from './browser.mjs'
import { checkEngines, checkSteps } from './check.mjs'
import { measureRounds } from './measure.mjs'

/** Runs one workload; keeps the records of a batch size as soon as it is done, so that a run cut short has measured something. */
export async function runTraining(browser, run, context) {
  const { budget } = context
  const pages = await openEngines(browser, run.engines, (page) => page.call('open', page.id, run.name))
  const reference = run.reference ? await browser.page('reference') : undefined
  await reference?.call('open', 'reference', run.name)
  for (const page of pages) console.log(`  ${page.id.padEnd(21)} ${page.device}`)
  console.log(`\n${heading()}`)
  const records = []
  const rates = new Map()
  const start = performance.now()
  for (const batch of run.batches) {
    if (performance.now() - start > budget.totalSeconds * 1000) {
      console.log(`batch ${batch} is left out: time is up, so something else keeps this machine busy`)
      process.exitCode = 1
      continue
    }
    const steps = checkSteps(run, batch, budget)
    const checked = await checkEngines(pages, reference, batch, steps, run.tolerance)
    const stepRates = await measureRounds(checked.map(subject), budget)
    const perBatch = new Map([...stepRates].map(([id, perRound]) => [id, perRound.map((rate) => rate * batch)]))
    rates.set(batch, perBatch)
    const made = checked.map((result) =>
      trainingRecord({ run, batch, result, steps, rates: perBatch.get(result.page.id), context }),
    )
    records.push(...markValid(made))
    await context.keep(made)
    for (const record of made) console.log(line(record))
  }
  for (const page of [...pages, ...(reference === undefined ? [] : [reference])]) await page.close()
  report(run, records, rates, pages)
}

function subject({ page, secondsPerStep }) {
  const time = async (steps) => (await page.call('time', steps)).seconds
  return { id: page.id, secondsEach: secondsPerStep, time }
}

function report(run, records, rates, pages) {
  const engines = pages.map((page) => page.id).filter((id) => records.some((record) => record.engine === id))
  console.log('\nsamples/s, medians of interleaved rounds; ratios are medians of the ratio within a round')
  console.log(summary(records, engines, rates))
  const worst = records.reduce((most, record) => Math.max(most, record.check.relativeError), 0)
  const families = new Set(engines.map((id) => id.split('-')[0]))
  if (run.reference || families.size > 1) {
    const judge = run.reference ? 'with float64' : 'with each other'
    console.log(`\nAll losses agree ${judge} within ${worst.toExponential(0)} (tolerance ${run.tolerance}).`)
  } else {
    console.log('\nLOSSES NOT CHECKED: there was no engine of another library to agree with.')
  }
  const low = lowLines(records)
  if (low.length > 0) console.log(low.join('\n'))
}
