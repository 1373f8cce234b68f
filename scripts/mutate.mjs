// Proves that the gradient checks catch a wrong derivative: every VJP rule is mutated, one sign or operand at a time, and the
// checks of test/conformance run on each mutant. Fails if a mutant survives or a rule has none. One line per rule, then a total.
// Usage: node scripts/mutate.mjs [rule ...]; `--verbose` shows what caught each mutant.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import { mutationsOf } from './mutations.mjs'
import { projectRoot } from './process.mjs'

const SUITE = fileURLToPath(new URL('../test/conformance/gradientSuite.ts', import.meta.url))
const PRIMITIVES = join(projectRoot, 'src/primitives')
const verbose = process.argv.includes('--verbose')
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const folder = mkdtempSync(join(tmpdir(), 'wgrad-mutate-'))
const started = performance.now()
let bundles = 0

try {
  const healthy = await run(undefined, undefined, '')
  if (healthy !== null) throw new Error(`the gradient checks fail without a mutation: ${healthy}`)
  const totals = { rules: 0, caught: 0, survived: 0 }
  for (const file of readdirSync(PRIMITIVES)) {
    const path = join(PRIMITIVES, file)
    for (const { name, mutants } of mutationsOf(path, readFileSync(path, 'utf8'))) {
      if (wanted.length > 0 && !wanted.includes(name)) continue
      totals.rules++
      const survivors = []
      for (const { what, text } of mutants) {
        const caught = await run(path, text, name)
        if (caught === null) survivors.push(what)
        else totals.caught++
        if (verbose && caught !== null) console.log(`  ${what}\n    ${caught.slice(0, 160)}`)
      }
      totals.survived += survivors.length + Number(mutants.length === 0)
      const verdict = mutants.length === 0 ? 'NO MUTANTS' : survivors.length > 0 ? 'SURVIVED' : 'caught'
      console.log(
        `${verdict.padEnd(9)} ${name} (${file}): ${mutants.length - survivors.length} of ${mutants.length} mutants caught`,
      )
      for (const what of survivors) console.log(`          survives: ${what}`)
    }
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.log(
    `mutations of ${totals.rules} VJP rules: ${totals.caught} caught, ${totals.survived} survived (${seconds} s)`,
  )
  process.exitCode = totals.survived > 0 || totals.rules === 0 ? 1 : 0
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The first failure of the gradient checks with `text` in the place of the file `path`, or null. */
async function run(path, text, rule) {
  const mutation = { name: 'mutation', load: (id) => (id.split('?')[0] === path ? text : null) }
  const result = await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    plugins: [mutation],
    build: { ssr: SUITE, write: false, minify: false, target: 'node20', reportCompressedSize: false },
  })
  const bundle = join(folder, `mutant-${bundles++}.mjs`)
  writeFileSync(bundle, result.output[0].code)
  const { firstFailure } = await import(pathToFileURL(bundle).href)
  return firstFailure(rule)
}
