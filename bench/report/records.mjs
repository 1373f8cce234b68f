// Turns what was measured into records, one per engine and batch size or product, and writes them as JSON lines.

import { writeFile } from 'node:fs/promises'
import { statedShare } from '../yardsticks/stated.mjs'
import { median } from './statistics.mjs'

/**
 * The record of one measurement: what all records have in common, then `values`. `value` is what stated figures are of;
 * `context` what all records of a run share. `valid` comes later, see `markValid`.
 */
export function measuredRecord({ run, batch, page, value, context }, values) {
  const share = statedShare({ workload: run.name, engine: page.id, batch, value, adapter: page.adapter })
  return {
    engine: page.id,
    workload: run.name,
    batch,
    ...values,
    statedShare: share === null ? null : round(share),
    adapter: adapterOf(page),
    device: page.device,
    date: context.date,
    userAgent: context.userAgent,
    cores: context.cores,
    loadAverage: context.loadAverage,
    budget: context.budget,
  }
}

/**
 * The record of one engine at one batch size: `result` from `checkEngines`, `rates` samples/s per round. `loss20` is the
 * loss after 20 updates, null where the check had fewer steps.
 */
export function trainingRecord({ run, batch, result, steps, rates, context }) {
  const { page, flops, loss, relativeError } = result
  const samplesPerSecond = median(rates)
  const isWebgpu = page.id.includes('-webgpu')
  return measuredRecord(
    { run, batch, page, value: samplesPerSecond, context },
    {
      samplesPerSecond: round(samplesPerSecond),
      gflops: round(((samplesPerSecond / batch) * flops) / 1e9),
      dispatchesPerStep: isWebgpu ? round(result.dispatchesPerStep) : null,
      submitsPerStep: isWebgpu ? round(result.submitsPerStep) : null,
      rounds: rates.map(round),
      loss20: steps === 20 ? loss : null,
      check: { steps, loss, relativeError: Number(relativeError.toPrecision(2)) },
    },
  )
}

/** WebGPU's adapter, `webgl` (what runs that is part of `device`) or `cpu`. */
function adapterOf({ id, adapter }) {
  if (id.includes('-webgpu')) return adapter
  return id.endsWith('-webgl') ? 'webgl' : 'cpu'
}

/** Writes records as one JSON object per line. */
export async function writeRecords(file, records) {
  await writeFile(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''))
}

/** Four significant digits: more is noise. */
export function round(value) {
  return Number(value.toPrecision(4))
}
