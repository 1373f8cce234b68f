// Writes the README's table of throughput, and the chart beside the record, from the newest record of the MLP. Usage: node scripts/throughput.mjs [--check]
// With --check nothing is written, and the exit code says whether the table is up to date.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawChart, inChart } from '../bench/report/chart.mjs'
import { withThroughput } from '../bench/report/readme.mjs'
import { projectRoot } from './process.mjs'

const RESULTS = 'bench/results'
const path = join(projectRoot, 'README.md')
const newest = readdirSync(join(projectRoot, RESULTS))
  .filter((name) => name.endsWith('-mlp.jsonl'))
  .sort()
  .at(-1)
if (newest === undefined) throw new Error(`${RESULTS} has no record of the MLP: npm run bench -- --json FILE`)
const file = `${RESULTS}/${newest}`
const records = readFileSync(join(projectRoot, file), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const readme = readFileSync(path, 'utf8')
const written = withThroughput(readme, records, file)
const chartPath = join(projectRoot, file.replace(/jsonl$/, 'svg'))
const chart = drawChart(records.filter(inChart))
const isCurrent = written === readme && existsSync(chartPath) && readFileSync(chartPath, 'utf8') === chart
if (process.argv.includes('--check')) {
  if (!isCurrent) console.error('the table of throughput in README.md or its chart is stale: run npm run throughput')
  process.exitCode = isCurrent ? 0 : 1
} else {
  writeFileSync(path, written)
  writeFileSync(chartPath, chart)
  console.log(`README.md and the chart are ${isCurrent ? 'up to date' : 'written'}`)
}
