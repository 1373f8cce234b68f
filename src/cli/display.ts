// Where text goes. Lines for people go to stdout, or to stderr when stdout carries JSON; a live line on stderr, where that is
// a terminal, stands below them and is drawn again at most ten times a second.

/** What is needed of a stream. */
export interface TextStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Options of `createDisplay`. */
export interface DisplayOptions {
  readonly stdout: TextStream
  readonly stderr: TextStream
  /** Whether stdout is for JSON alone. */
  readonly json: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Milliseconds; default `performance.now`. */
  readonly now?: () => number
}

/** The output of a command. */
export interface Display {
  /** Whether there is a terminal for a live line. */
  readonly live: boolean
  /** A line for people. */
  readonly line: (text: string) => void
  /** A line for people that is never on stdout: a notice, an error. */
  readonly notice: (text: string) => void
  /** One JSON object on a line of stdout, with `json`; else nothing. Numbers that JSON lacks (NaN) become null. */
  readonly report: (value: object) => void
  /** Draws the live line, unless it was drawn just now. `text` gets the number of columns and whether colour is welcome. */
  readonly draw: (text: (width: number, color: boolean) => string) => void
  /** Removes the live line and shows the cursor; may be called again at any time. */
  readonly clear: () => void
}

const REDRAW_MILLISECONDS = 100
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const ERASE_LINE = '\r\x1b[K'

/** A display on two streams. */
export function createDisplay(options: DisplayOptions): Display {
  const { stdout, stderr, json, environment, now = () => performance.now() } = options
  const live = stderr.isTTY === true && environment['TERM'] !== 'dumb'
  const color = live && !environment['NO_COLOR']
  let drawn = ''
  let lastDrawn = -Infinity

  const clear = (): void => {
    if (drawn !== '') stderr.write(`${ERASE_LINE}${SHOW_CURSOR}`)
    drawn = ''
    lastDrawn = -Infinity
  }
  const line = (stream: TextStream, text: string): void => {
    clear()
    stream.write(`${text}\n`)
  }
  return {
    live,
    line: (text) => line(json ? stderr : stdout, text),
    notice: (text) => line(stderr, text),
    report: (value) => {
      if (json) stdout.write(`${JSON.stringify(value)}\n`)
    },
    draw: (text) => {
      if (!live || now() - lastDrawn < REDRAW_MILLISECONDS) return
      lastDrawn = now()
      // The last column stays free: some terminals wrap when it is written.
      const next = text((stderr.columns || 80) - 1, color)
      if (next === drawn) return
      stderr.write(`${drawn === '' ? HIDE_CURSOR : ''}${ERASE_LINE}${next}`)
      drawn = next
    },
    clear,
  }
}
