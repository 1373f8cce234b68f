// Runs a program of examples/ against the built package: `npm run example NAME`, or without a name, the list of them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runnerImport } from 'vite'
import { build } from './build.mjs'
import { projectRoot } from './process.mjs'

const folder = join(projectRoot, 'examples')
const names = readdirSync(folder)
  .filter(
    (file) => file.endsWith('.ts') && readFileSync(join(folder, file), 'utf8').includes('export async function run('),
  )
  .map((file) => file.slice(0, -'.ts'.length))

const name = process.argv[2]
if (name === undefined || !names.includes(name)) {
  console.error(`${name === undefined ? '' : `There is no example ${name}. `}Usage: npm run example NAME, with one of: ${names.join(', ')}`) // prettier-ignore
  process.exitCode = 1
} else {
  await build()
  // only the example is transformed; `wgrad` is the package, as Node finds it
  const { module } = await runnerImport(join(folder, `${name}.ts`), { configFile: false, root: projectRoot })
  await module.run((line) => console.log(line))
}
