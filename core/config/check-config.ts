import { resolve } from 'node:path'
import { checkMarts } from './check-marts.ts'
import { checkRules } from './check-rules.ts'
import { didYouMean } from './nearest-name.ts'
import { findReferenceCycle, orderTables } from './order-tables.ts'
import type { ColumnConfig, Config, TableConfig } from './schema.ts'

/**
 * What the shape of the file cannot say: names that must exist, cycles, marts without SQL.
 *
 * @returns one sentence per fault, each beginning with the place in the file; empty when all is well
 */
export function checkConfig(config: Config, projectFolder: string): string[] {
  return [
    ...checkPaths(config, projectFolder),
    ...checkNames(config),
    ...Object.entries(config.tables).flatMap(([name, table]) => checkTable(config, name, table)),
    ...checkCycle(config),
    ...checkMarts(config, projectFolder),
    ...checkSenders(config),
  ]
}

function checkPaths(config: Config, projectFolder: string): string[] {
  const lake = resolve(projectFolder, config.paths.lake)
  // DuckDB takes what follows a `?` in a path for a query string (seen on 1.5.6).
  const question = lake.includes('?')
    ? [`paths.lake: "${lake}" has a "?" in it, which DuckDB cannot open; choose another folder.`]
    : []
  return [...question, ...checkProjectPlace(config, projectFolder), ...checkSamePlace(config, projectFolder)]
}

/** A run moves and removes what lies in its folders: the project itself must not. */
function checkProjectPlace(config: Config, projectFolder: string): string[] {
  return Object.entries(config.paths)
    .filter(([, path]) => `${resolve(projectFolder)}/`.startsWith(`${resolve(projectFolder, path)}/`))
    .map(([key, path]) => `paths.${key}: "${path}" holds the project itself; name a folder of its own.`)
}

function checkSamePlace(config: Config, projectFolder: string): string[] {
  const seen = new Map<string, string>()
  return Object.entries(config.paths).flatMap(([key, path]) => {
    const absolute = resolve(projectFolder, path)
    const other = [...seen].find(
      ([taken]) => taken === absolute || absolute.startsWith(`${taken}/`) || taken.startsWith(`${absolute}/`),
    )
    seen.set(absolute, key)
    return other === undefined
      ? []
      : [`paths.${key}: "${path}" lies in the same place as paths.${other[1]}; give each its own folder.`]
  })
}

function checkNames(config: Config): string[] {
  const names = [...Object.keys(config.tables), ...Object.keys(config.marts)]
  const faults = names.flatMap((name) => nameFault(name, 'a table or mart'))
  const lower = names.map((name) => name.toLowerCase())
  if (Object.hasOwn(config.tables, 'files')) {
    faults.push('tables.files: the name is taken by quarantine/files/; give the table another one.')
  }
  if (Object.hasOwn(config.tables, 'marts')) {
    faults.push('tables.marts: the name is taken by quarantine/marts/; give the table another one.')
  }
  const twice = names.filter((name, index) => lower.indexOf(name.toLowerCase()) !== index)
  return [
    ...faults,
    ...twice.map((name) => `"${name}": the name is used twice (upper and lower case count as the same).`),
  ]
}

/** Names become folders and SQL names: any letters will do, but nothing that leaves its folder or hides. */
function nameFault(name: string, what: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (name === '' || Buffer.byteLength(name) > 100 || /[/\\\x00-\x1f]/.test(name) || /^[._]/.test(name)) {
    return [`"${name}": ${what} needs a name of 1 to 100 bytes without / or \\ that begins with neither "." nor "_".`]
  }
  return []
}

function checkTable(config: Config, tableName: string, table: TableConfig): string[] {
  const columns = Object.keys(table.columns)
  const at = `tables.${tableName}`
  return [
    ...(columns.length === 0 ? [`${at}.columns: there is none; a table needs at least one column.`] : []),
    ...columns.flatMap((column) => nameFault(column, 'a column').map((fault) => `${at}.columns.${fault}`)),
    // DuckDB's Parquet reader numbers rows under this name; the line of a record is told by it.
    ...columns
      .filter((column) => column.toLowerCase() === 'file_row_number')
      .map((column) => `${at}.columns: "${column}" is a name that DuckDB uses itself; choose another one.`),
    ...repeated(columns.map((column) => column.toLowerCase())).map(
      (name) => `${at}.columns: "${name}" stands twice (upper and lower case count as the same).`,
    ),
    ...checkColumns(at, table),
    ...checkRowCount(at, table),
    ...checkRules(at, table),
    ...repeated(table.primaryKey).map((column) => `${at}.primaryKey: "${column}" stands twice.`),
    ...table.primaryKey.flatMap((column) => columnFault(`${at}.primaryKey`, tableName, column, columns)),
    ...table.primaryKey
      .filter((column) => table.columns[column]?.required === false)
      .map((column) => `${at}.primaryKey: "${column}" is not required; a key column must be.`),
    ...checkUnique(at, tableName, table),
    ...checkReferences(config, tableName, table),
  ]
}

function checkUnique(at: string, tableName: string, table: TableConfig): string[] {
  const names = (columns: readonly string[]) => columns.toSorted().join('\n')
  const lists = [table.primaryKey, ...table.unique].map(names)
  return table.unique.flatMap((list, index) => {
    const place = `${at}.unique[${index}]`
    const first = lists.indexOf(names(list))
    return [
      ...repeated(list).map((column) => `${place}: "${column}" stands twice.`),
      ...list.flatMap((column) => columnFault(place, tableName, column, Object.keys(table.columns))),
      ...(first === 0
        ? [`${place}: these are the columns of the primary key, which is unique already; take them away.`]
        : []),
      ...(first > 0 && first <= index
        ? [`${place}: the columns are those of unique[${first - 1}]; take one away.`]
        : []),
    ]
  })
}

