import { baseTypeOf } from './column-types.ts'
import { didYouMean } from './nearest-name.ts'
import { canWarn, ruleIds } from './rule-ids.ts'
import type { ColumnConfig, TableConfig } from './schema.ts'

/** What is wrong with the rules of a table as far as their text tells; SQL and patterns are held against the engine later. */
export function checkRules(at: string, table: TableConfig): string[] {
  return [
    ...Object.entries(table.columns).flatMap(([name, column]) => columnFaults(`${at}.columns.${name}`, column)),
    ...checkNameFaults(at, table),
    ...severityFaults(at, table),
    ...freshnessFaults(at, table),
  ]
}

/** Types whose values have an order that a bound can be set in. */
const ORDERED = ['integer', 'bigint', 'decimal', 'double', 'date', 'timestamp', 'time']
const UNLISTED = ['boolean', 'json']

function columnFaults(at: string, column: ColumnConfig): string[] {
  const { minLength, maxLength, type } = column
  const only = (key: keyof ColumnConfig, isAllowed: boolean, what: string) =>
    column[key] === undefined || isAllowed ? [] : [`${at}.${key}: only ${what}; the type is "${type}".`]
  const isOrdered = ORDERED.includes(baseTypeOf(column))
  return [
    ...only('minLength', type === 'string', 'a string has a length'),
    ...only('maxLength', type === 'string', 'a string has a length'),
    ...only('pattern', type === 'string', 'a string has a pattern'),
    ...only('min', isOrdered, 'a number, date, timestamp or time has a least value'),
    ...only('max', isOrdered, 'a number, date, timestamp or time has a greatest value'),
    ...only('oneOf', !UNLISTED.includes(type), 'a type of many values has a list of them'),
    ...(minLength !== undefined && maxLength !== undefined && minLength > maxLength
      ? [`${at}.minLength: ${minLength} is more than maxLength, ${maxLength}; no value has both.`]
      : []),
    ...roundingFaults(`${at}.min`, column.min),
    ...roundingFaults(`${at}.max`, column.max),
    ...(column.oneOf ?? []).flatMap((value, index) => roundingFaults(`${at}.oneOf[${index}]`, value)),
  ]
}

/** Digits of a decimal number that a JSON number keeps for certain. */
const SAFE_DIGITS = 15

/** JSON numbers come to us rounded; one that may have been is to be written as a string. */
function roundingFaults(at: string, value: number | string | undefined): string[] {
  if (typeof value !== 'number') return []
  const digits = String(value).replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '').length
  if (Number.isSafeInteger(value) || (!Number.isInteger(value) && digits <= SAFE_DIGITS)) return []
  return [`${at}: the number ${value} may have been rounded; write it as a string: "${value}".`]
}

function checkNameFaults(at: string, table: TableConfig): string[] {
  const names = table.checks.map(({ name }) => name)
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [`${at}.checks[${index}].name: "${name}" stands twice.`],
  )
}

function severityFaults(at: string, table: TableConfig): string[] {
  const ids = ruleIds(table)
  const keys = Object.entries(table.severity).flatMap(([id, severity]) => {
    const place = `${at}.severity`
    if (id.startsWith('check:')) return [`${place}: "${id}": a check has its severity beside its expression.`]
    if (!ids.includes(id)) return [`${place}: the table has no rule "${id}".${didYouMean(id, ids)}`]
    if (severity === 'refuse' && id.startsWith('late:'))
      return [`${place}: "${id}" cannot be "refuse": such a record comes back when its file is loaded already.`]
    if (severity !== 'warn' || canWarn(table, id)) return []
    return [`${place}: "${id}" cannot be "warn": such a record cannot be held as a row; say quarantine or refuse.`]
  })
  return keys
}

function freshnessFaults(at: string, { columns, freshness }: TableConfig): string[] {
  if (freshness === undefined) return []
  const place = `${at}.freshness.column`
  const column = Object.hasOwn(columns, freshness.column) ? columns[freshness.column] : undefined
  if (column === undefined)
    return [`${place}: there is no column "${freshness.column}".${didYouMean(freshness.column, Object.keys(columns))}`]
  if (column.type === 'date' || column.type === 'timestamp') return []
  return [`${place}: only a date or timestamp has an age; the type of "${freshness.column}" is "${column.type}".`]
}
