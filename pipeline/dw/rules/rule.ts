import { ident, type Sql, sql } from '../../../core/sql.ts'

/**
 * One named condition of a contract. Its SQL sees a record of ODS: every column as text under its own name, as
 * `_typed_<column>` its value (NULL where the text is none), and `_malformed`.
 */
export interface Rule {
  /** As it stands in `_rules`: the kind, and the columns it looks at: `required:employee_name`. */
  readonly id: string
  /** True for the records that break it, never NULL. */
  readonly broken: Sql
  /** A sentence for people, with the value found; looked at only where the rule is broken. */
  readonly reason: Sql
  /** A record that breaks nothing but such rules waits so long, and is tried again meanwhile. */
  readonly waitMs?: number
}

/** The name of a column's value beside its text. */
export function typedName(column: string): Sql {
  return ident(`_typed_${column}`)
}

/** SQL that is true where a column has no value: an empty text and a missing one are the same. */
export function isMissing(column: string): Sql {
  return sql`coalesce(${ident(column)}, '') = ''`
}

/** A value in a sentence: quoted, and cut after 80 characters. */
export function shown(column: string): Sql {
  const text = ident(column)
  return sql`'"' || left(${text}, 80) || case when length(${text}) > 80 then '…' else '' end || '"'`
}
