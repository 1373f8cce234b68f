// The README's examples run as they stand (with less data), and its commands exist.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import * as wgrad from 'wgrad'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(`${root}README.md`, 'utf8')
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!)

/** Runs an example with the package as an argument instead of an import; gives what it printed. */
async function run(example: string): Promise<unknown[][]> {
  const body = example
    .replace(/import (\{[^}]*\}) from 'wgrad'/, 'const $1 = wgrad')
    .replace('data.mnist()', 'data.mnist({ trainCount: 640, testCount: 100, download: false })')
    .replace("setDevice('auto')", "setDevice('cpu')")
  const make: unknown = new Function('wgrad', `return (async () => {${body}\n})()`)
  const printed: unknown[][] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    printed.push(values)
  })
  try {
    if (typeof make === 'function') await make(wgrad)
  } finally {
    log.mockRestore()
  }
  return printed
}

test('the training example reports its progress and an evaluation', { timeout: 60_000 }, async () => {
  vi.stubEnv('WGRAD_DATA_DIR', '')
  const printed = await run(examples[0]!)
  vi.unstubAllEnvs()
  expect(printed.length).toBeGreaterThanOrEqual(3)
  expect(printed.at(-1)![0]).toMatchObject({ count: 100, metrics: { accuracy: expect.any(Number) } })
})

test("the gradient example prints PyTorch's gradient", async () => {
  const [gradient] = await run(examples[1]!)
  const expected = [
    [1.1768593788146973, 1.9715006351470947],
    [1.9923056364059448, 3.1030526161193848],
  ]
  expect(JSON.parse(JSON.stringify(gradient![0]))).toEqual(
    expected.map((row) => row.map((value) => expect.closeTo(value, 5))),
  )
})

test("the transforms example prints PyTorch's derivatives", async () => {
  const printed = await run(examples[2]!)
  const expected = [
    [[[0.49955027, 0.19982011], [-0.26605545, 0.70948119]]],
    [[[0.60364876, -0.08190967], [-0.08190967, 0.82955394]]],
    [[0.60364876, -0.08190967]],
    [[[0.14902506, -0.48928986], [0.35004674, 0.04832471], [-0.32699064, 0.51095502]]],
    [[0.35643497, 0.40391197], [[0, 0], [0.46211716, -0.29131261]]],
    [[0.23349482, 0.9093013]],
  ] // prettier-ignore
  const numbers = (values: unknown): number[] => (Array.isArray(values) ? values.flatMap(numbers) : [Number(values)])
  expect(numbers(printed).length).toBe(numbers(expected).length)
  numbers(printed).forEach((value, i) => expect(value).toBeCloseTo(numbers(expected)[i]!, 5))
})

test('every npm script that the README names exists', () => {
  const manifest: unknown = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const scripts = typeof manifest === 'object' && manifest !== null && 'scripts' in manifest ? manifest.scripts : {}
  const named = [...readme.matchAll(/`npm run ([a-z:]+)/g)].map((match) => match[1]!)
  expect(named.length).toBeGreaterThan(3)
  for (const name of named) expect(scripts).toHaveProperty(name)
})

test('the table of throughput is that of the newest record', () => {
  const { status, stderr } = spawnSync('node', ['scripts/throughput.mjs', '--check'], { cwd: root, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
