// Turns what was measured into records, one per engine and batch size, and writes them as JSON lines.

import { writeFile } from 'node:fs/promises'
import { yardstickShare } from '../yardsticks.mjs'
import { median } from './statistics.mjs'

/**
 * The record of one engine at one batch size: `checked` from `checkEngines`, `rates` samples/s per round, `context` what
 * all records of a run share. `loss20` is the loss after 20 updates, null where the check had fewer steps.
 */
export function makeRecord({ page, batch, checked, steps, rates, context }) {
  const samplesPerSecond = median(rates)
  const isWebgpu = page.id.endsWith('-webgpu')
  const share = yardstickShare(page.id, batch, samplesPerSecond, page.adapter)
  return {
    engine: page.id,
    workload: 'mlp',
    batch,
    samplesPerSecond: round(samplesPerSecond),
    gflops: round(((samplesPerSecond / batch) * checked.flops) / 1e9),
    dispatchesPerStep: isWebgpu ? round(checked.dispatchesPerStep) : null,
    submitsPerStep: isWebgpu ? round(checked.submitsPerStep) : null,
    rounds: rates.map(round),
    loss20: steps === 20 ? checked.loss : null,
    check: { steps, loss: checked.loss, relativeError: Number(checked.relativeError.toPrecision(2)) },
    yardstickShare: share === undefined ? null : round(share),
    adapter: isWebgpu ? page.adapter : 'cpu',
    device: page.device,
    date: context.date,
    userAgent: context.userAgent,
    cores: context.cores,
    loadAverage: context.loadAverage,
    budget: context.budget,
  }
}

/** Writes records as one JSON object per line. */
export async function writeRecords(file, records) {
  await writeFile(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
}

/** Four significant digits: more is noise. */
function round(value) {
  return Number(value.toPrecision(4))
}
