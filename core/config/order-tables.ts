import { findCycle, orderByDependency } from '../order-by-dependency.ts'
import type { Config } from './schema.ts'

/**
 * The names of all tables so that each comes after those it refers to; otherwise in the order of the config.
 *
 * @returns undefined when the references go round in a circle
 */
export function orderTables(tables: Config['tables']): string[] | undefined {
  return orderByDependency(Object.keys(tables), (name) => parentsOf(tables, name))
}

/** One circle of references, its first table repeated at the end; empty when there is none. */
export function findReferenceCycle(tables: Config['tables']): string[] {
  return findCycle(Object.keys(tables), (name) => parentsOf(tables, name))
}

/** A reference to a table that does not exist is another fault, told elsewhere; here it is no parent. */
function parentsOf(tables: Config['tables'], name: string): string[] {
  return (tables[name]?.references ?? [])
    .map((reference) => reference.table)
    .filter((parent) => Object.hasOwn(tables, parent))
}
