// Runs the built command line as users do: words and environment in, exit code and both streams out.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts a script of the project, without the caller's wgrad and colour settings. */
export function start(
  script: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): ChildProcessWithoutNullStreams {
  const { WGRAD_DATA_DIR: _data, WGRAD_DEBUG: _debug, ...env } = process.env
  return spawn(process.execPath, [script, ...args], { cwd: root, env: { ...env, ...environment } })
}

/** Waits for a process that `start` gave. */
export function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...texts }))
  })
}

/** Brings dist/ up to date. */
export async function build(): Promise<void> {
  const { code, stderr } = await ended(start('scripts/build.mjs', []))
  if (code !== 0) throw new Error(stderr)
}

/** Starts the built command line. */
export function startCli(
  args: readonly string[],
  environment?: Record<string, string>,
): ChildProcessWithoutNullStreams {
  return start('dist/src/cli/main.js', args, environment)
}

/** Runs the built command line to its end. */
export function runCli(args: readonly string[], environment?: Record<string, string>): Promise<Ended> {
  return ended(startCli(args, environment))
}
