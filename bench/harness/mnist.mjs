// The full MNIST run of every engine, in turns, a fresh page for each: 784-128-10, SGD 0.1, batch 128, 2 epochs, and the
// accuracy on the test samples. Everything after data loading counts.

import { readdir } from 'node:fs/promises'
import { printTable } from '../report/plain.mjs'
import { measuredRecord, round } from '../report/records.mjs'
import { median } from '../report/statistics.mjs'
import { markValid } from '../yardsticks/stated.mjs'
import { leaveOut } from './browser.mjs'

const epochs = 2
/** The largest difference from the median accuracy: the test samples that engines' rounding may decide otherwise. */
const tolerance = 0.005
const defaultRounds = { full: 5, quick: 1 }

/** Runs the rounds; keeps a record per engine. */
export async function runMnist(browser, run, context) {
  const { options, budget } = context
  const rounds = options.rounds ?? (budget.quick ? defaultRounds.quick : defaultRounds.full)
  const files = options.dataDir === undefined ? [] : await namesIn(options.dataDir)
  const results = new Map(run.engines.map((id) => [id, []]))
  for (let turn = 0; turn < rounds; turn++) {
    for (const id of results.keys()) {
      const page = await browser.page(id)
      try {
        results.get(id).push(await page.call('mnist', id, { epochs, samples: options.samples, files }))
      } catch (error) {
        leaveOut(error)
        results.delete(id)
      }
      await page.close()
    }
  }
  const accuracies = [...results.values()].map(([first]) => first.accuracy)
  const records = [...results].map(([id, made]) => record(run, id, made, median(accuracies), context))
  // the stated time is that of all of MNIST
  const stated = records.filter(({ samples }) => samples > 59_000)
  for (const other of records) if (!stated.includes(other)) Object.assign(other, { statedShare: null })
  markValid(records)
  printTable(
    ['engine', 'data', 'samples', 'seconds', 'open', 'train', 'test', 'loss', 'accuracy', 'valid'],
    records.map((made) => [
      made.engine,
      made.source,
      made.samples,
      made.seconds,
      made.parts.open,
      made.parts.train,
      made.parts.test,
      made.loss,
      made.accuracy,
      made.valid ?? '',
    ]),
  )
  const wrong = records.filter((made) => !(made.check.difference <= tolerance))
  if (wrong.length > 0) {
    console.error(`accuracies differ by more than ${tolerance}: ${wrong.map((made) => made.engine).join(', ')}`)
    process.exitCode = 1
  }
  await context.keep(records)
}

function record(run, id, made, medianAccuracy, context) {
  const [first] = made
  const part = (name) => round(median(made.map((result) => result[name])))
  const seconds = part('seconds')
  const page = { id, device: first.device, adapter: first.adapter }
  return measuredRecord(
    { run, batch: 128, page, value: seconds, context },
    {
      seconds,
      parts: { open: part('openSeconds'), train: part('trainSeconds'), test: part('testSeconds') },
      rounds: made.map((result) => round(result.seconds)),
      source: first.source,
      samples: first.samples,
      epochs,
      loss: round(first.loss),
      accuracy: first.accuracy,
      check: { difference: round(Math.abs(first.accuracy - medianAccuracy)), tolerance },
    },
  )
}

/** The addresses under which the server offers the folder's files. */
async function namesIn(folder) {
  const names = await readdir(folder)
  return names.filter((name) => /ubyte(\.gz)?$/.test(name)).map((name) => `/data/${name}`)
}
