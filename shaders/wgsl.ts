// The one importer of wgsl-preprocessor: a tagged template for WGSL with #if ${condition} ... #endif lines.

import { wgsl as preprocess } from 'wgsl-preprocessor/wgsl-preprocessor.js'

/** WGSL text with its #if, #elif, #else and #endif lines resolved and empty lines removed. */
export function wgsl(strings: TemplateStringsArray, ...values: unknown[]): string {
  return preprocess(strings, ...values)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n')
}
