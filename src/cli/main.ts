#!/usr/bin/env node
// The command `wgrad`: the words of the command line in, an exit code out. Everything that has to do with the process stands
// here: signals, streams, errors that nobody caught, and its end (Dawn's threads would keep it alive).

import { bench } from './bench.ts'
import { createDisplay, type Display } from './display.ts'
import { doctor } from './doctor.ts'
import { errorText, exitCodeOf } from './errors.ts'
import { helpText } from './help.ts'
import { onInterruption } from './interruption.ts'
import { type Invocation, parseCommandLine } from './options.ts'
import { train } from './train.ts'
import { packageVersion } from './version.ts'

const BROKEN_PIPE = 141 // 128 + SIGPIPE, as of a program that the signal ended

const { env, stdout, stderr } = process
const debug = env['WGRAD_DEBUG'] === '1'
const json = process.argv.includes('--json')
const display = createDisplay({ stdout, stderr, json, environment: env })

process.on('exit', display.clear)
process.on('uncaughtException', fail)
stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? process.exit(BROKEN_PIPE) : fail(error)))
stderr.on('error', () => process.exit(BROKEN_PIPE))
const signal = onInterruption((exitCode) => process.exit(exitCode))

try {
  await end(await run(parseCommandLine(process.argv.slice(2)), display, signal))
} catch (error) {
  fail(error)
}

async function run(invocation: Invocation, output: Display, stop: AbortSignal): Promise<number> {
  switch (invocation.command) {
    case 'help':
      stdout.write(`${helpText(invocation.topic)}\n`)
      return 0
    case 'version':
      stdout.write(`${packageVersion()}\n`)
      return 0
    case 'bench':
      await bench(invocation.settings, output, stop)
      return 0
    case 'doctor':
      return doctor(packageVersion(), output, stop)
    case 'train':
      await train(invocation.settings, output, stop)
      return 0
  }
}

function fail(error: unknown): void {
  display.notice(errorText(error, debug))
  void end(exitCodeOf(error))
}

/** Ends the process once everything written has left it. */
async function end(exitCode: number): Promise<void> {
  await Promise.all([stdout, stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))))
  process.exit(exitCode)
}
