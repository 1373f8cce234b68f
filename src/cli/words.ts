// Words of the command line in, option values and other words out. `parseArgs` splits them; its own strict mode has no
// suggestions and refuses `--seed -1` as ambiguous, so that the checks stand here.

import { parseArgs } from 'node:util'
import { UsageError } from './errors.ts'
import type { Flag } from './flags.ts'
import { didYouMean } from './suggest.ts'

/** Options by name (a switch that is on is `''`), and the words that are no options. */
export interface Words {
  readonly values: ReadonlyMap<string, string>
  readonly positionals: readonly string[]
}

/**
 * Splits words into options and the rest. `command` is how the help is asked for, such as `wgrad train`.
 * @throws UsageError for an option that `flags` does not have, a missing value, or a value that a switch does not take
 */
export function readWords(args: readonly string[], flags: Readonly<Record<string, Flag>>, command: string): Words {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short ? { short } : {}) },
    ]),
  )
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
    if (!flag) {
      const meant = didYouMean(token.name, Object.keys(flags), '--')
      throw new UsageError(`unknown option ${token.rawName}.${meant || ` See ${command} --help.`}`)
    }
    values.set(token.name, checkedValue(token.rawName, token.value, flag))
  }
  return { values, positionals }
}

function checkedValue(rawName: string, value: string | undefined, flag: Flag): string {
  if (flag.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, but "${value}" was given.`)
    return ''
  }
  if (value === undefined || value === '') throw new UsageError(`${rawName} needs a value: ${rawName} ${flag.value}.`)
  // `--epochs --json`: the next option is no value, but a negative number is one (and is refused for what it is).
  if (/^-[^\d.]/.test(value)) {
    throw new UsageError(`${rawName} needs a value, but the option ${value} follows..`)
  }
  return value
}
