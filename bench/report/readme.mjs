// The README's table of throughput, from the newest record of the MLP in bench/results.

const start = '<!-- throughput: written by npm run throughput -->'
const end = '<!-- end of throughput -->'
const shown = ['wgrad-webgpu', 'wgrad-cpu', 'jaxjs-webgpu', 'tfjs-webgpu', 'jaxjs-wasm', 'tfjs-wasm', 'tfjs-cpu']

/** `readme` with the table of `records` (of one run) between its marks; `file` is the record's path. */
export function withThroughput(readme, records, file) {
  const [from, to] = [readme.indexOf(start), readme.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md needs the lines ${start} and ${end}`)
  return `${readme.slice(0, from + start.length)}\n\n${tableOf(records, file)}\n\n${readme.slice(to)}`
}

function tableOf(records, file) {
  const rates = new Map(records.map((record) => [`${record.engine} ${record.batch}`, record]))
  const batches = [...new Set(records.map(({ batch }) => batch))].sort((a, b) => a - b)
  const engines = shown.filter((engine) => records.some((record) => record.engine === engine))
  const cell = (engine, batch) => {
    const record = rates.get(`${engine} ${batch}`)
    return record === undefined ? '' : `${Math.round(record.samplesPerSecond)}${record.valid === false ? '*' : ''}`
  }
  const { adapter, cores, date } = records[0]
  const lines = [
    `Samples per second of the MLP 784-128-10 with SGD, ${adapter}, ${cores} cores, ${date.slice(0, 10)}:`,
    '',
    `| batch | ${engines.join(' | ')} |`,
    `|${' --: |'.repeat(engines.length + 1)}`,
    ...batches.map((batch) => `| ${batch} | ${engines.map((engine) => cell(engine, batch)).join(' | ')} |`),
  ]
  const isDoubtful = records.some(({ valid }) => valid === false)
  const doubt =
    'An asterisk: this engine or this batch size ran below 70 % of what the peers reach on a quiet machine, so that figure is no measurement.'
  return [
    ...lines,
    '',
    ...(isDoubtful ? [doubt] : []),
    `From [${file}](${file}); ![chart](${file.replace(/jsonl$/, 'svg')})`,
  ].join('\n')
}
