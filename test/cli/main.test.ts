import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeMnistFolder } from './mnistFolder.ts'
import { build, ended, runCli, startCli } from './spawnCli.ts'

const root = mkdtempSync(join(tmpdir(), 'wgrad-cli-'))
const folder = join(root, 'mnist')
const onCpu = ['train', 'mnist', '--device', 'cpu', '--data-dir', folder]

beforeAll(async () => {
  mkdirSync(folder)
  await writeMnistFolder(folder, 1000, 200)
  await build()
}, 120_000)

afterAll(() => rmSync(root, { recursive: true, force: true }))

// Each test starts a process or three, beside everything else that runs.
const patient = { timeout: 120_000 }

describe('wgrad train', patient, () => {
  test('prints lines for people and ends by itself', async () => {
    const { code, stdout, stderr } = await runCli([...onCpu, '--epochs', '2', '--batch-size', '64'])
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^device {2}cpu, /),
      `data    MNIST (folder ${folder}): 1,000 training and 200 test samples`,
      expect.stringMatching(/^model {3}mlp 784-128-10, momentum .* batch size 64, 2 epochs, seed 0$/),
      expect.stringMatching(/^epoch 1\/2 {2}loss \d\.\d{4} {2}accuracy \d+\.\d\d% /),
      expect.stringMatching(/^epoch 2\/2 /),
      expect.stringMatching(/^test accuracy \d+\.\d\d%, loss .* on 200 samples; trained 32 steps in /),
    ])
    expect(code).toBe(0)
  })

  test('--json prints objects alone on stdout, the result last', async () => {
    const { code, stdout, stderr } = await runCli([...onCpu, '--epochs', '5', '--batch-size', '50', '--json'])
    expect(stderr).toContain('data    MNIST (folder ')
    const objects = stdout
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line))
    expect(objects.filter(({ kind }) => kind === 'epoch').map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 20],
      [2, 40],
      [3, 60],
      [4, 80],
      [5, 100],
    ])
    const result = objects.at(-1) ?? {}
    expect(result).toMatchObject({ kind: 'result', device: 'cpu', dataset: 'MNIST', epochs: 5, steps: 100 })
    expect(result['testAccuracy']).toBeGreaterThan(0.6)
    expect(result['trainLoss']).toBeLessThan(1)
    expect(result['samplesPerSecond']).toBeCloseTo(5000 / Number(result['seconds']), 3)
    expect(code).toBe(0)
  })

  test('the same seed gives the same result, another seed another', async () => {
    const lossOf = async (seed: string): Promise<unknown> => {
      const { stdout } = await runCli([...onCpu, '--epochs', '1', '--seed', seed, '--json'])
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').testLoss
    }
    const first = await lossOf('1')
    expect(first).toBeTypeOf('number')
    expect(await lossOf('1')).toBe(first)
    expect(await lossOf('2')).not.toBe(first)
  })

  test('Ctrl-C stops it, says where, and is exit code 130', async () => {
    const child = startCli([...onCpu, '--epochs', '100000', '--json'])
    child.stdout.once('data', () => child.kill('SIGINT'))
    const { code, stderr } = await ended(child)
    expect(stderr).toMatch(/\nwgrad: stopped after step [\d,]+ of 800,000 \(epoch \d+ of 100000\), loss \S+\.\n$/)
    expect(code).toBe(130)
  })

  test('a reader that goes away ends it quietly', async () => {
    const child = startCli([...onCpu, '--epochs', '100000', '--json'])
    child.stdout.once('data', () => child.stdout.destroy())
    const { code, stderr } = await ended(child)
    expect(stderr).not.toContain('wgrad:')
    expect(code).toBe(141)
  })
})

