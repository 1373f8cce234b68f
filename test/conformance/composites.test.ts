// Fused = unfused = reference: every composite in every mode, on at least three replayed calls.

import { describe, expect, test } from 'vitest'
import { compositeDifference, MODES } from './composite.ts'
import { COMPOSITES } from './composites.ts'
import { cpuBackends } from './forward.ts'

const { cpu, webgpuOnCpu } = cpuBackends()
const composites = COMPOSITES.map((composite) => [composite.name, composite] as const)

for (const mode of MODES) {
  describe(mode.name, () => {
    test.each(composites)('%s', async (_, composite) => {
      expect(await compositeDifference(cpu, composite, mode), 'on the CPU').toBeNull()
      expect(await compositeDifference(webgpuOnCpu, composite, mode), 'the program for WebGPU').toBeNull()
    })
  })
}

test('composites have different names', () => {
  expect(new Set(COMPOSITES.map(({ name }) => name)).size).toBe(COMPOSITES.length)
})