function checkRowCount(at: string, { rowCount }: TableConfig): string[] {
  const { min = 0, max = Number.POSITIVE_INFINITY } = rowCount ?? {}
  return min <= max ? [] : [`${at}.rowCount: min ${min} is more than max ${max}.`]
}

function checkColumns(at: string, table: TableConfig): string[] {
  return Object.entries(table.columns).flatMap(([name, column]) => {
    const faults: string[] = []
    const decimal = /^decimal\((\d+), ?(\d+)\)$/.exec(column.type)
    if (decimal !== null && Number(decimal[2]) > Number(decimal[1])) {
      faults.push(`${at}.columns.${name}.type: "${column.type}" has more digits after the point than in all.`)
    }
    if (column.format !== undefined && !['date', 'timestamp', 'time'].includes(column.type)) {
      faults.push(
        `${at}.columns.${name}.format: only a date, timestamp or time has a format; the type is "${column.type}".`,
      )
    }
    if (column.avro !== undefined && !['date', 'timestamp', 'time'].includes(column.type)) {
      faults.push(
        `${at}.columns.${name}.avro: only a date, timestamp or time can be text in Avro; the type is "${column.type}".`,
      )
    }
    faults.push(...formatFaults(`${at}.columns.${name}.format`, column))
    return faults
  })
}

/** Letters of strftime that DuckDB both reads and writes, and whose text says one moment. */
const FORMAT_LETTERS = /^(?:[^%]|%[%YymdHIMSfgnpbBjaA]|%-[mdHIMSyj])*$/

/** A time's letters; of the twelve-hour clock both the hour and its half of the day. */
const TIME_LETTERS = /^(?=.*(%-?H|%-?I.*%p|%p.*%-?I))(?:[^%]|%[HIMSfgp%]|%-[HIMS])*$/s

function formatFaults(at: string, { format, type }: ColumnConfig): string[] {
  if (format === undefined) return []
  if (type === 'time') {
    if (TIME_LETTERS.test(format)) return []
    return [`${at}: "${format}" is no time of day; write it in the letters of strftime, such as %H:%M or %I:%M %p.`]
  }
  const letters = 'write it in the letters of strftime, such as %Y-%m-%d or %d.%m.%Y %H:%M'
  if (!FORMAT_LETTERS.test(format)) return [`${at}: "${format}" has a letter behind % that is not known; ${letters}.`]
  return /%Y|%y|%-y/.test(format) ? [] : [`${at}: "${format}" has no year; ${letters}.`]
}

function checkReferences(config: Config, tableName: string, table: TableConfig): string[] {
  return table.references.flatMap((reference, index) => {
    const at = `tables.${tableName}.references[${index}]`
    const columns = Object.keys(table.columns)
    const faults = reference.columns.flatMap((column) => columnFault(`${at}.columns`, tableName, column, columns))
    const parent = Object.hasOwn(config.tables, reference.table) ? config.tables[reference.table] : undefined
    if (parent === undefined) {
      return [
        ...faults,
        `${at}.table: there is no table "${reference.table}".${didYouMean(reference.table, Object.keys(config.tables))}`,
      ]
    }
    if (parent.primaryKey.length !== reference.columns.length) {
      return [
        ...faults,
        `${at}.columns: ${reference.columns.length} named, but the key of "${reference.table}" has ${parent.primaryKey.length} (${parent.primaryKey.join(', ')}).`,
      ]
    }
    return [...faults, ...checkReferenceTypes(at, table, reference.columns, parent, reference.table)]
  })
}

function checkReferenceTypes(
  at: string,
  table: TableConfig,
  columns: readonly string[],
  parent: TableConfig,
  parentName: string,
): string[] {
  return columns.flatMap((column, index) => {
    const key = parent.primaryKey[index] ?? ''
    const [type, keyType] = [table.columns[column]?.type, parent.columns[key]?.type]
    if (type === undefined || keyType === undefined || type === keyType) return []
    return [`${at}.columns: "${column}" is ${type}, but ${parentName}.${key} is ${keyType}; make them the same.`]
  })
}

function checkCycle(config: Config): string[] {
  if (orderTables(config.tables) !== undefined) return []
  return [
    `tables: references go round in a circle (${findReferenceCycle(config.tables).join(' → ')}); take one of them away.`,
  ]
}

/** Their names become files. */
function checkSenders({ senders, marts }: Config): string[] {
  const names = Object.keys(senders)
  return [
    ...names.flatMap((name) => nameFault(name, 'a sender').map((fault) => `senders.${fault}`)),
    ...repeated(names.map((name) => name.toLowerCase())).map(
      (name) => `senders: "${name}" stands twice (upper and lower case count as the same).`,
    ),
    ...Object.keys(marts)
      .filter((name) => name.toLowerCase() === 'anomalies')
      .map((name) => `marts.${name}: the name is taken by reports/anomalies.csv; give the mart another one.`),
  ]
}

function columnFault(at: string, tableName: string, column: string, columns: readonly string[]): string[] {
  if (columns.includes(column)) return []
  return [`${at}: table "${tableName}" has no column "${column}".${didYouMean(column, columns)}`]
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index)
}
