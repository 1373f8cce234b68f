// Cold starts: an engine's page, built for production, in a Chrome of its own with a fresh profile; the time from the start
// of the navigation to the first finished MLP step. Then Chrome starts anew with the same profile, for the second load.

import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { build } from 'vite'
import { printTable } from '../report/plain.mjs'
import { measuredRecord, round } from '../report/records.mjs'
import { median } from '../report/statistics.mjs'
import { markValid } from '../yardsticks/stated.mjs'
import { leaveOut, startChrome } from './browser.mjs'
import { isolation, projectRoot, sourceResolution } from './server.mjs'

const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html; charset=utf-8' }
/** The first losses must agree: the same step from the same weights. */
const tolerance = 1e-4
const wasmFolder = '/node_modules/@tensorflow/tfjs-backend-wasm/dist/'

/** Runs the rounds; keeps two records per engine: `first` and `second` load. */
export async function runCold(_browser, run, context) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-cold-'))
  try {
    await buildPage(folder)
    const server = await serve(folder)
    try {
      return await measure(run, context, `http://127.0.0.1:${server.address().port}/`)
    } finally {
      server.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(run, context, url) {
  const loads = new Map(run.engines.map((id) => [id, []]))
  for (let turn = 0; turn < context.budget.rounds; turn++) {
    for (const id of loads.keys()) {
      try {
        loads.get(id).push(await bothLoads(`${url}?${id}`))
      } catch (error) {
        leaveOut(new Error(`${id}: ${error.message}`))
        loads.delete(id)
      }
    }
  }
  const { adapter } = context
  const expected = median([...loads.values()].flat(2).map((load) => load.loss))
  const groups = [0, 1].map((which) =>
    [...loads].map(([id, rounds]) => record(run, { id, which, rounds, expected, adapter }, context)),
  )
  // what is stated is the first load
  for (const second of groups[1]) second.statedShare = null
  const records = groups.flatMap((group) => markValid(group))
  printTable(
    ['engine', 'load', 'ms', 'rounds', 'loss error', 'valid'],
    records.map((made) => [
      made.engine,
      made.load,
      Math.round(made.milliseconds),
      made.rounds.map(Math.round).join(' '),
      made.check.relativeError.toExponential(0),
      made.valid ?? '',
    ]),
  )
  const wrong = records.filter((made) => !(made.check.relativeError <= tolerance))
  if (wrong.length > 0) throw new Error(`the first losses disagree: ${wrong.map((made) => made.engine).join(', ')}`)
  await context.keep(records)
}

/** The first and the second load with one profile. */
async function bothLoads(address) {
  const profile = await mkdtemp(join(tmpdir(), 'bench-profile-'))
  try {
    return [await loadOnce(address, profile), await loadOnce(address, profile)]
  } finally {
    // Chrome may still write a file while it goes
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function loadOnce(address, profile) {
  const chrome = await startChrome(profile)
  try {
    const page = await chrome.newPage()
    await page.goto(address)
    await page.waitForFunction(() => 'cold' in window, { timeout: 120_000, polling: 50 })
    const result = await page.evaluate(() => window.cold)
    if (result.error !== undefined) throw new Error(result.error)
    return result
  } finally {
    await chrome.close()
  }
}

function record(run, { id, which, rounds, expected, adapter }, context) {
  const times = rounds.map((loads) => loads[which].milliseconds)
  const [first] = rounds
  const { loss, device } = first[which]
  return measuredRecord(
    { run, batch: 128, page: { id, device, adapter }, value: median(times), context },
    {
      load: which === 0 ? 'first' : 'second',
      milliseconds: round(median(times)),
      rounds: times.map(round),
      check: { loss, relativeError: Math.abs(loss - expected) / expected },
    },
  )
}

/** Builds the page of engines/cold.ts into `folder`. */
async function buildPage(folder) {
  await build({
    root: projectRoot,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    resolve: sourceResolution,
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      chunkSizeWarningLimit: 1e5,
      rolldownOptions: { input: 'bench/engines/cold.ts', output: { entryFileNames: 'cold.js' } },
    },
  })
}

const page = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>cold start</title><link rel="icon" href="data:," /></head>
  <body><script type="module" src="/cold.js"></script></body>
</html>`

/** Serves the built page, cached by browsers as any deployed page would be. */
async function serve(folder) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname)
    const headers = { ...isolation, 'content-type': types[extname(path)] ?? types['.html'] }
    if (path === '/') return response.writeHead(200, headers).end(page)
    const file = path.startsWith(wasmFolder) ? join(projectRoot, path) : join(folder, path)
    const found = await stat(file).catch(() => undefined)
    if (!found?.isFile()) return response.writeHead(404, isolation).end()
    response.writeHead(200, { ...headers, 'cache-control': 'public, max-age=31536000, immutable' })
    return createReadStream(file).pipe(response)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
