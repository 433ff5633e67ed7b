import { changesRows } from './changes-rows.ts'
import type { Severity } from './rule-schema.ts'
import type { ColumnConfig, TableConfig } from './schema.ts'

/** Rules of one column, by the kind in their id and the key of the config that makes them. */
const COLUMN_RULES: readonly { readonly kind: string; readonly isIn: (column: ColumnConfig) => boolean }[] = [
  { kind: 'required', isIn: (column) => column.required },
  { kind: 'type', isIn: (column) => column.type !== 'string' },
  { kind: 'min_length', isIn: (column) => column.minLength !== undefined },
  { kind: 'max_length', isIn: (column) => column.maxLength !== undefined },
  { kind: 'pattern', isIn: (column) => column.pattern !== undefined },
  { kind: 'min', isIn: (column) => column.min !== undefined },
  { kind: 'max', isIn: (column) => column.max !== undefined },
  { kind: 'one_of', isIn: (column) => column.oneOf !== undefined },
]

/** The ids of all rules of a contract, in the order in which reasons are told. */
export function ruleIds(table: TableConfig): string[] {
  const columns = Object.entries(table.columns)
  return [
    'malformed',
    ...COLUMN_RULES.flatMap(({ kind, isIn }) =>
      columns.filter(([, column]) => isIn(column)).map(([name]) => `${kind}:${name}`),
    ),
    ...table.checks.map(({ name }) => `check:${name}`),
    ...table.references.map(({ columns }) => `reference:${columns.join(',')}`),
    ...(changesRows(table) ? [`late:${table.primaryKey.join(',')}`] : []),
    ...[table.primaryKey, ...(table.unique ?? [])].map((key) => `unique:${key.join(',')}`),
  ]
}

/** What a rule does when it is broken. @param id one of `ruleIds` */
export function severityOf(table: TableConfig, id: string): Severity {
  const check = table.checks.find(({ name }) => `check:${name}` === id)
  if (check !== undefined) return check.severity
  return Object.hasOwn(table.severity, id) ? (table.severity[id] ?? 'quarantine') : 'quarantine'
}

/** Whether a record that breaks a rule can be loaded all the same: its values can be held, and it keeps a key of its own. */
export function canWarn(table: TableConfig, id: string): boolean {
  const [kind] = id.split(':', 1)
  if (kind === 'malformed' || kind === 'type' || kind === 'unique' || kind === 'late') return false
  return kind !== 'required' || !table.primaryKey.includes(id.slice('required:'.length))
}
