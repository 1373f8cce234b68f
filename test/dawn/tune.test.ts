// Tuning on WebGPU in Node (Dawn): what is measured, kept for the next start and left alone, and that a table decides the bits.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTrainer, type HostArray, losses, nn, optim, setDevice, type Trainer, type TrainerOptions } from 'wgrad'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Backend, TuningOutcome } from '../../src/backend/backend.ts'
import { createTuner } from '../../src/backend/webgpu/tune.ts'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { compile } from '../../src/compiler/compile.ts'
import type { Program } from '../../src/compiler/program.ts'
import { type TuningChoices, tuningTable } from '../../src/compiler/variants.ts'
import { ArgumentError } from '../../src/core/errors.ts'
import { graphOf } from '../../src/ir/graph.ts'
import { parameter } from '../../src/ir/tensor.ts'
import { matmul } from '../../src/ops/linalg.ts'
import { platform } from '#platform'

let folder = ''
const cacheHome = process.env['XDG_CACHE_HOME']

beforeAll(async () => {
  await platform.gpu() // looks for a driver, also in the cache folder
  folder = await mkdtemp(join(tmpdir(), 'wgrad-tune-'))
  process.env['XDG_CACHE_HOME'] = folder
})

beforeEach(async () => {
  await rm(join(folder, 'wgrad'), { recursive: true, force: true })
})

