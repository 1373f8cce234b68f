// What the peers have reached on SwiftShader with two cores, in samples/s by batch size. A run on the same adapter in
// which a peer falls far below did not measure it at its best (a busy machine, a faulty setup), and so measured nothing.

const softwareRates = {
  'jaxjs-webgpu': { 1: 105, 8: 757, 32: 1910, 128: 4820, 512: 6485, 2048: 6057, 8192: 6440 },
  'tfjs-webgpu': { 1: 11, 8: 163, 32: 571, 128: 1121, 512: 1401, 2048: 1387, 8192: 1329 },
  'tfjs-cpu': { 1: 230, 128: 2900, 8192: 3500 },
}

/** A peer below this share of its yardstick makes the run invalid. */
export const leastShare = 0.7

/**
 * The share of its yardstick that an engine reached, or undefined where there is none: another size, or a
 * browser whose `adapter` is not SwiftShader, which tells another kind of machine.
 */
export function yardstickShare(id, batch, samplesPerSecond, adapter) {
  const yardstick = softwareRates[id]?.[batch]
  if (yardstick === undefined || !/swiftshader/i.test(adapter)) return undefined
  return samplesPerSecond / yardstick
}
