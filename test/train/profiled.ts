// What the tests of profiling share, on every device.

import type { Checkpoint, StepProfile, Trainer } from 'wgrad'

interface Outcome {
  readonly checkpoint: Checkpoint['state']
  readonly steps: readonly { readonly step: number; readonly loss: number; readonly accuracy: number | undefined }[]
  readonly evaluation: number
  readonly learningRate: number
}

/** The same training twice, once with a profile taken in the middle: everything that can be told of it, bit for bit. */
export async function profiledBetweenSteps(
  make: () => Promise<Trainer>,
): Promise<{ readonly plain: Outcome; readonly profiled: Outcome }> {
  const train = async (profile: boolean): Promise<Outcome> => {
    const trainer = await make()
    const steps: Outcome['steps'][number][] = []
    for (let i = 0; i < 6; i++) {
      const { step, loss, metrics } = await trainer.step()
      steps.push({ step, loss, accuracy: metrics['accuracy'] })
      // in the middle of an epoch, and where one has just ended
      if (profile && (i === 2 || i === 4)) await trainer.profile({ steps: 2 })
    }
    const { state, progress } = await trainer.save()
    const { loss } = await trainer.evaluate()
    const outcome = { checkpoint: state, steps, evaluation: loss, learningRate: trainer.learningRate }
    if (progress.step !== 6) throw new Error(`the step counter is ${progress.step}`)
    await trainer.dispose()
    return outcome
  }
  return { plain: await train(false), profiled: await train(true) }
}

/** What is wrong with a profile's trace, if anything. */
export function traceProblems(profile: StepProfile): string[] {
  const { traceEvents } = JSON.parse(JSON.stringify(profile.trace())) as ReturnType<StepProfile['trace']>
  const problems: string[] = []
  const spans = traceEvents.filter(({ ph, tid }) => ph === 'X' && tid === 2)
  const runs = profile.dispatches.reduce((sum, { timesPerStep }) => sum + timesPerStep, 0)
  if (spans.length !== runs) problems.push(`${spans.length} spans for ${runs} dispatches`)
  let end = 0
  for (const { name, ts = Number.NaN, dur = Number.NaN, args } of spans) {
    if (!(Math.abs(ts - end) < 1e-6 * (1 + end))) problems.push(`${name} begins at ${ts}, not at ${end}`)
    if (!(dur > 0)) problems.push(`${name} takes ${dur}`)
    for (const key of ['flops', 'bytes', 'source', 'kernels'])
      if (args[key] === undefined) problems.push(`${name} has no ${key}`)
    end = ts + dur
  }
  if (Math.abs(end / 1000 - profile.dispatchMilliseconds) > 1e-6 * end) problems.push(`the spans end at ${end} µs`)
  const names = traceEvents.filter(({ ph }) => ph === 'M').map(({ args }) => args['name'])
  if (!names.includes('dispatches')) problems.push('the dispatches have no thread name')
  return problems
}
