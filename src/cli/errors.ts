// How a command ends badly: errors that carry an exit code, and the one line that the user sees of any error.

import { InternalError, WgradError } from '../core/errors.ts'

/** A command line that cannot be understood. */
export class UsageError extends WgradError {
  override name = 'UsageError'
}

/** The user stopped the command (Ctrl-C); the message says where. */
export class InterruptedError extends WgradError {
  override name = 'InterruptedError'
  /** 128 plus the number of the signal, as shells have it. */
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

/** The exit code of a command that failed. */
export function exitCodeOf(error: unknown): number {
  return error instanceof InterruptedError ? error.exitCode : 1
}

/** What is printed of an error: one line; with `debug` (WGRAD_DEBUG=1) its stack too. */
export function errorText(error: unknown, debug: boolean): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  const expected = error instanceof WgradError && !(error instanceof InternalError)
  const hint = expected || debug ? '' : ' (unexpected: please report it, with what WGRAD_DEBUG=1 prints)'
  const line = `wgrad: ${message.replace(/\s*\n\s*/g, ' ').trim()}${hint}`
  return debug && error instanceof Error && error.stack ? `${line}\n${error.stack}` : line
}
