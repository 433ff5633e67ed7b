import type { TableConfig } from '../../../core/config/schema.ts'
import { join, literal, sql } from '../../../core/sql.ts'
import { constantValue } from '../typed-value.ts'
import { columnRules, type Rule, shown, typedName } from './rule.ts'

/** Values named in a reason; of a longer list people want the beginning. */
const MOST_NAMED = 10

/** A value that is there is one of a list; decimals and moments are compared as values, not as texts. */
export function oneOfRules(table: TableConfig): Rule[] {
  return columnRules(table, 'oneOf', (name, values, column) => {
    const list = join(
      values.map((value) => constantValue(value, column)),
      ', ',
    )
    return {
      id: `one_of:${name}`,
      broken: sql`coalesce(${typedName(name)} not in (${list}), false)`,
      reason: sql`${literal(`${name} `)} || ${shown(name)} || ${literal(` is not one of ${listed(values)}`)}`,
    }
  })
}

function listed(values: readonly (string | number)[]): string {
  const named = values.slice(0, MOST_NAMED).map((value) => (typeof value === 'string' ? `"${value}"` : value))
  const more = values.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
