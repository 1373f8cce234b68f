// The tuning cache: what was measured on an adapter, by shape class, from one visit to the next. It is a file of the platform's
// cache per adapter. Whatever in it does not fit (another version, adapter or set of candidates, damage) is as if it were not there.

import { CANDIDATES, type ContractionVariant, describeVariant, shortHash } from '../../compiler/variants.ts'
import { platform } from '#platform'

/** To be raised when kernels change so that what was measured says nothing any more. */
const VERSION = 3
/** More classes than any program has: an older file is replaced rather than grown without end. */
const MAX_CLASSES = 4096

interface CacheFile {
  readonly format: 'wgrad-tuning'
  readonly version: string
  readonly adapter: string
  /** Descriptions of variants by shape class. */
  readonly choices: Readonly<Record<string, string>>
}

/** The version of what is measured: of the code and of the candidates. */
function currentVersion(): string {
  return `${VERSION} ${shortHash(CANDIDATES.map(describeVariant).join('\n'))}`
}

const keyOf = (adapter: string): string => `tuning-${shortHash(adapter)}.json`

function isCacheFile(value: unknown): value is CacheFile {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    value.format === 'wgrad-tuning' &&
    'version' in value &&
    'adapter' in value &&
    'choices' in value &&
    typeof value.choices === 'object' &&
    value.choices !== null
  )
}

/** What was measured on an adapter (all that is known of it, as text). Never throws. */
export async function readMeasured(adapter: string): Promise<Map<string, ContractionVariant>> {
  const bytes = await platform.cacheRead(keyOf(adapter))
  const measured = new Map<string, ContractionVariant>()
  if (bytes === null) return measured
  let file: unknown
  try {
    file = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return measured
  }
  if (!isCacheFile(file) || file.version !== currentVersion() || file.adapter !== adapter) return measured
  const byText = new Map(CANDIDATES.map((variant) => [describeVariant(variant), variant]))
  for (const [shape, text] of Object.entries(file.choices)) {
    const variant = byText.get(text)
    if (variant !== undefined) measured.set(shape, variant)
  }
  return measured
}

/** Adds what was measured to what the cache has by now; where nothing can be kept, the next visit measures again. */
export async function writeMeasured(adapter: string, measured: ReadonlyMap<string, ContractionVariant>): Promise<void> {
  const all = new Map([...(await readMeasured(adapter)), ...measured])
  const kept = all.size > MAX_CLASSES ? measured : all
  const file: CacheFile = {
    format: 'wgrad-tuning',
    version: currentVersion(),
    adapter,
    choices: Object.fromEntries([...kept].map(([shape, variant]) => [shape, describeVariant(variant)])),
  }
  await platform.cacheWrite(keyOf(adapter), new TextEncoder().encode(JSON.stringify(file))).catch(() => undefined)
}