afterAll(async () => {
  if (cacheHome === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = cacheHome
  await rm(folder, { recursive: true, force: true })
})

/** Two products worth measuring and one that is too small. */
function programFor(backend: Backend): Program {
  const shapes = [[128, 64], [64, 128], [128, 32], [4, 8], [8, 4]] // prettier-ignore
  const [a, b, c, d, e] = shapes.map((shape, i) => parameter({ shape, dtype: 'float32' }, `x${i}`))
  const outputs = [matmul(a!, b!), matmul(b!, c!), matmul(d!, e!)]
  const placements = shapes.map((_, group) => ({ group, offset: 0 }))
  return compile(graphOf([a!, b!, c!, d!, e!], outputs), backend.target, {
    donations: outputs.map(() => null),
    ring: outputs.map(() => false),
    placements,
  })
}

/** Tunes in a new process, as it were; with all the time it takes, unless a budget is given. */
async function tuneAnew(budget = Infinity): Promise<TuningOutcome> {
  const backend = await createWebGpuBackend(await platform.gpu())
  const outcome = await createTuner(backend, 'the adapter', budget)(programFor(backend))
  expect(backend.memory().bytes).toBe(0)
  backend.dispose()
  return outcome
}

const cacheFile = async (): Promise<string> => {
  const [name, ...others] = await readdir(join(folder, 'wgrad'))
  expect(others).toEqual([])
  return join(folder, 'wgrad', name!)
}

test('a program is measured once: the next start takes the same table from the cache', async () => {
  const first = await tuneAnew()
  expect(first).toMatchObject({ cached: 0, measured: 2 })
  expect(Object.keys(first.table.entries).sort()).toEqual([
    'NN load load 1 x [128, 64] x [64, 128]',
    'NN load load 1 x [64, 128] x [128, 32]',
  ])
  const second = await tuneAnew()
  expect(second).toEqual({ table: first.table, cached: 2, measured: 0 })
})

test('what the cache holds of another version, of no known variant or in no known form counts for nothing', async () => {
  await tuneAnew()
  const path = await cacheFile()
  const kept = await readFile(path, 'utf8')
  const file: Record<string, unknown> = JSON.parse(kept)
  const measuredWith = async (content: string): Promise<number> => {
    await writeFile(path, content)
    return (await tuneAnew()).measured
  }
  expect(await measuredWith(kept)).toBe(0)
  expect(await measuredWith(kept.slice(0, 40))).toBe(2)
  expect(await measuredWith('null')).toBe(2)
  expect(await measuredWith(JSON.stringify({ ...file, version: '0' }))).toBe(2)
  expect(await measuredWith(JSON.stringify({ ...file, adapter: 'another' }))).toBe(2)
  expect(await measuredWith(JSON.stringify({ ...file, choices: null }))).toBe(2)
  expect(await measuredWith(kept.replace(/"(registers|shared) [^"]*"/, '"spirals 3x3"'))).toBe(1)
})

test('what the budget does not suffice for gets the fallback in the table, and is measured another time', async () => {
  const { table, cached, measured } = await tuneAnew(0)
  expect({ cached, measured }).toEqual({ cached: 0, measured: 0 })
  expect(Object.values(table.entries)).toEqual([table.fallback, table.fallback])
  expect(await tuneAnew()).toMatchObject({ cached: 0, measured: 2 })
})

test('a table is taken as it is: nothing is measured', async () => {
  const backend = await createWebGpuBackend(await platform.gpu())
  const { target } = backend
  const program = programFor(backend)
  const { table } = await backend.tune!(program)
  const again = await backend.tune!({ ...program, target: { ...target, tuning: table } })
  expect(again).toEqual({ table, cached: 0, measured: 0 })
  backend.dispose()
})

const SIDE = 64
const COUNT = 200

function samples(): { inputs: HostArray; targets: HostArray } {
  const inputs = Uint8Array.from({ length: COUNT * SIDE }, (_, i) => (i * 2654435761) >>> 24)
  const targets = Uint8Array.from({ length: COUNT }, (_, i) => (i * 7) % 4)
  return {
    inputs: { shape: [COUNT, SIDE], dtype: 'uint8', data: inputs },
    targets: { shape: [COUNT], dtype: 'uint8', data: targets },
  }
}

const options = (tune?: TrainerOptions['tune']): TrainerOptions => ({
  model: nn.sequential([nn.dense(128), nn.relu(), nn.dense(64), nn.relu(), nn.dense(4)]),
  loss: losses.softmaxCrossEntropy,
  optimizer: optim.adam({ learningRate: 0.01 }),
  data: { train: samples() },
  batchSize: 64,
  ...(tune === undefined ? {} : { tune }),
})

async function trained(trainer: Trainer): Promise<Awaited<ReturnType<Trainer['save']>>> {
  for await (const report of trainer.run({ steps: 9 })) expect(report.tuning).toBe(trainer.tuning.identity)
  const saved = await trainer.save()
  await trainer.dispose()
  return saved
}

const bitsOf = ({ state }: Awaited<ReturnType<Trainer['save']>>): number[] =>
  Object.values(state).flatMap(({ data }) => [...new Uint32Array(data.buffer, data.byteOffset, data.length)])

test('the same table gives the same bits, and its identity is in checkpoints and reports', async () => {
  const device = await setDevice('webgpu')
  const measured = await createTrainer(options('quick'))
  expect(Object.keys(measured.tuning.entries).length).toBeGreaterThan(0)
  const table: TuningChoices = JSON.parse(JSON.stringify(measured.tuning))
  const first = await trained(measured)
  expect(first.tuning).toBe(measured.tuning.identity)
  const cacheRead = vi.spyOn(platform, 'cacheRead')
  const repeated = await createTrainer(options(table))
  expect(repeated.tuning).toEqual(measured.tuning)
  const second = await trained(repeated)
  expect(cacheRead).not.toHaveBeenCalled()
  cacheRead.mockRestore()
  expect(bitsOf(second)).toEqual(bitsOf(first))
  expect(second.tuning).toBe(first.tuning)
  await device.dispose()
})

test('a checkpoint of another table loads, and reports say so', async () => {
  const device = await setDevice('webgpu')
  const saved = await trained(await createTrainer(options()))
  const shape = 'NN indices uint8 load 1 x [64, 64] x [64, 128]'
  const other = { fallback: { kind: 'registers', rows: 4, columns: 4, quads: false }, entries: {} } as const
  const trainer = await createTrainer(options({ ...other, entries: { [shape]: other.fallback } }))
  expect(trainer.program()).toContain('registers 4x4\n')
  expect((await trainer.step()).resumedFrom).toBeNull()
  await trainer.load(saved)
  expect(await trainer.step()).toMatchObject({ step: 10, tuning: trainer.tuning.identity, resumedFrom: saved.tuning })
  expect(trainer.tuning.identity).not.toBe(saved.tuning)
  await trainer.load(await trainer.save())
  expect((await trainer.step()).resumedFrom).toBeNull()
  await trainer.dispose()
  await device.dispose()
})

test('on a software adapter nothing is measured or read from the cache unless it is asked for', async () => {
  const cacheRead = vi.spyOn(platform, 'cacheRead')
  const device = await setDevice('webgpu')
  const trainer = await createTrainer(options())
  await trainer.step()
  expect(cacheRead).not.toHaveBeenCalled()
  expect(trainer.tuning.entries).toEqual({})
  cacheRead.mockRestore()
  await trainer.dispose()
  await device.dispose()
})

test('a device that measures does so for its trainers; a table is checked when it is given', async () => {
  const device = await setDevice('webgpu', { tune: 'quick' })
  const trainer = await createTrainer(options())
  expect(Object.keys(trainer.tuning.entries).length).toBeGreaterThan(0)
  await trainer.dispose()
  const off = await createTrainer(options('off'))
  expect(off.tuning.entries).toEqual({})
  await off.dispose()
  await expect(setDevice(device, { tune: 'off' })).rejects.toThrow(ArgumentError)
  // @ts-expect-error another word
  await expect(createTrainer(options('slow'))).rejects.toThrow(/tune: expected 'off', 'quick' or a tuning table/)
  await device.dispose()
  const quads = tuningTable('any', { fallback: { kind: 'registers', rows: 8, columns: 8, quads: true }, entries: {} })
  await expect(setDevice('cpu', { tune: quads })).rejects.toThrow(/needs subgroups/)
})
