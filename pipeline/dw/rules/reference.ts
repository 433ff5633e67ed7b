import { durationMs } from '../../../core/config/durations.ts'
import type { Config, ReferenceConfig, TableConfig } from '../../../core/config/schema.ts'
import { ident, join, literal, type Sql, sql } from '../../../core/sql.ts'
import { type Rule, shown, typedName, withSeverity } from './rule.ts'

/** The row that a record refers to is there, in the table as it will be after this run. A missing value refers to nothing. */
export function referenceRules(table: TableConfig, tables: Config['tables']): Rule[] {
  const rules = table.references.map((reference) => ({
    id: `reference:${reference.columns.join(',')}`,
    broken: sql`(${allGiven(reference)} and ${tuple(reference.columns.map(typedName))} not in (
      select ${tuple((tables[reference.table]?.primaryKey ?? []).map((key) => ident(key)))} from ${ident('dw', reference.table)}
      where ${keyGiven(reference, tables)}))`,
    reason: sql`${join(
      reference.columns.map((column) => sql`${literal(`${column} `)} || ${shown(column)}`),
      " || ', ' || ",
    )} || ${literal(` is not in ${reference.table}`)}`,
    ...(reference.onMissing === 'hold' ? { waitMs: durationMs(reference.maxWait) } : {}),
  }))
  return withSeverity(table, rules)
}

function allGiven(reference: ReferenceConfig): Sql {
  return join(
    reference.columns.map((column) => sql`${typedName(column)} is not null`),
    ' and ',
  )
}

/** A key that is NULL, in rows from before its column was added, names no row; NOT IN would never be true beside it. */
function keyGiven(reference: ReferenceConfig, tables: Config['tables']): Sql {
  return join(
    (tables[reference.table]?.primaryKey ?? []).map((key) => sql`${ident(key)} is not null`),
    ' and ',
  )
}

function tuple(values: readonly Sql[]): Sql {
  return values.length === 1 ? (values[0] as Sql) : sql`row(${join(values, ', ')})`
}
