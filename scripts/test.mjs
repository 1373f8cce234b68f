// `npm test`: finds or gets a Chrome, builds, runs every test project, then the mutations and the packed package in a fresh folder (if no
// arguments narrow the run).
// The last line is always `N passed, N failed` (`, N skipped` if any). Arguments are passed on to vitest.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { ensureChrome, needsSoftwareAdapter } from './chrome.mjs'
import { packageCommand, projectRoot, runNode } from './process.mjs'

const RESULTS = join(projectRoot, '.cache/test-results.json')
const MUTATIONS = join(projectRoot, 'scripts/mutate.mjs')
const PACKAGE = join(projectRoot, 'scripts/pack-test.mjs')
const args = process.argv.slice(2)

const totals = { passed: 0, failed: 0, skipped: 0 }
try {
  const env = runsInBrowser() ? await chromeEnvironment() : {}
  await build()
  await runTests(env)
  if (args.length === 0) {
    await runMutations(env)
    await runPackage()
  }
} catch (error) {
  console.error(error.message)
  totals.failed += 1
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0

/** What every test process needs to know, found out once. */
async function chromeEnvironment() {
  const path = await ensureChrome()
  return { CHROME_PATH: path, WGRAD_ADAPTER: (await needsSoftwareAdapter(path)) ? 'swiftshader' : 'hardware' }
}

function runsInBrowser() {
  const projects = args.filter((arg, i) => arg.startsWith('--project=') || args[i - 1] === '--project')
  return projects.length === 0 || projects.some((project) => !project.endsWith('unit'))
}

async function runTests(env) {
  mkdirSync(join(projectRoot, '.cache'), { recursive: true })
  rmSync(RESULTS, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`]
  const { code } = await runNode([packageCommand('vitest/vitest.mjs'), 'run', ...reporters, ...args], {
    env,
    inherit: true,
  })
  const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : undefined
  if (results) {
    // A file that cannot be loaded has no tests to count: it is one failure.
    const brokenFiles = results.testResults.filter(
      (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    ).length
    totals.passed += results.numPassedTests
    totals.failed += results.numFailedTests + brokenFiles
    totals.skipped += results.numPendingTests + results.numTodoTests
  }
  // Unhandled errors, or a runner that died, fail the run although no test did.
  if (code !== 0 && totals.failed === 0) totals.failed += 1
}

/** One test: the package installs, type-checks, trains and bundles in a folder of its own. */
async function runPackage() {
  const { code } = await runNode([PACKAGE], { inherit: true })
  if (code === 0) totals.passed += 1
  else totals.failed += 1
}

async function runMutations(env) {
  const { code } = await runNode([MUTATIONS], { env, inherit: true })
  if (code !== 0) totals.failed += 1
}
