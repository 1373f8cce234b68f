import { expect, test } from 'vitest'
import { type Findings, findingsLines } from '../../src/cli/doctor.ts'

const healthy: Findings = {
  wgrad: '1.2.3',
  system: 'Node v20, linux x64',
  notes: ['Dawn offers SwiftShader.'],
  adapter: { name: 'SwiftShader', features: ['shader-f16'], limits: { maxBindGroups: 4, maxBufferSize: 268_435_456 } },
  auto: 'cpu, CPU',
  device: {
    name: 'SwiftShader',
    info: { software: true },
    tests: [{ name: 'matmul', ok: true, detail: 'largest difference 1e-7' }],
  },
  ok: true,
}

test('a healthy machine: adapter, features, limits and every test', () => {
  expect(findingsLines(healthy).join('\n')).toBe(`wgrad 1.2.3, Node v20, linux x64

WebGPU
  Dawn offers SwiftShader.
  adapter   SwiftShader
  features  shader-f16
  limits
    maxBindGroups  4
    maxBufferSize  268435456

device SwiftShader
    software  true

kernels, compared with the CPU
    ok      matmul  largest difference 1e-7

--device auto picks cpu, CPU.
Everything works.`)
})

test('a kernel that computes something else is named, with what it computed', () => {
  const tests = [
    { name: 'matmul', ok: true, detail: '' },
    { name: 'reduce', ok: false, detail: 'element 3 is 7, expected 8' },
  ]
  const lines = findingsLines({ ...healthy, device: { name: 'GPU', tests }, ok: false })
  expect(lines).toContain('    FAILED  reduce  element 3 is 7, expected 8')
  expect(lines.at(-1)).toBe('Something is amiss: these kernels fail: reduce.')
})

test('without an adapter it says why, and that the device is missing', () => {
  const device = { tests: [], error: 'No WebGPU adapter was found.' }
  const lines = findingsLines({ ...healthy, notes: ['Dawn offers no adapter.'], adapter: null, device, ok: false })
  expect(lines).toContain('  Dawn offers no adapter.')
  expect(lines).toContain('  adapter   none')
  expect(lines).toContain('device: No WebGPU adapter was found.')
  expect(lines.at(-1)).toBe('Something is amiss: there is no WebGPU device.')
})
