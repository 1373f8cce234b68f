// Writes OPERATIONS.md: every public operation with its dtypes, derivatives, kernels and names elsewhere, from the registry of the
// conformance suite. Usage: node scripts/operations.mjs

import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import { projectRoot } from './process.mjs'

const TABLE = fileURLToPath(new URL('../test/conformance/operations/table.ts', import.meta.url))
const OUTPUT = join(projectRoot, 'OPERATIONS.md')
const folder = mkdtempSync(join(tmpdir(), 'wgrad-operations-'))

try {
  const result = await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    build: { ssr: TABLE, write: false, minify: false, target: 'node20', reportCompressedSize: false },
  })
  const bundle = join(folder, 'table.mjs')
  writeFileSync(bundle, result.output[0].code)
  const { operationsTable } = await import(pathToFileURL(bundle).href)
  const text = operationsTable()
  const changed = !existsSync(OUTPUT) || readFileSync(OUTPUT, 'utf8') !== text
  if (changed) writeFileSync(OUTPUT, text)
  console.log(`OPERATIONS.md is ${changed ? 'written' : 'up to date'}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
