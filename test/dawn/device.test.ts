// WebGPU devices in Node: losing one, refused memory, and what runs without one.

import { expect, test } from 'vitest'
import { add, DeviceError, DeviceLostError, setDevice, tensor, zeros } from 'wgrad'
import { createWebGpuBackend } from '../../src/backend/webgpu/webgpu.ts'
import { platform } from '#platform'

test('a lost device is a typed error at the next use', async () => {
  await platform.gpu() // defines the WebGPU classes
  const devices: GPUDevice[] = []
  const original = GPUAdapter.prototype.requestDevice
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await original.call(this, descriptor)
    devices.push(device)
    return device
  }
  const device = await setDevice('webgpu')
  GPUAdapter.prototype.requestDevice = original
  const x = tensor([1, 2])
  expect(await add(x, 1).array()).toEqual([2, 3])
  devices[0]!.destroy()
  await devices[0]!.lost
  await expect(add(x, 1).data()).rejects.toBeInstanceOf(DeviceLostError)
  await expect(device.idle()).rejects.toThrow(/was lost/)
})

test('a buffer that the device cannot have is refused by size, and the device goes on', async () => {
  const device = await setDevice('webgpu')
  await expect(zeros([2 ** 30]).data()).rejects.toBeInstanceOf(DeviceError)
  expect(await add(tensor([1]), 1).item()).toBe(2)
  await device.dispose()
})

test('without WebGPU the error says what to do', async () => {
  await expect(createWebGpuBackend(null)).rejects.toThrow(/there is no WebGPU here.*setDevice\('cpu'\)/)
})

test('every kind of kernel passes the self-test', async () => {
  const device = await setDevice('webgpu')
  const results = await device.selfTest()
  expect(results.length).toBeGreaterThan(10)
  expect(results.filter((result) => !result.ok)).toEqual([])
  await device.dispose()
})
