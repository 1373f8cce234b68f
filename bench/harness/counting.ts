// Counts what a WebGPU engine asks of the device: dispatches and queue submits, by wrapping the two methods on their
// prototypes while a function runs. Nothing is wrapped while anything is timed.

/** What was counted: `dispatches` includes indirect ones. */
export interface Counts {
  readonly dispatches: number
  readonly submits: number
}

/** Runs `work` and counts the compute dispatches and queue submits it causes; zero of both where there is no WebGPU. */
export async function countCalls(work: () => Promise<void>): Promise<Counts> {
  if (typeof GPUComputePassEncoder === 'undefined') {
    await work()
    return { dispatches: 0, submits: 0 }
  }
  const pass = GPUComputePassEncoder.prototype
  const queue = GPUQueue.prototype
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = pass
  const { submit } = queue
  let dispatches = 0
  let submits = 0
  pass.dispatchWorkgroups = function (x, y, z) {
    dispatches++
    return dispatchWorkgroups.call(this, x, y, z)
  }
  pass.dispatchWorkgroupsIndirect = function (buffer, offset) {
    dispatches++
    return dispatchWorkgroupsIndirect.call(this, buffer, offset)
  }
  queue.submit = function (buffers) {
    submits++
    return submit.call(this, buffers)
  }
  try {
    await work()
  } finally {
    Object.assign(pass, { dispatchWorkgroups, dispatchWorkgroupsIndirect })
    Object.assign(queue, { submit })
  }
  return { dispatches, submits }
}
