// Small images with labels that can be learned from them, for tests of trainers.

import type { Split } from 'wgrad'

/** `count` samples, uint8 [6, 6], of four classes: each lights up rows of its own. */
export function imageSamples(count: number): Split {
  const targets = Uint8Array.from({ length: count }, (_, i) => i % 4)
  const inputs = Uint8Array.from({ length: count * 36 }, (_, i) => {
    const row = Math.floor((i % 36) / 6)
    return (row === targets[Math.floor(i / 36)]! ? 180 : 0) + ((i * 37) % 60)
  })
  return {
    inputs: { shape: [count, 6, 6], dtype: 'uint8', data: inputs },
    targets: { shape: [count], dtype: 'uint8', data: targets },
  }
}
