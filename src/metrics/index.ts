// Metrics: functions of logits and labels that give one float32 per sample; whoever evaluates averages them.

export { accuracy } from './accuracy.ts'
