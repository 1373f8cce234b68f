// `wgrad doctor`: what WebGPU offers here, and whether every kernel computes what the CPU does. Findings are gathered as data
// first, so that the lines for people and `--json` cannot tell different things.

import { platform } from '#platform'
import { type SelfTestResult, setDevice } from '../index.ts'
import { WgradError } from '../core/errors.ts'
import type { Display } from './display.ts'
import { interruptedAt } from './interruption.ts'

/** Everything that the doctor found. */
export interface Findings {
  readonly wgrad: string
  readonly system: string
  /** How WebGPU was looked for, a sentence each. */
  readonly notes: readonly string[]
  readonly adapter: AdapterFindings | null
  readonly device: DeviceFindings
  /** The device that `--device auto` picks. */
  readonly auto: string
  /** Whether there is a device and no kernel failed. */
  readonly ok: boolean
}

/** What an adapter says of itself. */
export interface AdapterFindings {
  readonly name: string
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

/** What the WebGPU device is and how its kernels did, or why it cannot be had. */
export interface DeviceFindings {
  readonly name?: string
  readonly info?: Readonly<Record<string, string | number | boolean>>
  readonly tests: readonly SelfTestResult[]
  readonly error?: string
}

/** Examines WebGPU and prints what it found. @returns the exit code: 1 when anything is amiss */
export async function doctor(version: string, display: Display, signal: AbortSignal): Promise<number> {
  const adapter = await examineAdapter()
  const device = await examineDevice()
  if (signal.aborted) throw interruptedAt(signal, 'before everything was examined')
  const auto = await setDevice('auto')
  await auto.dispose()
  const findings: Findings = {
    wgrad: version,
    system: `Node ${process.version}, ${process.platform} ${process.arch}`,
    notes: await platform.gpuNotes(),
    adapter,
    device,
    auto: `${auto.kind}, ${auto.name}`,
    ok: device.error === undefined && device.tests.every(({ ok }) => ok),
  }
  for (const line of findingsLines(findings)) display.line(line)
  display.report(findings)
  return findings.ok ? 0 : 1
}

async function examineAdapter(): Promise<AdapterFindings | null> {
  const adapter = await (await platform.gpu())?.requestAdapter()
  if (!adapter) return null
  const { vendor, architecture, description } = adapter.info
  const limits: Record<string, number> = {}
  // The limits are getters on the prototype: only for-in sees them.
  for (const name in adapter.limits) {
    const value: unknown = Reflect.get(adapter.limits, name)
    if (typeof value === 'number') limits[name] = value
  }
  return {
    name: description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed',
    features: [...adapter.features].map(String).sort(),
    limits,
  }
}

async function examineDevice(): Promise<DeviceFindings> {
  try {
    const device = await setDevice('webgpu')
    try {
      return { name: device.name, info: device.info, tests: await device.selfTest() }
    } finally {
      await device.dispose()
    }
  } catch (error) {
    if (error instanceof WgradError) return { tests: [], error: error.message }
    throw error
  }
}

/** The findings as lines for people. */
export function findingsLines({ wgrad, system, notes, adapter, device, auto, ok }: Findings): string[] {
  const failed = device.tests.filter((test) => !test.ok).map(({ name }) => name)
  const trouble = device.error === undefined ? `these kernels fail: ${failed.join(', ')}` : 'there is no WebGPU device'
  return [
    `wgrad ${wgrad}, ${system}`,
    '',
    'WebGPU',
    ...notes.map((note) => `  ${note}`),
    ...(adapter ? adapterLines(adapter) : ['  adapter   none']),
    '',
    ...deviceLines(device, adapter),
    '',
    `--device auto picks ${auto}.`,
    ok ? 'Everything works.' : `Something is amiss: ${trouble}.`,
  ]
}

function adapterLines({ name, features, limits }: AdapterFindings): string[] {
  return [
    `  adapter   ${name}`,
    `  features  ${features.join(', ') || 'none'}`,
    '  limits',
    ...table(Object.entries(limits).map(([limit, value]) => [limit, String(value)])),
  ]
}

function deviceLines({ name, info = {}, tests, error }: DeviceFindings, adapter: AdapterFindings | null): string[] {
  if (error !== undefined) return [`device: ${error}`]
  const shown = new Set(['features', 'description', ...Object.keys(adapter?.limits ?? {})]) // with the adapter
  return [
    `device ${name}`,
    ...table(
      Object.entries(info)
        .filter(([key]) => !shown.has(key))
        .map(([key, value]) => [key, String(value)]),
    ),
    '',
    'kernels, compared with the CPU',
    ...table(tests.map((test) => [`${test.ok ? 'ok      ' : 'FAILED  '}${test.name}`, test.detail])),
  ]
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `    ${left.padEnd(width)}  ${right}`)
}
