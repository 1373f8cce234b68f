// The table of commands in, the text of `--help` out.

import { COMMANDS, type CommandEntry, type CommandName, type Flag, GLOBAL_FLAGS } from './flags.ts'

/** The help of one command, or of the program. */
export function helpText(topic: CommandName | null): string {
  return topic === null ? programHelp() : commandHelp(topic)
}

function programHelp(): string {
  const commands = Object.entries<CommandEntry>(COMMANDS)
  const rows = commands.map(([name, { words, text }]) => [`wgrad ${name} ${words}`.trimEnd(), text] as const)
  return [
    'wgrad trains neural networks with WebGPU, or on the CPU where there is no GPU.',
    '',
    'Usage: wgrad COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...table(rows),
    '',
    'Options:',
    ...flagTable(GLOBAL_FLAGS),
    '',
    'wgrad COMMAND --help shows the options of a command.',
  ].join('\n')
}

function commandHelp(name: CommandName): string {
  const { text, words, flags }: CommandEntry = COMMANDS[name]
  return [
    `Usage: wgrad ${name} ${words ? `${words} ` : ''}[OPTIONS]`,
    `  ${text}`,
    '',
    'Options:',
    ...flagTable(flags),
  ].join('\n')
}

function flagTable(flags: Readonly<Record<string, Flag>>): string[] {
  return table(
    Object.entries(flags).map(([name, { value, short, text }]) => {
      const long = value === undefined ? `--${name}` : `--${name} ${value}`
      return [short === undefined ? long : `-${short}, ${long}`, text] as const
    }),
  )
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
