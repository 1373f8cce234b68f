// `npm run check`: types, lint, format, unused code, the package's shape and the architecture, in well under a minute.
// One line per step with its seconds; a step's output only if it fails.

import { build } from './build.mjs'
import { packageCommand, runNode } from './process.mjs'

const AT_ONCE = 2

const steps = [
  command('types', 'typescript/bin/tsc', '-p', 'tsconfig.json'),
  {
    name: 'package',
    async run() {
      const start = performance.now()
      try {
        await build()
      } catch (error) {
        return { code: 1, output: error.message, seconds: (performance.now() - start) / 1000 }
      }
      const results = await Promise.all([
        runNode([packageCommand('publint/src/cli.js'), '--strict']),
        runNode([packageCommand('@arethetypeswrong/cli/dist/index.js'), '--pack', '.', '--profile', 'esm-only']),
      ])
      return {
        code: Math.max(...results.map((result) => result.code)),
        output: results.map((result) => result.output).join('\n'),
        seconds: (performance.now() - start) / 1000,
      }
    },
  },
  command(
    'architecture',
    'vitest/vitest.mjs',
    'run',
    '--project',
    'unit',
    '--reporter',
    'dot',
    'test/architecture.test.ts',
  ),
  command('unused code', 'knip/bin/knip.js', '--no-progress', '--no-config-hints'),
  command('lint', 'oxlint/bin/oxlint', '--deny-warnings'),
  command('format', 'oxfmt/bin/oxfmt', '--check'),
]

const queue = [...steps]
const failed = []
await Promise.all(Array.from({ length: AT_ONCE }, work))
console.log(failed.length === 0 ? `all ${steps.length} checks passed` : `failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1

async function work() {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const { code, output, seconds } = await step.run()
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds.toFixed(1)} s)`)
    if (code === 0) continue
    failed.push(step.name)
    console.log(output.trim())
  }
}

function command(name, path, ...args) {
  return { name, run: () => runNode([packageCommand(path), ...args]) }
}
