// Checks of one's own programs: the namespace `debug`.

export { checkGradients, type GradientCheckOptions, type GradientReport } from './checkGradients.ts'
export { nans } from './nans.ts'