describe('what cannot be done is one line on stderr and exit code 1', patient, () => {
  test.each([
    ['an unknown option', [...onCpu, '--epoch', '3'], 'unknown option --epoch. Did you mean "--epochs"?'],
    ['an unknown command', ['trian', 'mnist'], 'Did you mean "train"?'],
    ['a bad number', [...onCpu, '--batch-size', '0'], '--batch-size must be a whole number from 1'],
    ['too many samples', [...onCpu, '--train-count', '5000'], 'the data has 1000 samples'],
    ['a missing folder', ['train', 'mnist', '--data-dir', join(root, 'nowhere')], 'nowhere (ENOENT)'],
    ['a folder without the files', ['train', 'mnist', '--data-dir', root], 'MNIST needs 4 files'],
    ['a learning rate that diverges', [...onCpu, '--learning-rate', '1e20'], 'training diverged: the loss is '],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await runCli(args)
    expect(stdout).not.toContain('test accuracy')
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^wgrad: /)
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
  })

  test('a truncated file', async () => {
    const broken = join(root, 'broken')
    mkdirSync(broken)
    for (const name of ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']) {
      copyFileSync(join(folder, `${name}-ubyte`), join(broken, `${name}-ubyte`))
    }
    truncateSync(join(broken, 'train-images-idx3-ubyte'), 5000)
    const { code, stdout, stderr } = await runCli(['train', 'mnist', '--device', 'cpu', '--data-dir', broken])
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^wgrad: .*train-images-idx3-ubyte: truncated: .*\n$/)
    expect(code).toBe(1)
  })

  // Elsewhere than on Linux an adapter cannot be taken away. The lines before the last one are the Vulkan loader's.
  test.runIf(process.platform === 'linux')('no adapter', async () => {
    const drivers = { VK_DRIVER_FILES: join(root, 'none.json'), VK_ICD_FILENAMES: join(root, 'none.json') }
    const { code, stdout, stderr } = await runCli(
      ['train', 'mnist', '--device', 'webgpu', '--data-dir', folder],
      drivers,
    )
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /(^|\n)wgrad: --device webgpu: no WebGPU adapter was found\. .* train with --device cpu\.\n$/,
    )
    expect(stderr).not.toContain('.js:')
    expect(code).toBe(1)
  })

  test('WGRAD_DEBUG=1 adds the stack', async () => {
    const { code, stderr } = await runCli(['trian'], { WGRAD_DEBUG: '1' })
    expect(stderr).toMatch(/^wgrad: unknown command "trian"\..*\n/)
    expect(stderr).toMatch(/^\s+at /m)
    expect(code).toBe(1)
  })
})

test('help and version go to stdout', patient, async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect(await runCli(['train', '--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('--batch-size N'),
  })
})

describe('wgrad bench', patient, () => {
  const quick = ['bench', '--device', 'cpu', '--seconds', '0.05']

  test('prints a line per batch size, and where to find the benchmark with other engines', async () => {
    const { code, stdout, stderr } = await runCli([...quick, '--batch-size', '1,8'])
    expect(stderr).toBe('')
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^device {2}cpu, /),
      'model   mlp: 784-128-10, SGD, on generated samples',
      '',
      expect.stringMatching(/^batch size +samples\/s +a step +dispatches +memory$/),
      expect.stringMatching(/^ +1 +[\d,]+ +\S+ (ms|µs) +\d+ +\S+ MB$/),
      expect.stringMatching(/^ +8 +[\d,]+ +\S+ (ms|µs) +\d+ +\S+ MB$/),
      '',
      expect.stringContaining('npm run bench'),
    ])
    expect(code).toBe(0)
  })

  test('--profile prints a table, --source code and nodes, --trace writes a file', async () => {
    const file = join(root, 'trace.json')
    const { code, stdout } = await runCli([...quick, '--batch-size', '4', '--profile', '--source', '--trace', file])
    expect(stdout).toContain('a step of 4 samples on cpu')
    expect(stdout).toMatch(/^# +time +of all +rate +bandwidth +FLOP\/B +of bound +what$/m)
    expect(stdout).toMatch(/^ {2}\(if \(i32\.lt_s \$i \$to\)/m)
    expect(stdout).toContain('matmul(float32[4, 784], float32[784, 128]) -> float32[4, 128]')
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8'))
    expect(traceEvents.length).toBeGreaterThan(4)
    expect(code).toBe(0)
  })

  test('--json prints objects alone on stdout', async () => {
    const { stdout, stderr } = await runCli([...quick, '--batch-size', '4', '--profile', '--json'])
    expect(stderr).toContain('a step of 4 samples on cpu')
    const { profile, ...figures } = JSON.parse(stdout)
    expect(figures).toMatchObject({ kind: 'bench', model: 'mlp', device: 'cpu', batchSize: 4 })
    expect(figures.samplesPerSecond).toBeCloseTo((4 * figures.steps) / figures.seconds, 6)
    expect(profile.dispatches).toHaveLength(figures.dispatchesPerStep)
    expect(profile.dispatches[0]).not.toHaveProperty('source')
  })

  test('says why a trace cannot be written before anything is measured', async () => {
    const { code, stdout, stderr } = await runCli([...quick, '--profile', '--trace', join(root, 'nowhere/trace.json')])
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /^wgrad: --trace: \S+ cannot be written \(ENOENT.*\)\. Name a file in a folder that exists\.\n$/,
    )
    expect(code).toBe(1)
  })
})
