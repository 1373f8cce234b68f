// Where operations were called: while recording is on, every application of a primitive keeps the stack on which it was made.
// Applications are the key, not tensors, since transforms make new tensors of one application.

import { type Application, observeApplications } from '../ir/tensor.ts'

/** What is known of one application. */
export interface Origin {
  /** Grows in the order in which applications were made. */
  readonly sequence: number
  /** The stack on which it was made; engines make its text only when it is asked for. */
  readonly stack: { readonly stack?: string }
  /** The application to whose derivative it belongs. */
  readonly derivativeOf: Application | null
}

/** A place in the code of the caller. */
export interface CodePlace {
  /** `file:line:column`, or null where the stack does not tell. */
  readonly location: string | null
  /** The composite that was called there (`softmax` for a division inside it), or null. */
  readonly composite: string | null
}

const origins = new WeakMap<Application, Origin>()
let nextSequence = 0
let derivativeOf: Application | null = null
let original: Origin | null = null

const FRAMES = 60 // composites, layers and transforms lie between a primitive and the code of the caller

function made(application: Application): void {
  if (original !== null) {
    origins.set(application, original)
    return
  }
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  origins.set(application, { sequence: nextSequence++, stack: new Error('made'), derivativeOf })
  Error.stackTraceLimit = limit
}

function deriving<T>(application: Application, rule: () => T): T {
  const outer = derivativeOf
  // in a second derivative the first operation that the user wrote is the one to name
  derivativeOf = origins.get(application)?.derivativeOf ?? application
  try {
    return rule()
  } finally {
    derivativeOf = outer
  }
}

function rebuilding<T>(application: Application, make: () => T): T {
  const outer = original
  original = origins.get(application) ?? outer
  try {
    return make()
  } finally {
    original = outer
  }
}

/** Starts or stops recording. */
export function recordOrigins(on: boolean): void {
  observeApplications(on ? { made, deriving, rebuilding } : null)
}

/** What was recorded of an application, or null. */
export function originOf(application: Application): Origin | null {
  return origins.get(application) ?? null
}

/** The folder of wgrad's own modules with a slash, or null in a bundle, where they cannot be told from the caller's. */
const ownFolder = /^(.*\/)runtime\/origins\.[jt]s/.exec(withoutScheme(import.meta.url))?.[1] ?? null

function withoutScheme(file: string): string {
  return file.replace(/^file:\/\//, '').replace(/\?.*$/, '')
}

interface Frame {
  readonly name: string | null
  readonly file: string
  readonly position: string
}

/** `at name (file:1:2)` and `at file:1:2` (V8), `name@file:1:2` (Firefox, Safari). */
function frameOf(line: string): Frame | null {
  const match =
    /^\s*at (?:async )?(?:(.*) \()?(.+?):(\d+):(\d+)\)?\s*$/.exec(line) ?? /^([^@]*)@(.+?):(\d+):(\d+)\s*$/.exec(line)
  if (match === null) return null
  const name = (match[1] ?? '').replace(/ \[as .*\]$/, '').replace(/^.*[./]/, '')
  return {
    name: name === '' || name.startsWith('<') ? null : name,
    file: withoutScheme(match[2]!),
    position: `${match[3]!}:${match[4]!}`,
  }
}

/** The innermost frame of the caller's code, and the outermost of wgrad's operations before it. */
export function placeOf(origin: Pick<Origin, 'stack'>): CodePlace {
  const lines = (origin.stack.stack ?? '').split('\n')
  const frames = lines.map(frameOf).filter((frame) => frame !== null)
  if (ownFolder === null) return { location: null, composite: null }
  let composite: string | null = null
  for (const { name, file, position } of frames) {
    if (file.startsWith(ownFolder)) {
      if (/^(ops|random|nn|optim|metrics)\//.test(file.slice(ownFolder.length)) && name !== null) composite = name
      continue
    }
    if (/^node:|\/node_modules\//.test(file)) continue
    return { location: `${file}:${position}`, composite }
  }
  return { location: null, composite }
}
