// The public way to a device: the runtime's, with the self-test, which needs more of wgrad than the runtime may know.

import {
  type Device as RuntimeView,
  type DeviceKind,
  type DeviceOptions,
  runtimeDevice,
  setDevice as setRuntimeDevice,
} from '../runtime/device.ts'
import { selfTest, type SelfTestResult } from './selfTest.ts'

/** A machine that holds tensors and runs programs. */
export interface Device extends RuntimeView {
  /** Runs one small program per kind of kernel and compares it with the CPU. */
  readonly selfTest: () => Promise<SelfTestResult[]>
}

/**
 * Makes a device the default one, and gives it. `auto` picks a hardware GPU where there is one, else the CPU: a software adapter is no GPU.
 * @throws DeviceError when WebGPU was asked for and there is no adapter, or it refuses a device; ArgumentError for an unknown kind.
 */
export async function setDevice(kind: DeviceKind | RuntimeView, options: DeviceOptions = {}): Promise<Device> {
  const device = runtimeDevice(await setRuntimeDevice(kind, options))
  return Object.assign(device, { selfTest: () => selfTest(device) })
}
