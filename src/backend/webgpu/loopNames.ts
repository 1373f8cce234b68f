// Loop variables have names that are unique in the process. In a module they are numbered anew, so that the same kernel is the same
// text in every program: it is then compiled once, and browsers that keep compiled modules find it again.

/** `source` with its loop variables named by their order in it; the letters of a name stay. */
export function renameLoops(source: string): string {
  const names = new Map<string, string>()
  for (const [, name] of source.matchAll(/\bfor \(var (\w+)\b/g)) {
    if (/\d/.test(name!) && !names.has(name!)) names.set(name!, `${/^[a-z]*/i.exec(name!)![0]}_${names.size}`)
  }
  return names.size === 0 ? source : source.replace(/\b[a-z]\w*/gi, (word) => names.get(word) ?? word)
}
