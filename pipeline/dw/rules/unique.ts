import { severityOf } from '../../../core/config/rule-ids.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { join, literal, sql } from '../../../core/sql.ts'
import { type Rule, shown } from './rule.ts'

/**
 * No other row has the key: not one of the table, nor a record before it in the same run. Who has it is found before
 * (find-key-conflicts.ts), and stands in `_holder` as `employees.csv:12`.
 */
export function uniqueRule(tableName: string, table: TableConfig): Rule {
  const key = table.primaryKey
  const id = `unique:${key.join(',')}`
  return {
    id,
    severity: severityOf(table, id),
    broken: sql`_holder is not null`,
    reason: sql`${join(
      key.map((column) => sql`${literal(`${column} `)} || ${shown(column)}`),
      " || ', ' || ",
    )} || ${literal(` is in ${tableName} already (`)} || _holder || ')'`,
  }
}
