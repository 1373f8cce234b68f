// The package has no types of its own: its one export is a tagged template that resolves #if / #elif / #else / #endif lines.
declare module 'wgsl-preprocessor/wgsl-preprocessor.js' {
  export function wgsl(strings: TemplateStringsArray, ...values: unknown[]): string
}
