// Fused = unfused = reference: every composite in every mode, on at least three replayed calls.

import { describe, expect, test } from 'vitest'
import { compositeDifference, MODES } from './composite.ts'
import { COMPOSITES } from './composites.ts'
import { cpuBackends } from './forward.ts'

const { cpu, webgpuOnCpu } = cpuBackends()
const composites = COMPOSITES.map((composite) => [composite.name, composite] as const)

for (const mode of MODES) {
  describe(`in the mode '${mode.name}'`, () => {
    test.each(composites)('%s', async (_, composite) => {
      for (const backend of [cpu, webgpuOnCpu]) {
        const difference = await compositeDifference(backend, composite, mode)
        expect(difference, `${backend.target.kind}: ${difference}`).toBeNull()
      }
    })
  })
}

test('composites have different names', () => {
  expect(new Set(COMPOSITES.map(({ name }) => name)).size).toBe(COMPOSITES.length)
})
