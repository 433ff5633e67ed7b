/**
 * Names so that each comes after those it depends on; otherwise in the order they were given.
 *
 * @param dependenciesOf names of the list; others are passed over
 * @returns undefined when the dependencies go round in a circle
 */
export function orderByDependency(
  names: readonly string[],
  dependenciesOf: (name: string) => readonly string[],
): string[] | undefined {
  const ordered: string[] = []
  let waiting = [...names]
  while (waiting.length > 0) {
    const isDone = (name: string) => ordered.includes(name) || !names.includes(name)
    const ready = waiting.filter((name) => dependenciesOf(name).every(isDone))
    if (ready.length === 0) return undefined
    ordered.push(...ready)
    waiting = waiting.filter((name) => !ready.includes(name))
  }
  return ordered
}

/** One circle of dependencies, its first name repeated at the end; empty when there is none. */
export function findCycle(names: readonly string[], dependenciesOf: (name: string) => readonly string[]): string[] {
  for (const start of names) {
    const path = pathBackTo(start, [start], dependenciesOf, new Set())
    if (path !== undefined) return path
  }
  return []
}

/** @param deadEnds names from which no way leads back; each is looked at once */
function pathBackTo(
  start: string,
  path: readonly string[],
  dependenciesOf: (name: string) => readonly string[],
  deadEnds: Set<string>,
): string[] | undefined {
  for (const next of dependenciesOf(path.at(-1) ?? start)) {
    if (next === start) return [...path, start]
    if (deadEnds.has(next)) continue
    deadEnds.add(next)
    const longer = pathBackTo(start, [...path, next], dependenciesOf, deadEnds)
    if (longer !== undefined) return longer
  }
  return undefined
}
