// A step's profile for people (a table) and for trace viewers (Chrome's trace-event JSON).

import type { ProfiledKernel } from './profiledKernel.ts'
import type { ChromeTrace, ProfiledDispatch, StepProfile, TraceEvent } from './stepProfile.ts'
import { formatDigits, formatMilliseconds, formatPercentage, formatQuantity, formatTable } from './tables.ts'

type Figures = Omit<StepProfile, 'trace' | 'toString'>

/** Operations that only move or make values say little in one line. */
const QUIET = new Set(['literal', 'reshape', 'transpose', 'broadcast', 'iota', 'identity', 'stopGradient', 'cast'])
const MOST_OPERATIONS = 6

/** The operations of a kernel that tell most, once each. */
function operationsOf({ nodes }: ProfiledKernel): string {
  const all = new Set(nodes.map(({ operation }) => operation))
  const telling = [...all].filter((operation) => !QUIET.has(operation))
  const shown = telling.length > 0 ? telling : [...all]
  return [...shown.slice(0, MOST_OPERATIONS), ...(shown.length > MOST_OPERATIONS ? ['…'] : [])].join(' ')
}

const labelOf = ({ kernels }: ProfiledDispatch): string => kernels.map(({ shape }) => shape).join(' + ')

/** The table that `String(profile)` gives. */
export function profileText(profile: Figures): string {
  const { device, batchSize, roofline, dispatches } = profile
  const rows = dispatches.flatMap((one, position) => {
    const { milliseconds, timesPerStep, flops, bytes, share, bound, kernels } = one
    const seconds = milliseconds / 1000
    const figures = [
      `${position}${timesPerStep === 1 ? '' : ` x${timesPerStep}`}`,
      formatMilliseconds(milliseconds),
      formatPercentage((milliseconds * timesPerStep) / profile.dispatchMilliseconds),
      formatQuantity(flops / seconds, 'FLOP/s'),
      formatQuantity(bytes / seconds, 'B/s'),
      formatDigits(one.intensity),
      `${formatPercentage(share)} ${bound === 'compute' ? 'c' : 'm'}`,
    ]
    return kernels.map((kernel, i) => [
      ...(i === 0 ? figures : figures.map(() => '')),
      `${kernel.shape}: ${operationsOf(kernel)}`,
    ])
  })
  const clocks = new Set(
    dispatches.map(({ clock }) => (clock === 'device' ? "the device's timestamps" : "the host's clock")),
  )
  const repeated = dispatches.some(({ repeats }) => repeats > 1) ? ', repeated where one execution is too short' : ''
  return [
    `a step of ${batchSize} ${batchSize === 1 ? 'sample' : 'samples'} on ${device.kind}, ${device.name}`,
    `wall ${formatMilliseconds(profile.stepMilliseconds)} (${formatDigits(profile.samplesPerSecond)} samples/s), ` +
      `dispatches ${formatMilliseconds(profile.dispatchMilliseconds)}`,
    `roofline ${formatQuantity(roofline.flopsPerSecond, 'FLOP/s')} (matrix product), ` +
      `${formatQuantity(roofline.bytesPerSecond, 'B/s')} (copy)`,
    '',
    formatTable(['#', 'time', 'of all', 'rate', 'bandwidth', 'FLOP/B', 'of bound', 'what'], rows, [
      'left',
      'right',
      'right',
      'right',
      'right',
      'right',
      'right',
      'left',
    ]),
    '',
    `of bound: the time that the roofline allows over the time taken; c compute, m memory. Timed by ${[...clocks].join(' and ')}${repeated}.`,
  ].join('\n')
}

/** The step's dispatches end to end, below the wall time of the step. */
export function traceOf(profile: Figures): ChromeTrace {
  const { device, batchSize, roofline, dispatches, stepMilliseconds } = profile
  const named = (name: string, tid: number, of: string): TraceEvent => ({
    name,
    ph: 'M',
    pid: 1,
    tid,
    args: { name: of },
  })
  const events: TraceEvent[] = [
    named('process_name', 0, `wgrad on ${device.name}`),
    named('thread_name', 1, 'step (wall time)'),
    named('thread_name', 2, 'dispatches'),
    {
      name: `step of ${batchSize}`,
      ph: 'X',
      pid: 1,
      tid: 1,
      ts: 0,
      dur: stepMilliseconds * 1000,
      args: { samplesPerSecond: profile.samplesPerSecond },
    },
  ]
  let ts = 0
  for (const one of dispatches) {
    const { index: _index, milliseconds, timesPerStep, ...args } = one
    const dur = milliseconds * 1000
    for (let i = 0; i < timesPerStep; i++) {
      events.push({ name: labelOf(one), ph: 'X', pid: 1, tid: 2, ts, dur, args })
      ts += dur
    }
  }
  return {
    displayTimeUnit: 'ms',
    traceEvents: events,
    otherData: { device: device.name, kind: device.kind, batchSize, ...roofline },
  }
}
