import { severityOf } from '../../../core/config/rule-ids.ts'
import type { Severity } from '../../../core/config/rule-schema.ts'
import type { ColumnConfig, TableConfig } from '../../../core/config/schema.ts'
import { ident, type Sql, sql } from '../../../core/sql.ts'
import { textName } from '../text-value.ts'

/**
 * One named condition of a contract. Its SQL sees a record of ODS: every column as text under its own name, as
 * `_text_<column>` what is judged where that is another (text-value.ts), as `_typed_<column>` its value (NULL where the text
 * is none), and `_malformed`.
 */
export interface Rule {
  /** As it stands in `_rules`: the kind, and the columns it looks at: `required:employee_name`. */
  readonly id: string
  /** `warn`: the record is loaded and counted; `refuse`: so is its file, of which nothing is loaded. */
  readonly severity: Severity
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
export function isMissing(name: string, column: ColumnConfig): Sql {
  return sql`coalesce(${textName(name, column)}, '') = ''`
}

/** Rules without their severity, which the contract says. */
export function withSeverity(table: TableConfig, rules: readonly Omit<Rule, 'severity'>[]): Rule[] {
  return rules.map((rule) => ({ ...rule, severity: severityOf(table, rule.id) }))
}

/** Whether a record that breaks the rule is not loaded. */
export function holdsBack(rule: Rule): boolean {
  return rule.severity !== 'warn'
}

/** One rule for each column that has a key of the config, such as `maxLength`. */
export function columnRules<Key extends keyof ColumnConfig>(
  table: TableConfig,
  key: Key,
  ruleOf: (name: string, setting: NonNullable<ColumnConfig[Key]>, column: ColumnConfig) => Omit<Rule, 'severity'>,
): Rule[] {
  const rules = Object.entries(table.columns).flatMap(([name, column]) => {
    const setting = column[key]
    return setting === undefined || setting === null ? [] : [ruleOf(name, setting, column)]
  })
  return withSeverity(table, rules)
}

/** ` has 3 characters`, to follow a value in a sentence. */
export function hasCharacters(value: Sql): Sql {
  return sql`' has ' || length(${value}) || case when length(${value}) = 1 then ' character' else ' characters' end`
}

/** A value in a sentence: quoted, and cut after 80 characters. */
export function shown(column: string): Sql {
  const text = ident(column)
  return sql`'"' || left(${text}, 80) || case when length(${text}) > 80 then '…' else '' end || '"'`
}
