// How the scripts start other programs: where the project is, one call that runs a program to its end, and nothing else.

import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The project's root folder. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** Whether the module of this `import.meta.url` is the program that was started. */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)
}

/**
 * Runs a program in the project's root: `{ code, output, seconds }`, output being stdout and stderr together.
 * `inherit: true` shows the output instead of collecting it; `silenceLimit` (milliseconds) ends a program that has
 * printed nothing for so long. A program that cannot be started has code 127.
 */
export function runProgram(command, args, { env = {}, cwd = projectRoot, inherit = false, silenceLimit } = {}) {
  const start = performance.now()
  const plain = inherit && process.stdout.isTTY ? {} : { NO_COLOR: '1' }
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...plain, ...env },
      stdio: ['ignore', inherit ? 'inherit' : 'pipe', inherit ? 'inherit' : 'pipe'],
    })
    let output = ''
    const watchdog = silenceLimit === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), silenceLimit)
    const collect = (chunk) => {
      output += chunk
      watchdog?.refresh()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    const finish = (code) => {
      clearTimeout(watchdog)
      resolve({ code, output, seconds: (performance.now() - start) / 1000 })
    }
    child.on('error', (error) => {
      output += error.message
      finish(127)
    })
    child.on('close', (code) => finish(code ?? 1))
  })
}

/** `runProgram` for a script that Node runs; needs no shell, and so works on every system. */
export function runNode(args, options) {
  return runProgram(process.execPath, args, options)
}

/** The path of an installed package's command, to be run with `runNode`. */
export function packageCommand(path) {
  return `${projectRoot}/node_modules/${path}`
}
