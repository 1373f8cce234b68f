import { expect, test } from 'vitest'
import { createDisplay } from '../../src/cli/display.ts'

interface Setup {
  readonly terminal?: boolean
  readonly json?: boolean
  readonly environment?: Record<string, string>
}

function setUp({ terminal = true, json = false, environment = {} }: Setup = {}) {
  const texts = { stdout: '', stderr: '' }
  const clock = { now: 0 }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: terminal,
    columns: 40,
    write: (text: string) => {
      texts[name] += text
    },
  })
  const options = { stdout: stream('stdout'), stderr: stream('stderr'), json, environment, now: () => clock.now }
  return { display: createDisplay(options), texts, clock }
}

test('lines go to stdout, notices to stderr, and reports nowhere', () => {
  const { display, texts } = setUp({ terminal: false })
  display.line('start')
  display.notice('note: digits')
  display.report({ loss: 1 })
  expect(texts).toEqual({ stdout: 'start\n', stderr: 'note: digits\n' })
})

test('with --json stdout carries one object per line and nothing else', () => {
  const { display, texts } = setUp({ json: true })
  display.line('start')
  display.draw(() => 'bar')
  display.report({ loss: 0.5 })
  display.report({ loss: Number.NaN })
  display.clear()
  expect(texts.stdout).toBe('{"loss":0.5}\n{"loss":null}\n')
  expect(texts.stderr).toContain('start\n')
})

test('the live line is drawn at most ten times a second', () => {
  const { display, texts, clock } = setUp()
  let drawn = 0
  for (clock.now = 0; clock.now < 1000; clock.now += 10) display.draw(() => `bar ${++drawn}`)
  expect(drawn).toBe(10)
  expect(texts.stderr.match(/bar/g)).toHaveLength(10)
})

test('the live line gets one column less than the terminal has', () => {
  const { display } = setUp()
  let columns = 0
  display.draw((width) => {
    columns = width
    return 'bar'
  })
  expect(columns).toBe(39)
})

test('the cursor is hidden with the live line and comes back when a line is printed', () => {
  const { display, texts } = setUp()
  display.draw(() => 'bar')
  expect(texts.stderr).toBe('\x1b[?25l\r\x1b[Kbar')
  display.line('epoch 1/3')
  display.clear()
  expect(texts.stderr).toBe('\x1b[?25l\r\x1b[Kbar\r\x1b[K\x1b[?25h')
  expect(texts.stdout).toBe('epoch 1/3\n')
})

test('without a terminal, or on a dumb one, nothing is drawn', () => {
  for (const setup of [{ terminal: false }, { environment: { TERM: 'dumb' } }]) {
    const { display, texts } = setUp(setup)
    display.draw(() => 'bar')
    display.clear()
    expect(display.live).toBe(false)
    expect(texts.stderr).toBe('')
  }
})

test('NO_COLOR takes the colour, not the line', () => {
  const colorOf = (environment: Record<string, string>): boolean | undefined => {
    let given: boolean | undefined
    setUp({ environment }).display.draw((_, color) => {
      given = color
      return 'bar'
    })
    return given
  }
  expect(colorOf({})).toBe(true)
  expect(colorOf({ NO_COLOR: '1' })).toBe(false)
  expect(colorOf({ NO_COLOR: '' })).toBe(true)
})
