/** The known name that is most like a mistyped one, or undefined when none is near (a third of its letters may differ). */
export function nearestName(mistyped: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let least = Math.max(1, Math.floor(mistyped.length / 3)) + 1
  for (const name of known) {
    const distance = editDistance(mistyped.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      least = distance
      nearest = name
    }
  }
  return nearest
}

/** ` Did you mean "maxLength"?`, or nothing when no name is near; to end a message with. */
export function didYouMean(mistyped: string, known: Iterable<string>): string {
  const nearest = nearestName(mistyped, known)
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`
}

/** Levenshtein distance: insertions, deletions and replacements of one character. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
