// The rhythm of submits against a simulated device, whose time is simulated too: one that reports at once, one that reports
// every 100 ms as Firefox does, one with slow steps.

import { describe, expect, test } from 'vitest'
import { createPace, type Sent } from '../../src/train/pace.ts'

interface Machine {
  /** Milliseconds of device time for a step. */
  readonly perStep: number
  /** When something that was finished at a time is reported. */
  readonly reported: (finished: number) => number
}

const atOnce = (delay: number) => (finished: number) => finished + delay
const polled = (finished: number): number => Math.ceil((finished + 0.01) / 100) * 100

/** Runs the pace for a simulated `duration`; gives what the second half of it was like. */
function simulate(machine: Machine, budget: number, duration = 6000) {
  const pace = createPace()
  const underWay: { readonly sent: Sent; readonly report: number }[] = []
  let [now, deviceFree, steps, submits, mostSteps, mostSubmits] = [7, 0, 0, 0, 0, 0]
  let probe: number | null = machine.reported(now)
  const probeSent = now
  let probes = 1
  let secondProbe = 0
  while (now < duration) {
    const held = underWay.reduce((total, { sent }) => total + sent.steps, 0)
    if (pace.hasRoom(budget, { submits: underWay.length, steps: held })) {
      const size = pace.steps(budget)
      deviceFree = Math.max(now, deviceFree) + size * machine.perStep
      const sent = { steps: size, sentAt: now, queued: held + size }
      underWay.push({ sent, report: machine.reported(deviceFree) })
      if (now > duration / 2) {
        steps += size
        submits++
        mostSteps = Math.max(mostSteps, size)
        mostSubmits = Math.max(mostSubmits, underWay.length)
      }
      continue
    }
    now = underWay[0]!.report
    if (probe !== null && probe <= now) {
      pace.probed(probe - (probes === 1 ? probeSent : secondProbe))
      probe = null
    }
    const back = underWay.filter(({ report }) => report <= now)
    underWay.splice(0, back.length)
    pace.returned(back.map(({ sent }) => sent), now) // prettier-ignore
    if (probes === 1 && probe === null) {
      probes = 2
      secondProbe = now
      probe = machine.reported(now)
    }
  }
  return {
    busy: (steps * machine.perStep) / (duration / 2),
    submitTime: mostSteps * machine.perStep,
    mostSubmits,
    submits,
  }
}

describe('the pace of submits', () => {
  for (const [budget, perStep] of [
    [6, 0.05],
    [6, 0.9],
    [50, 0.3],
  ] as const) {
    test(`keeps a device busy with submits of ${budget} ms (${perStep} ms a step), at most three of them in flight`, () => {
      const { busy, submitTime, mostSubmits } = simulate({ perStep, reported: atOnce(1) }, budget)
      expect(busy).toBeGreaterThan(0.97)
      expect(submitTime).toBeLessThanOrEqual(budget * 1.2)
      expect(submitTime).toBeGreaterThan(budget * 0.7)
      expect(mostSubmits).toBeLessThanOrEqual(3)
    })

    test(`keeps a device busy that reports every 100 ms, with submits of ${budget} ms (${perStep} ms a step)`, () => {
      const { busy, submitTime } = simulate({ perStep, reported: polled }, budget, 60_000)
      expect(busy).toBeGreaterThan(0.95)
      expect(submitTime).toBeLessThanOrEqual(budget * 1.2)
    })
  }

  test('a step that takes longer than the budget is sent alone, the next one behind it', () => {
    const { busy, submitTime, mostSubmits } = simulate({ perStep: 300, reported: atOnce(1) }, 6, 20_000)
    expect(busy).toBeGreaterThan(0.97)
    expect(submitTime).toBe(300)
    expect(mostSubmits).toBe(2)
  })

  test("the device's clock counts from its first word on, but not what is too short for it", () => {
    const pace = createPace()
    pace.returned([{ steps: 40, sentAt: 0, queued: 40 }], 400)
    expect([pace.steps(50), pace.timeOf(10)]).toEqual([5, 100])
    pace.measured(1, 0.4)
    expect(pace.timeOf(10)).toBe(100)
    pace.measured(40, 80)
    expect([pace.steps(50), pace.timeOf(10)]).toEqual([25, 20])
    pace.returned([{ steps: 40, sentAt: 400, queued: 40 }], 900)
    expect(pace.timeOf(10)).toBe(20)
    for (let i = 0; i < 20; i++) pace.measured(10, 40)
    expect(pace.timeOf(10)).toBeCloseTo(40, 0)
  })

  test('a read-back that the host held up does not fill the queue for long', () => {
    const pace = createPace()
    pace.probed(400)
    let now = 0
    let deviceFree = 0
    const underWay: { sent: Sent; report: number }[] = []
    const held = (): number => underWay.reduce((total, { sent }) => total + sent.steps, 0)
    while (now < 3000) {
      if (pace.hasRoom(6, { submits: underWay.length, steps: held() })) {
        const size = pace.steps(6)
        deviceFree = Math.max(now, deviceFree) + size * 0.2
        underWay.push({ sent: { steps: size, sentAt: now, queued: held() + size }, report: deviceFree + 1 })
        continue
      }
      const next = underWay.shift()!
      now = next.report
      pace.returned([next.sent], now)
    }
    expect(underWay.length).toBeLessThanOrEqual(3)
  })
})
