import { expect, test } from 'vitest'
import { formatClock, formatCount, formatLoss, formatPercent, formatSpeed } from '../../src/cli/format.ts'
import { dataLine, progressLine, type Progress } from '../../src/cli/progress.ts'

const halfway: Progress = {
  epoch: 2,
  epochs: 3,
  step: 703,
  stepsPerEpoch: 469,
  loss: 0.12345,
  accuracy: 0.9612,
  samplesPerSecond: 12_345.6,
  seconds: 7.03,
}

test('the line shows less and less as the terminal narrows', () => {
  expect([120, 80, 70, 50, 40, 30, 20, 10, 5, 0].map((width) => progressLine(halfway, width))).toEqual([
    'epoch 2/3  ━━━━━━━━━━━━━━━━────────────────  49%  loss 0.1235  accuracy 96.12%  12,346 samples/s  0:07 left',
    'epoch 2/3  ━━━━━━━━━━━────────────  49%  loss 0.1235  accuracy 96.12%  0:07 left',
    'epoch 2/3  ━━━━━━───────  49%  loss 0.1235  accuracy 96.12%  0:07 left',
    'epoch 2/3  ━━━━━─────  49%  loss 0.1235  0:07 left',
    'epoch 2/3  ━━━━━━───────  49%  0:07 left',
    'epoch 2/3  ━━━━━━━───────  49%',
    'epoch 2/3  49%',
    'epoch 2/3 ',
    'epoch',
    '',
  ])
})

test('no width is exceeded, whatever the numbers', () => {
  const extremes = [0, 1, 1e-9, 1e12, Number.NaN, Infinity]
  for (const value of extremes) {
    const progress = { ...halfway, loss: value, accuracy: value, samplesPerSecond: value, seconds: value }
    for (let width = 0; width <= 130; width++) {
      expect(progressLine(progress, width).length).toBeLessThanOrEqual(width)
    }
  }
})

test('the bar runs from empty to full within each epoch', () => {
  const at = (epoch: number, step: number): string => progressLine({ ...halfway, epoch, step }, 60)
  expect(at(1, 0)).toMatch(/ ─+ {3}0%/)
  expect(at(1, 469)).toMatch(/ ━+ 100%/)
  expect(at(2, 469)).toMatch(/ ─+ {3}0%/)
  expect(at(3, 3 * 469)).toMatch(/ ━+ 100%.*0:00 left$/)
})

test('the time left counts all epochs, and is not guessed before the first step', () => {
  const line = (step: number, seconds: number): string => progressLine({ ...halfway, epoch: 1, step, seconds }, 120)
  expect(line(0, 0)).not.toContain('left')
  expect(line(100, 10)).toContain('2:11 left') // (3 * 469 - 100) steps at 10 a second
})

test('colour adds escapes around the bar and nothing else', () => {
  const colored = progressLine(halfway, 80, true)
  expect(colored).not.toBe(progressLine(halfway, 80))
  // oxlint-disable-next-line no-control-regex
  expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(progressLine(halfway, 80))
})

test('data is shown in files, megabytes or samples', () => {
  expect(dataLine({ stage: 'read', received: 1, total: 4 }, 60)).toBe(
    'reading MNIST  ━━━━━━━───────────────────  25%  1 of 4 files',
  )
  expect(dataLine({ stage: 'download', received: 5_800_000, total: 11_600_000 }, 80)).toContain('50%  5.8 of 11.6 MB')
  expect(dataLine({ stage: 'generate', received: 0, total: 0 }, 80)).toContain('0%  0 of 0')
  expect(dataLine({ stage: 'generate', received: 7000, total: 70_000 }, 25)).toBe('generating digits  10%')
})

test('numbers are written for people', () => {
  expect([0, 999, 60_000, 1234567.8].map(formatCount)).toEqual(['0', '999', '60,000', '1,234,568'])
  expect([0.5, 0, 12, 0.00001, 123456, Number.NaN].map(formatLoss)).toEqual([
    '0.5000',
    '0.0000',
    '12.0000',
    '1.00e-5',
    '1.23e+5',
    'NaN',
  ])
  expect([0, 0.97123, 1].map(formatPercent)).toEqual(['0.00%', '97.12%', '100.00%'])
  expect([0.25, 9.94, 12345].map(formatSpeed)).toEqual(['0.3 samples/s', '9.9 samples/s', '12,345 samples/s'])
  expect([-1, 0.4, 59.6, 3599, 3600, 36_061].map(formatClock)).toEqual([
    '0:00',
    '0:00',
    '1:00',
    '59:59',
    '1:00:00',
    '10:01:01',
  ])
})
