// Memory over time: the buffers on the device after every tenth of a long run of the MLP and of a shorter one of the CNN.
// After the first tenth, in which everything is made, bytes and buffers must not change by one.

import { printTable } from '../report/plain.mjs'
import { measuredRecord, round } from '../report/records.mjs'
import { openEngines } from './browser.mjs'

const intervals = 10
const batchSize = 128

/** The CNN's sample on the device: pixels as uint8, its label and its place in the order of samples. */
const cnnDatasetBytes = 4096 * (784 + 1 + 4)

/**
 * What PyTorch's autograd keeps for the CNN's backward pass, in float32 values per sample: the input, both layers' ReLU outputs (the
 * pooling saves the same tensors), both pooled maps (the second as the dense layer's input) and the log-probabilities; and
 * int64 per sample: the pooling's indices and the label. And one float32 in all.
 */
const savedFloats = 784 + 28 * 28 * 16 + 14 * 14 * 16 + 14 * 14 * 32 + 7 * 7 * 32 + 10
const savedInt64s = 14 * 14 * 16 + 7 * 7 * 32 + 1
const cnnParameters = 9 * 16 + 16 + 9 * 16 * 32 + 32 + 1568 * 10 + 10

/** The bytes that the CNN's step may take beside the dataset: parameters, gradients, Adam's two states, saved activations. */
export function cnnBound(batch) {
  return 4 * 4 * cnnParameters + batch * (4 * savedFloats + 8 * savedInt64s) + 4
}

/** Runs both; keeps a record per engine and workload. */
export async function runMemory(browser, run, context) {
  const { steps } = context.options
  const records = []
  for (const [name, total] of [
    ['mlp', steps],
    ['cnn', Math.max(intervals, Math.ceil(steps / 10))],
  ]) {
    const pages = await openEngines(browser, run.engines, (page) => page.call('open', page.id, name, true))
    for (const page of pages) {
      records.push(await watched(run, name, page, total, context))
      await page.close()
    }
  }
  printTable(
    [
      'of',
      'engine',
      'steps',
      'bytes',
      'peak bytes',
      'bound',
      'buffers made',
      'constant',
      'first 10th s',
      'last 10th s',
    ],
    records.map((made) => [
      made.of,
      made.engine,
      made.steps,
      made.bytes.at(-1),
      made.peakBytes,
      made.boundBytes ?? '',
      `${made.buffersMade[0]} .. ${made.buffersMade.at(-1)}`,
      made.constant,
      made.seconds[0],
      made.seconds.at(-1),
    ]),
  )
  await context.keep(records)
}

async function watched(run, name, page, total, context) {
  const counts = []
  const seconds = []
  await page.call('prepare', batchSize)
  for (let at = 0; at < intervals; at++) {
    seconds.push((await page.call('time', Math.ceil(total / intervals))).seconds)
    counts.push(await page.call('buffers'))
  }
  const bytes = counts.map((count) => count.bytes)
  const made = counts.map((count) => count.made)
  const settled = counts.slice(1)
  const dataset = name === 'cnn' ? cnnDatasetBytes : 0
  const peak = Math.max(...counts.map((count) => count.peakBytes))
  return measuredRecord(
    { run, batch: batchSize, page, value: NaN, context },
    {
      of: name,
      steps: Math.ceil(total / intervals) * intervals,
      bytes,
      buffersMade: made,
      /** Whether bytes and the number of living buffers stay the same, and whether even no buffer is made. */
      constant: settled.every((count) => count.bytes === bytes[0] && count.alive === counts[0].alive),
      noneMade: settled.every((count) => count.made === made[0]),
      peakBytes: peak,
      datasetBytes: name === 'cnn' ? dataset : null,
      boundBytes: name === 'cnn' ? dataset + cnnBound(batchSize) : null,
      seconds: seconds.map(round),
      valid: null,
    },
  )
}
