// Reports and evaluations enter, two live charts leave. Whatever the rate of reports, the charts are drawn at most ten
// times a second, in an animation frame, and their colours are the style sheet's.

import uPlot from 'uplot'
import { element, setText } from './dom.ts'
import * as format from './format.ts'
import { createAccuracyHistory, createLossHistory } from './history.ts'

/** The two charts of a training run, by step. */
export interface Charts {
  addLosses(lastStep: number, losses: readonly number[]): void
  addTrainAccuracy(step: number, accuracy: number, steps: number): void
  addTestAccuracy(step: number, accuracy: number): void
  clear(): void
}

const DRAW_EVERY = 100 // milliseconds

type Format = (value: number) => string

/** Fills `#loss-chart` and `#accuracy-chart`. */
export function createCharts(): Charts {
  const colours = styleColours()
  let losses = createLossHistory()
  let accuracies = createAccuracyHistory()
  const lossChart = createChart('loss', colours, lossSeries(colours), format.loss, (_, least, most) => [
    0,
    top(least, most),
  ])
  const accuracyChart = createChart('accuracy', colours, accuracySeries(colours), format.percent, (_, least) => [
    bottom(least),
    1,
  ])

  let timer: number | undefined
  let drawn = 0

  const draw = (): void => {
    timer = undefined
    drawn = performance.now()
    const finite = (line: readonly number[]): (number | null)[] => line.map((v) => (Number.isFinite(v) ? v : null))
    // copies: a chart may draw itself again, after a resize, while the histories have already moved on
    lossChart.draw([[...losses.x], finite(losses.mean), finite(losses.smooth)])
    accuracyChart.draw([[...accuracies.x], [...accuracies.train], [...accuracies.test]])
  }
  const schedule = (): void => {
    const wait = Math.max(0, DRAW_EVERY - (performance.now() - drawn))
    timer ??= window.setTimeout(() => requestAnimationFrame(draw), wait)
  }
  colours.onChange(() => {
    lossChart.plot.redraw(false, true)
    accuracyChart.plot.redraw(false, true)
  })
  schedule()

  return {
    addLosses(lastStep, values) {
      losses.add(lastStep, values)
      schedule()
    },
    addTrainAccuracy(step, accuracy, steps) {
      accuracies.addTrain(step, accuracy, steps)
      schedule()
    },
    addTestAccuracy(step, accuracy) {
      accuracies.addTest(step, accuracy)
      schedule()
    },
    clear() {
      losses = createLossHistory()
      accuracies = createAccuracyHistory()
      schedule()
    },
  }
}

interface Chart {
  readonly plot: uPlot
  draw(data: uPlot.AlignedData): void
}

function createChart(
  id: 'loss' | 'accuracy',
  colours: StyleColours,
  series: uPlot.Series[],
  print: Format,
  range: uPlot.Range.Function,
): Chart {
  const host = element(`${id}-chart`, HTMLElement)
  const readout = element(`${id}-readout`, HTMLElement)
  const size = (): { width: number; height: number } => ({ width: host.clientWidth, height: host.clientHeight })
  const axis: uPlot.Axis = {
    stroke: () => colours.get('--muted'),
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: () => colours.get('--rule'), width: 1 },
    ticks: { show: false },
    gap: 6,
  }
  const show = (plot: uPlot): void => {
    const i = plot.cursor.idx
    const step = typeof i === 'number' ? plot.data[0]?.[i] : undefined
    if (typeof i !== 'number' || typeof step !== 'number') return setText(readout, '')
    const value = [2, 1].map((line) => plot.data[line]?.[i]).find((v) => typeof v === 'number')
    setText(
      readout,
      typeof value === 'number' ? `step ${format.count(step)}: ${print(value)}` : `step ${format.count(step)}`,
    )
  }
  const plot = new uPlot(
    {
      ...size(),
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: false, range: (_, __, most) => [0, Math.max(20, most ?? 0)] }, y: { range } },
      axes: [
        {
          ...axis,
          size: 28,
          space: 64,
          values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? format.count(tick) : '')),
        },
        { ...axis, size: 46, space: 36, values: (_, ticks) => ticks.map((tick) => tickText(id, tick)) },
      ],
      series: [{}, ...series],
      hooks: { setCursor: [show] },
    },
    [[], [], []],
    host,
  )
  new ResizeObserver(() => plot.setSize(size())).observe(host)

  return {
    plot,
    draw(data) {
      plot.setData(data)
      const steps = data[0].at(-1) ?? 0
      const last = [2, 1].map((line) => latest(data[line] ?? [])).find((value) => value !== undefined)
      const name = id === 'loss' ? 'Training loss' : 'Accuracy'
      const text = last === undefined ? 'no steps yet' : `${format.count(steps)} steps, now ${print(last)}`
      host.setAttribute('aria-label', `${name} by step: ${text}`)
    },
  }
}

function lossSeries(colours: StyleColours): uPlot.Series[] {
  const points = { show: false }
  return [
    { stroke: () => colours.get('--loss-faint'), width: 1, points },
    { stroke: () => colours.get('--loss'), width: 2, points },
  ]
}

function accuracySeries(colours: StyleColours): uPlot.Series[] {
  const stroke = (): string => colours.get('--accuracy')
  return [
    { stroke: () => colours.get('--accuracy-faint'), width: 1.5, spanGaps: true, points: { show: false } },
    { stroke, width: 2, spanGaps: true, points: { show: true, size: 7, fill: stroke } },
  ]
}

function latest(line: ArrayLike<number | null | undefined>): number | undefined {
  for (let i = line.length - 1; i >= 0; i--) {
    const value = line[i]
    if (typeof value === 'number') return value
  }
  return undefined
}

function tickText(id: 'loss' | 'accuracy', tick: number): string {
  if (id === 'accuracy') return `${Math.round(tick * 100)} %`
  return Math.abs(tick) < 1e4 ? String(Number(tick.toPrecision(3))) : tick.toExponential(0)
}

// The loss axis always shows ln 10, the loss of a guess among ten digits, so that the fall from it can be seen.
function top(least: number | null, most: number | null): number {
  return Math.max(2.5, (most ?? least ?? 0) * 1.05)
}

function bottom(least: number | null): number {
  return Math.min(0.9, Math.floor((least ?? 0) * 10) / 10)
}

interface StyleColours {
  get(name: string): string
  onChange(listener: () => void): void
}

// Reading a computed style at every stroke would force layout while drawing: read once per colour scheme.
function styleColours(): StyleColours {
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  const known = new Map<string, string>()
  scheme.addEventListener('change', () => known.clear())
  return {
    get(name) {
      const colour = known.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim()
      known.set(name, colour)
      return colour
    },
    onChange: (listener) => scheme.addEventListener('change', listener),
  }
}
