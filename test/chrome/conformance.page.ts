// Runs in the page: the conformance suite on the browser's WebGPU.

import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { checkDevice, type Outcome } from '../conformance/device.ts'

/** The device's name and the outcome of every check. */
export async function checkBrowser(): Promise<{ device: string; outcomes: Outcome[] }> {
  const backend = await createWebGpuBackend(navigator.gpu ?? null)
  const outcomes = await checkDevice(backend)
  await backend.idle()
  backend.dispose()
  return { device: backend.name, outcomes }
}
