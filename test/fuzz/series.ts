// A series of the fuzzer as tests: batches of programs, each of which reports its failures with seeds and shrunken programs.

import { afterAll, expect, test } from 'vitest'
import { runSeries, type Summary } from './run.ts'
import type { Variants } from './oracle.ts'

/** What a series of tests runs. */
export interface SeriesTests {
  readonly title: string
  readonly seed: string
  readonly first: number
  readonly programs: number
  readonly batch: number
  /** The most operations of a program; 40 when missing. */
  readonly operations?: number
  readonly device: 'cpu' | 'webgpu'
  readonly variants: () => (index: number) => Variants
}

/** Ill-conditioned outputs say nothing, so they must be few. */
const MOST_ILL_CONDITIONED = 0.06
/** Code of one program in characters: many times that of the longest seen, far below that of an expression that doubles per level. */
const MOST_CODE = 500_000

/** Defines the tests of a series. */
export function testSeries({ title, seed, first, programs, batch, operations, device, variants }: SeriesTests): void {
  const limit = operations === undefined ? {} : { operations }
  const reproduce = (failed: string): string =>
    `npm run fuzz -- --device ${device} --seed ${seed} --first ${failed.split('/').at(-1)} --programs 1${operations === undefined ? '' : ` --operations ${operations}`}`
  const done: Summary[] = []
  const batches = Array.from({ length: Math.ceil(programs / batch) }, (_, i) => first + i * batch)
  test.each(batches)(`${title}: programs ${seed}/%i and following`, { timeout: 120_000 }, async (start) => {
    const summary = await runSeries(variants(), { ...limit, seed, first: start, programs: batch, failures: 2 })
    done.push(summary)
    expect(summary.failures.map(({ seed: failed, report }) => `${reproduce(failed)}\n${report}`)).toEqual([])
    expect(summary.longest.characters).toBeLessThan(MOST_CODE)
  })
  test(`${title}: hardly any program is too ill-conditioned to compare`, () => {
    const total = done.reduce((sum, summary) => sum + summary.programs, 0)
    expect(total).toBeGreaterThan(0)
    expect(done.reduce((sum, { illConditioned }) => sum + illConditioned, 0)).toBeLessThan(MOST_ILL_CONDITIONED * total)
  })
  afterAll(() => {
    const total = done.reduce((sum, summary) => sum + summary.operations, 0)
    const checked = done.reduce((sum, summary) => sum + summary.programs, 0)
    const slowest = done.map((summary) => summary.slowest).sort((a, b) => b.milliseconds - a.milliseconds)[0]
    const longest = done.map((summary) => summary.longest).sort((a, b) => b.characters - a.characters)[0]
    console.info(
      `${title}: ${checked} programs of ${(total / checked).toFixed(1)} operations; slowest compilation ` +
        `${slowest?.milliseconds.toFixed(0)} ms (${slowest?.seed}), longest code ${longest?.characters} characters (${longest?.seed})`,
    )
  })
}
