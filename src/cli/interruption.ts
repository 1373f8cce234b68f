// Ctrl-C: the first one asks the running command to stop at the next safe point, the second ends the process at once.

import { InterruptedError } from './errors.ts'

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * A signal that aborts on SIGINT or SIGTERM; its reason is an InterruptedError.
 * @param endNow called with the exit code when a second one comes
 */
export function onInterruption(endNow: (exitCode: number) => void): AbortSignal {
  const controller = new AbortController()
  for (const [name, exitCode] of Object.entries(EXIT_CODES)) {
    process.on(name, () => {
      if (controller.signal.aborted) endNow(exitCode)
      else controller.abort(new InterruptedError('stopped.', exitCode))
    })
  }
  return controller.signal
}

/** The reason why a signal aborted, with the place where the command stopped. */
export function interruptedAt(signal: AbortSignal, place: string): unknown {
  const { reason } = signal
  return reason instanceof InterruptedError ? new InterruptedError(`stopped ${place}.`, reason.exitCode) : reason
}
