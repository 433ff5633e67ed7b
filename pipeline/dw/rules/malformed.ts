import { severityOf } from '../../../core/config/rule-ids.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { sql } from '../../../core/sql.ts'
import type { Rule } from './rule.ts'

/** A record that could not be split into the table's columns; the reader has said why. */
export function malformedRule(table: TableConfig): Rule {
  const id = 'malformed'
  return { id, severity: severityOf(table, id), broken: sql`_malformed is not null`, reason: sql`_malformed` }
}
