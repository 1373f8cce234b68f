import { expect, test } from 'vitest'
import { errorText, exitCodeOf, InterruptedError, UsageError } from '../../src/cli/errors.ts'
import { DataError, InternalError } from '../../src/core/errors.ts'

test('an error is one line, whatever its message', () => {
  expect(errorText(new DataError('a.gz: truncated.\n  Fetch it again.\n'), false)).toBe(
    'wgrad: a.gz: truncated. Fetch it again.',
  )
})

test('an error that nobody expected says so', () => {
  for (const error of [new TypeError('x is undefined'), new InternalError('slot 3 is free'), 'text']) {
    expect(errorText(error, false)).toMatch(
      /^wgrad: .* \(unexpected: please report it, with what WGRAD_DEBUG=1 prints\)$/,
    )
  }
})

test('the stack is shown on demand only', () => {
  const error = new DataError('a.gz: truncated.')
  expect(errorText(error, false)).not.toContain('\n')
  expect(errorText(error, true)).toContain(error.stack)
})

test('a failure is exit code 1, an interruption that of its signal', () => {
  expect(exitCodeOf(new UsageError('unknown option'))).toBe(1)
  expect(exitCodeOf('text')).toBe(1)
  expect(exitCodeOf(new InterruptedError('stopped', 130))).toBe(130)
})
