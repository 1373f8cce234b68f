// Long runs of the graph fuzzer. Usage: node scripts/fuzz.mjs [--programs 2000] [--seed S] [--first K] [--operations 40]
// [--device cpu|webgpu] [--failures 5] [--no-shrink] [--print]. A failure prints its seed, as S/K, and the program that is left of it
// after shrinking; `--seed S --first K --programs 1` runs that program alone, and `--print` shows programs without running them.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'vite'
import { projectRoot } from './process.mjs'

/** A compilation that takes longer is a fault of its own. */
const MOST_MILLISECONDS = 5000

const { values: options } = parseArgs({
  options: {
    programs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: 'fuzz' },
    first: { type: 'string', default: '0' },
    operations: { type: 'string', default: '40' },
    device: { type: 'string', default: 'cpu' },
    failures: { type: 'string', default: '5' },
    print: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
  },
})

const folder = join(projectRoot, '.cache', `fuzz-${process.pid}`)
try {
  process.exitCode = (await main()) ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function main() {
  const { entry, runSeries, cpuVariants, deviceVariants, openDevice, generateProgram, printProgram } = await load()
  const [programs, first] = [Number(options.programs), Number(options.first)]
  if (options.print) {
    for (let i = first; i < first + programs; i++)
      console.log(
        printProgram(generateProgram(`${options.seed}/${i}`, { operations: Number(options.operations) })),
        '\n',
      )
    return entry
  }
  const backend = options.device === 'webgpu' ? await openDevice() : null
  const started = performance.now()
  const summary = await runSeries(backend === null ? cpuVariants() : deviceVariants(backend), {
    seed: options.seed,
    first,
    programs,
    operations: Number(options.operations),
    failures: Number(options.failures),
    shrink: !options['no-shrink'],
    onProgram: (index, { failure }) => {
      if (failure !== null) console.log(`${options.seed}/${index} fails: ${failure.split('\n')[0]}`)
      if ((index + 1 - first) % 1000 === 0) console.log(`${index + 1 - first} programs, ${seconds(started)} s`)
    },
  })
  for (const { seed, report } of summary.failures) console.log(`\n--- seed ${seed}\n${report}`)
  const { slowest, longest } = summary
  console.log(
    `\n${summary.programs} programs of ${(summary.operations / summary.programs).toFixed(1)} operations on ${backend?.name ?? 'the CPU'} in ${seconds(started)} s: ` +
      `${summary.failures.length} failed, ${summary.illConditioned} ill-conditioned; ` +
      `slowest compilation ${slowest.milliseconds.toFixed(0)} ms (${slowest.seed}), longest code ${longest.characters} characters (${longest.seed})`,
  )
  backend?.dispose()
  return summary.failures.length === 0 && slowest.milliseconds <= MOST_MILLISECONDS
}

/** The fuzzer, bundled. */
async function load() {
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    resolve: { conditions: ['wgrad-source', 'node'] },
    ssr: { resolve: { conditions: ['wgrad-source', 'node'] }, external: ['webgpu'] },
    build: {
      ssr: fileURLToPath(new URL('../test/fuzz/entry.ts', import.meta.url)),
      outDir: folder,
      minify: false,
      target: 'node20',
      reportCompressedSize: false,
    },
  })
  return { entry: true, ...(await import(pathToFileURL(join(folder, 'entry.js')).href)) }
}

function seconds(started) {
  return ((performance.now() - started) / 1000).toFixed(1)
}
