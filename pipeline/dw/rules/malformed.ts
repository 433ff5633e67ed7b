import { sql } from '../../../core/sql.ts'
import type { Rule } from './rule.ts'

/** A record that could not be split into the table's columns; the reader has said why. */
export const malformedRule: Rule = {
  id: 'malformed',
  broken: sql`_malformed is not null`,
  reason: sql`_malformed`,
}
