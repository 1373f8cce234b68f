// PyTorch on the CPU as one more engine: a process of its own that answers what a page answers (page.ts). Its numbers are those of the pages:
// one of them makes the workload and hands it over in a folder.

import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../peers/pytorch.py', import.meta.url))

let found

/** A Python that has PyTorch, or null. */
export function pythonWithTorch() {
  found ??= ['python3', '/usr/bin/python3'].find(hasTorch) ?? null
  return found
}

function hasTorch(python) {
  try {
    execFileSync(python, ['-c', 'import torch, numpy'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A handle like that of a page. */
export async function openPytorch(browser, id) {
  const folder = await mkdtemp(join(tmpdir(), 'wgrad-bench-'))
  const child = spawn(pythonWithTorch(), [script], { stdio: ['pipe', 'pipe', 'pipe'] })
  const faults = []
  child.stderr.on('data', (text) => faults.push(String(text)))
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await answers.next()
    if (done) throw new Error(`${id}: ${request.method}: ${faults.join('').trim().split('\n').at(-1)}`)
    return JSON.parse(value)
  }
  let flops = () => NaN
  const methods = {
    open: async (_, workload) => {
      const page = await browser.page('workload')
      const { described, arrays, flopsOfOne } = await page.call('exported', workload)
      await page.close()
      flops = (batch) => flopsOfOne * batch
      await writeFile(join(folder, 'workload.json'), JSON.stringify(described))
      for (const [name, text] of Object.entries(arrays))
        await writeFile(join(folder, name), Buffer.from(text, 'base64'))
      const { device } = await ask({ method: 'open', folder })
      return { device, adapter: 'cpu' }
    },
    prepare: async (batch) => {
      await ask({ method: 'prepare', batch })
      return flops(batch)
    },
    train: async (steps) => ({ ...(await ask({ method: 'train', steps })), dispatches: 0, submits: 0 }),
    time: (steps) => ask({ method: 'time', steps }),
  }
  return {
    id,
    call: (method, ...args) => methods[method](...args),
    close: async () => {
      child.stdin.end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
