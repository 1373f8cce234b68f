// Counts the WebGPU buffers of a page: how many were made, and how many bytes are alive. A buffer counts until `destroy`;
// one that is merely dropped stays counted, as it stays allocated for as long as the garbage collector pleases.

/** The buffers of all devices of the page: `peakBytes` since the last call. */
export interface BufferCounts {
  readonly made: number
  readonly alive: number
  readonly bytes: number
  readonly peakBytes: number
}

/** Wraps `createBuffer` and `destroy` for good, before an engine opens its device; returns the counts so far. */
export function watchBuffers(): () => BufferCounts {
  let [made, alive, bytes, peakBytes] = [0, 0, 0, 0]
  if (typeof GPUDevice === 'undefined') return () => ({ made, alive, bytes, peakBytes })
  const sizes = new WeakMap<GPUBuffer, number>()
  const { createBuffer } = GPUDevice.prototype
  const { destroy } = GPUBuffer.prototype
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor)
    sizes.set(buffer, buffer.size)
    made++
    alive++
    bytes += buffer.size
    peakBytes = Math.max(peakBytes, bytes)
    return buffer
  }
  GPUBuffer.prototype.destroy = function () {
    const size = sizes.get(this)
    if (size !== undefined) {
      sizes.delete(this)
      alive--
      bytes -= size
    }
    return destroy.call(this)
  }
  return () => {
    const counts = { made, alive, bytes, peakBytes }
    peakBytes = bytes
    return counts
  }
}
