import { severityOf } from '../../../core/config/rule-ids.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { join, literal, sql } from '../../../core/sql.ts'
import { holderName, keysOf } from '../keys/key-sql.ts'
import { type Rule, shown } from './rule.ts'

/**
 * No other row has the key, for the primary key and each list of `unique`: not one of the table, nor a record before it in the
 * same run. Who has it is found before (keys/settle-keys.ts), and stands in `_holder_<n>` as `employees.csv:12`.
 */
export function uniqueRules(tableName: string, table: TableConfig): Rule[] {
  return keysOf(table).map((key, number) => ({
    id: `unique:${key.join(',')}`,
    severity: severityOf(table, `unique:${key.join(',')}`),
    broken: sql`${holderName(number)} is not null`,
    reason: sql`${join(
      key.map((column) => sql`${literal(`${column} `)} || ${shown(column)}`),
      " || ', ' || ",
    )} || ${literal(` is in ${tableName} already (`)} || ${holderName(number)} || ')'`,
  }))
}
