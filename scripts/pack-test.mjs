// Proves the package as users get it: packs the project, installs the tarball into an empty folder, and there type-checks a
// program against it, trains with it on the CPU, bundles it for browsers and runs its command line.
// Usage: node scripts/pack-test.mjs [--keep]   (--keep leaves the folder for a look)

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { packageCommand, projectRoot, runNode, runProgram } from './process.mjs'

const COMMAND_LINE = ['train', 'mnist', '--epochs', '1', '--device', 'cpu']

const PROGRAM = `import { createTrainer, data, losses, metrics, nn, optim, setDevice } from 'wgrad'

const device = await setDevice('cpu')
const trainer = await createTrainer({
  model: nn.sequential([nn.flatten(), nn.dense(32), nn.relu(), nn.dense(10)]),
  loss: losses.softmaxCrossEntropy,
  optimizer: optim.sgd({ learningRate: 0.1, momentum: 0.9 }),
  data: await data.digits({ trainCount: 2000, testCount: 500, seed: 1 }),
  batchSize: 50,
  seed: 0,
  metrics: { accuracy: metrics.accuracy },
})
let steps: number = 0
for await (const report of trainer.run({ epochs: 3 })) steps = report.step
const accuracy: number = (await trainer.evaluate()).metrics.accuracy
await trainer.dispose()
if (device.kind !== 'cpu') throw new Error('the device is ' + device.kind)
if (steps !== 120) throw new Error('120 steps expected, ' + steps + ' done')
if (!(accuracy > 0.5)) throw new Error('accuracy ' + accuracy + ' after 3 epochs')
`

const folder = mkdtempSync(join(tmpdir(), 'wgrad-pack-'))
try {
  await step('build', () => build())
  const tarball = await step('pack', pack)
  await step('install', () => npm('install', tarball, '--no-audit', '--no-fund', '--prefer-offline', '--omit=optional'))
  for (const resolution of ['bundler', 'node16']) await step(`types, ${resolution}`, () => checkTypes(resolution))
  await step('train on the CPU', () => succeed(runNode(['out/main.js'], { cwd: folder })))
  await step('bundle for browsers', bundle)
  const cli = join(folder, 'node_modules/.bin/wgrad')
  await step(`wgrad ${COMMAND_LINE.join(' ')}`, () => succeed(runProgram(cli, COMMAND_LINE, { cwd: folder })))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  if (process.argv.includes('--keep')) console.log(folder)
  else rmSync(folder, { recursive: true, force: true })
}

async function pack() {
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  writeFileSync(join(folder, 'main.ts'), PROGRAM)
  await npm('pack', projectRoot, '--silent')
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  if (name === undefined) throw new Error('npm pack wrote no tarball')
  return join(folder, name)
}

async function checkTypes(resolution) {
  const options = {
    target: 'ES2022',
    module: resolution === 'bundler' ? 'ESNext' : 'Node16',
    moduleResolution: resolution,
    lib: ['ES2023', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
    types: [],
    strict: true,
    // Off, so that the package's own declarations are checked too.
    skipLibCheck: false,
    outDir: 'out',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['main.ts'] }))
  await succeed(runNode([packageCommand('typescript/bin/tsc'), '-p', folder], { cwd: folder }))
}

async function bundle() {
  const { build: bundleWithVite } = await import('vite')
  const site = join(folder, 'site')
  mkdirSync(site)
  writeFileSync(join(site, 'index.html'), '<!doctype html><script type="module" src="../main.ts"></script>')
  // The target lets the program's top-level await through.
  const options = { outDir: join(site, 'out'), target: 'es2022', minify: false }
  await bundleWithVite({ root: site, configFile: false, logLevel: 'silent', build: options })
  const assets = join(site, 'out/assets')
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'))
  const forNode = scripts.filter((name) =>
    /['"]node:|__vite-browser-external/.test(readFileSync(join(assets, name), 'utf8')),
  )
  if (forNode.length > 0) throw new Error(`the browser's bundle imports modules of Node: ${forNode.join(', ')}`)
}

async function step(name, run) {
  const start = performance.now()
  try {
    const result = await run()
    console.log(`ok     ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
    return result
  } catch (error) {
    throw new Error(`FAILED ${name}\n${error.message}`, { cause: error })
  }
}

function npm(...args) {
  const script = process.env.npm_execpath
  return succeed(script ? runNode([script, ...args], { cwd: folder }) : runProgram('npm', args, { cwd: folder }))
}

async function succeed(running) {
  const { code, output } = await running
  if (code !== 0) throw new Error(output.trim())
  return output
}
