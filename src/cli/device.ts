// The device that a command works on.

import { platform } from '#platform'
import { type Device, setDevice } from '../index.ts'
import { DeviceError } from '../core/errors.ts'
import type { DeviceKind } from '../runtime/device.ts'

/**
 * The device of `--device`.
 * @throws DeviceError that says why there is no WebGPU adapter, and what else works
 */
export async function openDevice(kind: DeviceKind): Promise<Device> {
  try {
    return await setDevice(kind)
  } catch (error) {
    if (!(error instanceof DeviceError) || (await platform.gpu()) !== null) throw error
    const reasons = (await platform.gpuNotes()).join(' ')
    throw new DeviceError(`--device ${kind}: no WebGPU adapter was found. ${reasons} Or train with --device cpu.`)
  }
}
