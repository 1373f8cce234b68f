// Letting the host breathe between chunks of work: timers, messages and rendering run before training goes on.

/** Resolves after pending host tasks ran; faster than a timer, which pages clamp to 4 ms. */
export function yieldToHost(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve))
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(null)
  })
}
