// Proves that the gradient checks catch a wrong derivative: every VJP rule is mutated, one sign, operand, factor or index at a time,
// and the checks of test/conformance run on each mutant. Fails if a mutant survives or a rule has none. One line per rule, then a total.
// All mutants are in one bundle, behind switches; threads share them. Usage: node scripts/mutate.mjs [rule ...] [--verbose]

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { projectRoot } from './process.mjs'

/** A mutant that has not finished by then (in milliseconds) runs in circles, which is noticed too. */
const PATIENCE = 120_000

if (isMainThread) await main()
else await work(workerData)

async function main() {
  const started = performance.now()
  const verbose = process.argv.includes('--verbose')
  const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
  const folder = join(projectRoot, '.cache', `mutate-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  try {
    const { rules, bundle } = await bundleMutants(folder)
    const chosen = rules.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
    const healthy = { id: 0, first: [] }
    const outcomes = await runAll(bundle, [healthy, ...chosen.flatMap(({ first, mutants }) => mutants.map(({ id }) => ({ id, first })))]) // prettier-ignore
    if (outcomes.get(0) !== null) throw new Error(`the gradient checks fail without a mutation: ${outcomes.get(0)}`)
    process.exitCode = report(chosen, outcomes, verbose, started) ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Prints what became of every rule; whether all mutants were caught. */
function report(rules, outcomes, verbose, started) {
  const totals = { caught: 0, survived: 0 }
  for (const { name, file, mutants } of rules) {
    const survivors = mutants.filter(({ id }) => outcomes.get(id) === null)
    totals.caught += mutants.length - survivors.length
    totals.survived += survivors.length + Number(mutants.length === 0)
    const verdict = mutants.length === 0 ? 'NO MUTANTS' : survivors.length > 0 ? 'SURVIVED' : 'caught'
    console.log(
      `${verdict.padEnd(9)} ${name} (${file}): ${mutants.length - survivors.length} of ${mutants.length} mutants caught`,
    )
    for (const { what } of survivors) console.log(`          survives: ${what}`)
    if (!verbose) continue
    for (const { id, what } of mutants) if (outcomes.get(id) !== null) console.log(`  ${what}\n    ${outcomes.get(id).slice(0, 160)}`) // prettier-ignore
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(
    `mutations of ${rules.length} VJP rules: ${totals.caught} caught, ${totals.survived} survived (${seconds} s)`,
  )
  return totals.survived === 0 && rules.length > 0
}

/** The gradient checks in one file, in which `globalThis.wgradMutant` chooses the mutant (0: none), and the rules. */
async function bundleMutants(folder) {
  const { build } = await import('vite')
  const { instrument } = await import('./mutations.mjs')
  const primitives = join(projectRoot, 'src/primitives')
  const texts = new Map()
  const rules = []
  let nextId = 1
  for (const file of readdirSync(primitives).sort()) {
    const path = join(primitives, file)
    const made = instrument(path, readFileSync(path, 'utf8'), nextId)
    nextId = made.nextId
    rules.push(...made.rules.map((rule) => ({ ...rule, file, first: [rule.name, ...made.names] })))
    const sign = file === 'elementwise.ts' ? '\nglobalThis.wgradNegated = (x: Tensor) => neg([x], null)\n' : ''
    texts.set(path, made.text + sign)
  }
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    plugins: [{ name: 'mutations', load: (id) => texts.get(id.split('?')[0]) ?? null }],
    build: {
      ssr: fileURLToPath(new URL('../test/conformance/gradientSuite.ts', import.meta.url)),
      outDir: folder,
      minify: false,
      target: 'node20',
      reportCompressedSize: false,
    },
  })
  return { rules, bundle: pathToFileURL(join(folder, 'gradientSuite.js')).href }
}

/** What caught each mutant, or null; threads take one after the other. */
async function runAll(bundle, jobs) {
  const outcomes = new Map()
  const queue = [...jobs]
  const runThread = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: bundle })
      let current = null
      let timer
      const finish = () => {
        clearTimeout(timer)
        void worker.terminate()
        resolve()
      }
      const next = () => {
        clearTimeout(timer)
        current = queue.shift() ?? null
        if (current === null) return finish()
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        worker.postMessage(current)
        timer = setTimeout(() => replaceThread('it did not finish'), PATIENCE)
      }
      // a mutant that stops the thread is caught; the others go on in a new one
      const replaceThread = (why) => {
        if (current === null) return
        outcomes.set(current.id, why)
        current = null
        clearTimeout(timer)
        void worker.terminate()
        runThread().then(resolve, reject)
      }
      worker.on('message', (message) => {
        if (message.ready !== true) outcomes.set(current.id, message.failure)
        console.error(current?.id, current?.first?.[0], message.failure === null, (performance.now() / 1000).toFixed(1))
        next()
      })
      worker.on('error', (error) => (current === null ? reject(error) : replaceThread(String(error))))
    })
  await Promise.all(Array.from({ length: availableParallelism() }, runThread))
  return outcomes
}

async function work(bundle) {
  const { firstFailure } = await import(bundle)
  parentPort.on('message', ({ id, first }) => {
    globalThis.wgradMutant = id
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort.postMessage({ failure: firstFailure(first) })
  })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort.postMessage({ ready: true })
}
