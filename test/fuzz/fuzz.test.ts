// Random programs on the CPU: fused as precise as unfused, both against float64 (the first half; the second runs beside it).
// `npm run fuzz` runs longer series and single seeds.

import { cpuVariants } from './run.ts'
import { testSeries } from './series.ts'

testSeries({ title: 'CPU', seed: 'wgrad', first: 0, programs: 500, batch: 100, device: 'cpu', variants: cpuVariants })
