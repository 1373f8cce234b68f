// The benchmark: runs the workloads that the command line names, in one headless Chrome, one after another. Each checks
// its engines before it times them. See README.md for how to read what it prints, `--help` for the options.

import { availableParallelism, loadavg } from 'node:os'
import { launchBrowser } from './harness/browser.mjs'
import { runCold } from './harness/cold.mjs'
import { runEncode } from './harness/encode.mjs'
import { runLive } from './harness/live.mjs'
import { runMatmul } from './harness/matmul.mjs'
import { runMemory } from './harness/memory.mjs'
import { runMnist } from './harness/mnist.mjs'
import { parseOptions, usage } from './harness/options.mjs'
import { startServer } from './harness/server.mjs'
import { runTraining } from './harness/training.mjs'
import { drawChart, inChart, writeChart } from './report/chart.mjs'
import { writeRecords } from './report/records.mjs'

const kinds = {
  training: runTraining,
  matmul: runMatmul,
  cold: runCold,
  mnist: runMnist,
  memory: runMemory,
  encode: runEncode,
  live: runLive,
}

async function main() {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) return console.log(usage)
  const start = performance.now()
  const server = await startServer(options.dataDir)
  const browser = await launchBrowser(server.url)
  try {
    const records = await runAll(browser, options)
    const drawn = records.filter(inChart)
    if (options.svg !== undefined && drawn.length > 0) await writeChart(options.svg, drawChart(drawn))
  } finally {
    await browser.close()
    await server.close()
  }
  console.log(`\n${Math.round((performance.now() - start) / 1000)} s in all`)
}

/** The records of all workloads, written as they come; a workload that fails is reported and makes the exit code 1, and the others go on. */
async function runAll(browser, options) {
  const adapter = await adapterOf(browser)
  const records = []
  const context = {
    options,
    keep: async (made) => {
      records.push(...made)
      if (options.json !== undefined) await writeRecords(options.json, records)
    },
    adapter,
    date: new Date().toISOString(),
    userAgent: browser.userAgent,
    cores: availableParallelism(),
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    budget: options.budget,
  }
  console.log(`${browser.version}, adapter ${adapter}, ${context.cores} cores, load ${context.loadAverage.join(' ')}`)
  for (const run of options.runs) {
    console.log(`\n${run.name}`)
    try {
      await kinds[run.kind](browser, run, { ...context, budget: budgetOf(run, options) })
    } catch (error) {
      console.error(`${run.name}: ${error.message}`)
      process.exitCode = 1
    }
  }
  return records
}

/** The budget of the command line, with what a quick run of this workload changes. */
function budgetOf(run, { budget }) {
  return budget.quick ? { ...budget, ...run.quick } : budget
}

async function adapterOf(browser) {
  const page = await browser.page('adapter')
  const { adapter } = await page.call('open', 'reference', 'cold')
  await page.close()
  return adapter
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
