import { changesRows } from '../../../core/config/changes-rows.ts'
import { severityOf } from '../../../core/config/rule-ids.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { join, literal, sql } from '../../../core/sql.ts'
import { holderName, keysOf } from '../keys/key-sql.ts'
import { type Rule, shown } from './rule.ts'

/**
 * No other row has the key, for the primary key and each list of `unique`: not one of the table, nor a record before it in the
 * same run. Who has it is found before (keys/settle-keys.ts), and stands in `_holder_<n>` as `employees.csv:12`. Where records may
 * change rows, whoever is in the way of the primary key is a newer row.
 */
export function keyRules(tableName: string, table: TableConfig): Rule[] {
  return keysOf(table).map((key, number) => {
    const isLate = number === 0 && changesRows(table)
    const id = `${isLate ? 'late' : 'unique'}:${key.join(',')}`
    const values = join(
      key.map((column) => sql`${literal(`${column} `)} || ${shown(column)}`),
      " || ', ' || ",
    )
    const holder = holderName(number)
    const reason = isLate
      ? sql`${values} || ': a newer record has loaded since (' || ${holder} || '), so discard this one, or drop it as a new upload if it is right'`
      : sql`${values} || ${literal(` is in ${tableName} already (`)} || ${holder} || ')'`
    return { id, severity: severityOf(table, id), broken: sql`${holder} is not null`, reason }
  })
}
