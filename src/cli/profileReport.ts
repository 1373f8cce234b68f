// A step's profile in the words of `wgrad bench`: lines for people and an object for --json.

import type { ProfiledDispatch, StepProfile } from '../index.ts'

/** The table; with `source`, then for every dispatch its graph nodes and its code. */
export function profileLines(profile: StepProfile, source: boolean): string[] {
  return [...String(profile).split('\n'), ...(source ? profile.dispatches.flatMap(dispatchLines) : [])]
}

function dispatchLines({ kernels, source }: ProfiledDispatch, position: number): string[] {
  return [
    '',
    `dispatch ${position}`,
    ...kernels.flatMap(({ shape, reads, writes, nodes }) => [
      `  ${shape}`,
      ...reads.map((name) => `    reads  ${name}`),
      ...writes.map((name) => `    writes ${name}`),
      ...nodes.map(({ operation, inputs, output }) => `    ${operation}(${inputs.join(', ')}) -> ${output}`),
    ]),
    '',
    ...source
      .trim()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
  ]
}

/** What `--json` prints of a profile: its figures, without the code. */
export function profileObject({ dispatches, trace: _trace, toString: _text, ...figures }: StepProfile): object {
  return { ...figures, dispatches: dispatches.map(({ source: _source, ...rest }) => rest) }
}
