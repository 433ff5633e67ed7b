import type { Config } from './schema.ts'

/**
 * The names of all tables so that each comes after those it refers to; otherwise in the order of the config.
 *
 * @returns undefined when the references go round in a circle
 */
export function orderTables(tables: Config['tables']): string[] | undefined {
  const ordered: string[] = []
  let waiting = Object.keys(tables)
  while (waiting.length > 0) {
    const ready = waiting.filter((name) => parentsOf(tables, name).every((parent) => ordered.includes(parent)))
    if (ready.length === 0) return undefined
    ordered.push(...ready)
    waiting = waiting.filter((name) => !ready.includes(name))
  }
  return ordered
}

/** One circle of references, its first table repeated at the end; empty when there is none. */
export function findReferenceCycle(tables: Config['tables']): string[] {
  for (const start of Object.keys(tables)) {
    const path = pathBackTo(tables, start, [start])
    if (path !== undefined) return path
  }
  return []
}

function pathBackTo(tables: Config['tables'], start: string, path: string[]): string[] | undefined {
  for (const parent of parentsOf(tables, path.at(-1) ?? start)) {
    if (parent === start) return [...path, start]
    if (path.includes(parent)) continue
    const longer = pathBackTo(tables, start, [...path, parent])
    if (longer !== undefined) return longer
  }
  return undefined
}

/** A reference to a table that does not exist is another fault, told elsewhere; here it is no parent. */
function parentsOf(tables: Config['tables'], name: string): string[] {
  return (tables[name]?.references ?? [])
    .map((reference) => reference.table)
    .filter((parent) => Object.hasOwn(tables, parent))
}
