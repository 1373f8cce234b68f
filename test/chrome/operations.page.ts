// Runs in the page: the public operations on the browser's WebGPU.

import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { checkOperations, type OperationOutcome } from '../conformance/operations/device.ts'

/** The device's name and the outcome of every operation. */
export async function checkBrowserOperations(): Promise<{ device: string; outcomes: OperationOutcome[] }> {
  const backend = await createWebGpuBackend(navigator.gpu ?? null)
  const outcomes = await checkOperations(backend)
  await backend.idle()
  backend.dispose()
  return { device: backend.name, outcomes }
}
