// The second half of the programs of fuzz.test.ts, in a process of its own.

import { cpuVariants } from './run.ts'
import { testSeries } from './series.ts'

testSeries({
  title: 'CPU, second half',
  seed: 'wgrad',
  first: 500,
  programs: 500,
  batch: 100,
  device: 'cpu',
  variants: cpuVariants,
})
