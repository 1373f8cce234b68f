// The benchmark: opens every engine in one headless Chrome, and per batch size checks that all train alike, times them in
// interleaved rounds and prints what it finds. See README.md for how to read it, `--help` for the options.

import { availableParallelism, loadavg } from 'node:os'
import { launchBrowser } from './harness/browser.mjs'
import { checkEngines, checkSteps, lossTolerance } from './harness/check.mjs'
import { measureRounds } from './harness/measure.mjs'
import { parseOptions, usage } from './harness/options.mjs'
import { startServer } from './harness/server.mjs'
import { drawChart, writeChart } from './report/chart.mjs'
import { makeRecord, writeRecords } from './report/records.mjs'
import { heading, line, lowRecords, summary } from './report/table.mjs'

async function main() {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) return console.log(usage)
  const start = performance.now()
  const server = await startServer()
  const browser = await launchBrowser(server.url)
  try {
    const measured = await runAll(browser, options)
    report(measured, options)
    if (options.json !== undefined) await writeRecords(options.json, measured.records)
    if (options.svg !== undefined) await writeChart(options.svg, drawChart(measured.records))
  } finally {
    await browser.close()
    await server.close()
  }
  console.log(`\n${Math.round((performance.now() - start) / 1000)} s in all`)
}

async function runAll(browser, { engines, batches, budget }) {
  const pages = await openPages(browser, engines)
  const reference = await browser.open('reference')
  const context = {
    date: new Date().toISOString(),
    userAgent: browser.userAgent,
    cores: availableParallelism(),
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    budget,
  }
  console.log(
    `${browser.version}, adapter ${reference.adapter}, ${context.cores} cores, load ${context.loadAverage.join(' ')}`,
  )
  for (const page of pages) console.log(`  ${page.id.padEnd(13)} ${page.device}`)
  console.log(`\n${heading()}`)
  const records = []
  const rates = new Map()
  const start = performance.now()
  for (const batch of batches) {
    if (performance.now() - start > budget.totalSeconds * 1000) {
      console.log(`batch ${batch} is left out: time is up, so something else keeps this machine busy`)
      process.exitCode = 1
      continue
    }
    const measured = await measureBatch(pages, reference, batch, context)
    rates.set(batch, measured.rates)
    records.push(...measured.records)
    for (const record of measured.records) console.log(line(record))
  }
  return { records, rates, engines: pages.map((page) => page.id) }
}

/** One batch size: checks all engines, then times them. */
async function measureBatch(pages, reference, batch, context) {
  const steps = checkSteps(batch, context.budget)
  const checked = await checkEngines(pages, reference, batch, steps)
  const rates = await measureRounds(pages, checked, batch, context.budget)
  const records = pages.map((page, index) =>
    makeRecord({ page, batch, checked: checked[index], steps, rates: rates.get(page.id), context }),
  )
  return { records, rates }
}

/** Opens every engine; one that cannot start is reported and left out, and makes the exit code 1. */
async function openPages(browser, engines) {
  const pages = []
  for (const id of engines) {
    try {
      pages.push(await browser.open(id))
    } catch (error) {
      console.error(`left out: ${error.message}`)
      process.exitCode = 1
    }
  }
  if (pages.length === 0) throw new Error('no engine could be opened')
  return pages
}

function report({ records, rates, engines }, { budget }) {
  console.log(
    `\nsamples/s, medians of up to ${budget.rounds} interleaved rounds; ratios are medians of the ratio within a round`,
  )
  console.log(summary(records, engines, rates))
  const worst = records.reduce((most, record) => Math.max(most, record.check.relativeError), 0)
  console.log(`\nAll losses agree with float64 within ${worst.toExponential(0)} (tolerance ${lossTolerance}).`)
  const low = lowRecords(records)
  if (low.length > 0) {
    console.log(
      'NOT A MEASUREMENT: these stayed below 70 % of what they reach on a quiet machine (see yardsticks.mjs):',
    )
    for (const id of new Set(low.map((record) => record.engine))) {
      const batches = low.filter((record) => record.engine === id).map((record) => record.batch)
      console.log(`  ${id} at ${batches.join(', ')}`)
    }
  }
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
