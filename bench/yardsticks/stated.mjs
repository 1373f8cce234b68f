// What the peers have reached on SwiftShader with two cores of a quiet machine, by workload and engine. A run on the same
// adapter in which a peer stays far below did not measure it at its best (a busy or slower machine, a faulty setup): its
// records are kept, marked as not valid.

/** Samples/s by batch size. */
const samplesPerSecond = {
  mlp: {
    'jaxjs-webgpu': { 1: 105, 8: 757, 32: 1910, 128: 4820, 512: 6485, 2048: 6057, 8192: 6440 },
    'tfjs-webgpu': { 1: 11, 8: 163, 32: 571, 128: 1121, 512: 1401, 2048: 1387, 8192: 1329 },
    'tfjs-cpu': { 1: 230, 128: 2900, 8192: 3500 },
  },
  cnn: {
    'jaxjs-webgpu': { 32: 139, 128: 139 },
    'tfjs-webgpu': { 32: 21, 128: 21 },
  },
}

/** Milliseconds from navigation to the first finished step, and seconds of two epochs of MNIST. */
const durations = {
  cold: { 'jaxjs-webgpu': 545, 'tfjs-webgpu': 3300 },
  mnist: { 'jaxjs-webgpu': 44.5 },
}

/** GFLOP/s at least of the hand-written kernel at 1024. */
const handWrittenGflops = 3.5

/** A peer below this share of what is stated makes the records beside it not valid. */
export const leastShare = 0.7

/**
 * The share of its stated figure that a record's engine reached, or null where nothing is stated: another size, or a
 * browser whose `adapter` is not SwiftShader, which tells another kind of machine.
 */
export function statedShare({ workload, engine, batch, value, adapter }) {
  if (!/swiftshader/i.test(adapter)) return null
  const rate = samplesPerSecond[workload]?.[engine]?.[batch]
  if (rate !== undefined) return value / rate
  const duration = durations[workload]?.[engine]
  if (duration !== undefined) return duration / value
  // the hand-written kernel is a bound: below its figure counts as below the least share
  if (workload === 'matmul' && engine === 'yardstick-webgpu' && batch === '1024x1024x1024')
    return (value / handWrittenGflops) * leastShare
  return null
}

/** Marks records of one group (one batch size, one run): false where a peer stayed too low, null where nothing was stated. */
export function markValid(records) {
  const shares = records.map((record) => record.statedShare).filter((share) => share !== null)
  const valid = shares.length === 0 ? null : shares.every((share) => share >= leastShare)
  for (const record of records) record.valid = valid
  return records
}
