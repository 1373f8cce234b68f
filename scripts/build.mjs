// Sources in, dist/ out: compiles src/ and shaders/ to ES modules with declarations. What is in dist/ is always one whole
// compilation: it is made beside dist/ and moved into its place, and it is not made again while no source has changed.
// Usage: node scripts/build.mjs [--force]

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { isMain, projectRoot, runNode } from './process.mjs'

const SOURCES = [
  'src',
  'shaders',
  'scripts/build.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
]
const STAMP = join(projectRoot, '.cache/build.stamp')
const DIST = join(projectRoot, 'dist')

/** Brings dist/ up to date; returns whether it had to compile. Throws with the compiler's text on a type error. */
export async function build({ force = false } = {}) {
  const stamp = fingerprint()
  if (!force && existsSync(DIST) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return false

  mkdirSync(join(projectRoot, '.cache'), { recursive: true })
  const fresh = join(projectRoot, `.cache/dist-${process.pid}`)
  try {
    const compiler = join(projectRoot, 'node_modules/typescript/bin/tsc')
    const { code, output } = await runNode([compiler, '-p', 'tsconfig.build.json', '--outDir', fresh])
    if (code !== 0) throw new Error(`The build failed: tsc -p tsconfig.build.json\n${output.trim()}`)
    for (const file of filesUnder(fresh)) if (file.endsWith('.d.ts')) finishDeclarations(file)
    const cli = join(fresh, 'src/cli/main.js')
    if (existsSync(cli)) chmodSync(cli, 0o755)
    rmSync(DIST, { recursive: true, force: true })
    renameSync(fresh, DIST)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  writeFileSync(STAMP, stamp)
  return true
}

/** The compiler leaves `.ts` in the specifiers of declarations, and a consumer has no types for wgsl-preprocessor. */
function finishDeclarations(file) {
  const text = readFileSync(file, 'utf8')
  if (/['"]wgsl-preprocessor/.test(text)) {
    throw new Error(
      `The build failed: ${file} names wgsl-preprocessor, which has no types for those who install wgrad.\n` +
        `Give the export of the source file an explicit type of its own.`,
    )
  }
  const rewritten = text.replace(/((?:from|import|import\()\s*['"]\.\.?\/[^'"]*)\.ts(['"])/g, '$1.js$2')
  if (rewritten !== text) writeFileSync(file, rewritten)
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    for (const file of filesUnder(join(projectRoot, source))) {
      const { mtimeMs, size } = statSync(file)
      hash.update(`${file} ${mtimeMs} ${size}\n`)
    }
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)))
}

if (isMain(import.meta.url)) {
  try {
    await build({ force: process.argv.includes('--force') })
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}
