// Convolutions at sizes around every boundary of a tile, on the CPU and of the program for WebGPU run by the CPU. The same list runs on
// a device in test/dawn/convolutionAccuracy.test.ts.

import { expect, test } from 'vitest'
import { cpuBackends } from '../conformance/forward.ts'
import { checkConvolutions, CONVOLUTIONS } from './convolutions.ts'

const { cpu, webgpuOnCpu } = cpuBackends()

test.each([
  { name: 'the CPU', backend: cpu },
  { name: 'the program for WebGPU', backend: webgpuOnCpu },
])(
  'on $name every convolution and transpose is within 4 sqrt(K) 2^-24 of the sum of magnitudes',
  async ({ name, backend }) => {
    const { cases, worst, failures } = await checkConvolutions(backend, CONVOLUTIONS)
    console.info(`convolution on ${name}: ${cases} sums, greatest error ${worst.toPrecision(3)} of what is allowed`)
    expect(failures).toEqual([])
    // float32 results are rounded: an error of 0 would mean that nothing was compared
    expect(worst).toBeGreaterThan(0)
  },
  120_000,
)
