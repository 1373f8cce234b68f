// A word that is none of those allowed enters, the allowed word that was probably meant leaves.

/** The nearest of `candidates`, as `Did you mean "epochs"?` with a leading space; empty when none is near. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ''): string {
  const part = word.length > 2 ? candidates.find((candidate) => candidate.includes(word)) : undefined
  const abbreviated = candidates.find((candidate) => initials(candidate) === word)
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0]?.candidate
  const meant = part ?? abbreviated ?? near
  return meant === undefined ? '' : ` Did you mean "${prefix}${meant}"?`
}

/** `learning-rate` as `lr`; empty for a single word. */
function initials(name: string): string {
  const parts = name.split('-')
  return parts.length > 1 ? parts.map((part) => part.charAt(0)).join('') : ''
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let distance = Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) distance = Math.min(distance, (beforePrevious[j - 2] ?? 0) + 1)
      row.push(distance)
    }
    beforePrevious = previous
    previous = row
  }
  return previous[b.length] ?? 0
}
