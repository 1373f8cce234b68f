// `wgrad doctor`: what WebGPU offers here, and whether every kernel computes what the CPU does. Findings are gathered as data
// first, so that the lines for people and `--json` cannot tell different things.

import { platform } from '#platform'
import { type DeviceKind, setDevice } from '../index.ts'
import { WgradError } from '../core/errors.ts'
import type { Display } from './display.ts'
import { interruptedAt } from './interruption.ts'

/** The result of one kernel's test. */
export interface KernelTest {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** One device's findings: what it is and its tests, or why it cannot be had. */
export interface DeviceFindings {
  readonly kind: 'cpu' | 'webgpu'
  readonly name?: string
  readonly info?: Readonly<Record<string, string | number | boolean>>
  readonly tests: readonly KernelTest[]
  readonly error?: string
}

/** Everything that the doctor found. */
export interface Findings {
  readonly wgrad: string
  readonly system: string
  /** How WebGPU was looked for, a sentence each. */
  readonly notes: readonly string[]
  readonly adapter: AdapterFindings | null
  /** The device that `--device auto` picks. */
  readonly auto: string
  readonly devices: readonly DeviceFindings[]
  readonly ok: boolean
}

/** What an adapter says of itself. */
export interface AdapterFindings {
  readonly name: string
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

/** Examines WebGPU and both devices, and prints what it found. @returns the exit code: 1 when anything is amiss */
export async function doctor(version: string, display: Display, signal: AbortSignal): Promise<number> {
  const examine = async (kind: 'cpu' | 'webgpu'): Promise<DeviceFindings> => {
    if (signal.aborted) throw interruptedAt(signal, 'before the tests were done')
    return examineDevice(kind)
  }
  const adapter = await examineAdapter()
  const devices = [await examine('cpu'), await examine('webgpu')]
  const findings: Findings = {
    wgrad: version,
    system: `Node ${process.version}, ${process.platform} ${process.arch}`,
    notes: await platform.gpuNotes(),
    adapter,
    auto: await nameOf('auto'),
    devices,
    ok: devices.every(({ error, tests }) => error === undefined && tests.every(({ ok }) => ok)),
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

async function examineDevice(kind: 'cpu' | 'webgpu'): Promise<DeviceFindings> {
  try {
    const device = await setDevice(kind)
    try {
      return { kind, name: device.name, info: device.info, tests: await device.selfTest() }
    } finally {
      await device.dispose()
    }
  } catch (error) {
    if (error instanceof WgradError) return { kind, tests: [], error: error.message }
    throw error
  }
}

async function nameOf(kind: DeviceKind): Promise<string> {
  const device = await setDevice(kind)
  await device.dispose()
  return `${device.kind}, ${device.name}`
}

/** The findings as lines for people. */
export function findingsLines(findings: Findings): string[] {
  const { wgrad, system, notes, adapter, devices, auto, ok } = findings
  const failed = devices.flatMap(({ tests }) => tests.filter((test) => !test.ok))
  const missing = devices.filter(({ error }) => error !== undefined).map(({ kind }) => kind)
  const trouble = [
    ...(failed.length > 0 ? [`${failed.length} failed: ${failed.map(({ name }) => name).join(', ')}`] : []),
    ...(missing.length > 0 ? [`not available: ${missing.join(', ')}`] : []),
  ]
  return [
    `wgrad ${wgrad}, ${system}`,
    '',
    'WebGPU',
    ...notes.map((note) => `  ${note}`),
    ...(adapter ? adapterLines(adapter) : ['  adapter   none']),
    ...devices.flatMap((device) => ['', ...deviceLines(device)]),
    '',
    `--device auto picks ${auto}`,
    ok ? 'everything works' : `something is amiss: ${trouble.join('; ')}`,
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

function deviceLines({ kind, name, info = {}, tests, error }: DeviceFindings): string[] {
  if (error !== undefined) return [`device ${kind}: ${error}`]
  return [
    `device ${kind}, ${name}`,
    ...table(Object.entries(info).map(([key, value]) => [key, String(value)])),
    ...tests.map(({ name: test, ok, detail }) => `  ${ok ? 'ok    ' : 'FAILED'}  ${test}  ${detail}`.trimEnd()),
  ]
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `    ${left.padEnd(width)}  ${right}`)
}
