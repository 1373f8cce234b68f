// The accuracy table: the greatest error of every elementwise function in float32, in units of the last place against float64, on
// the CPU backend and on WebGPU in Node. Usage: node scripts/accuracy.mjs [--write [path]] (default test/artifacts/accuracy.md).

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import { projectRoot } from './process.mjs'

const ENTRY = fileURLToPath(new URL('../test/conformance/accuracy.ts', import.meta.url))
const folder = join(projectRoot, '.cache', `accuracy-${process.pid}`)
const write = process.argv.indexOf('--write')

try {
  const { measureAccuracy, openBackends } = await load()
  const { cpu, webgpu } = await openBackends()
  const [onCpu, onWebgpu] = [await measureAccuracy(cpu), await measureAccuracy(webgpu)]
  const text = tableOf(onCpu, onWebgpu, webgpu.name)
  console.log(text)
  if (write > 0) {
    const path = process.argv[write + 1] ?? join(projectRoot, 'test/artifacts/accuracy.md')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
  }
  await webgpu.idle()
  webgpu.dispose()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function tableOf(onCpu, onWebgpu, device) {
  const cells = ({ ulp, relative, wrong, at }) => [
    `${ulp.toFixed(2)}${wrong > 0 ? ` (${wrong} wrong)` : ''}`,
    relative.toExponential(1),
    at.map((x) => Number(x.toPrecision(6))).join(', '),
  ]
  const rows = onCpu.map((row, i) => [row.name, row.domain, ...cells(row).slice(0, 2), ...cells(onWebgpu[i])])
  const head = ['function', 'domain', 'CPU, ULP', 'relative', 'WebGPU, ULP', 'relative', 'worst at']
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
  return [`Greatest errors of float32 results against float64; WebGPU is ${device}.`, '', ...lines].join('\n')
}

/** The measurement, bundled: Node cannot load TypeScript by itself. */
async function load() {
  await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    resolve: { conditions: ['wgrad-source', 'node'] },
    ssr: { resolve: { conditions: ['wgrad-source', 'node'] }, external: ['webgpu'] },
    build: { ssr: ENTRY, outDir: folder, minify: false, target: 'node20', reportCompressedSize: false },
  })
  return import(pathToFileURL(join(folder, 'accuracy.js')).href)
}
