import { createHash } from 'node:crypto'
import type { ColumnConfig, TableConfig } from '../core/config/schema.ts'
import { ident, type Sql, sql } from '../core/sql.ts'

/** How a value lies in DuckDB's memory, and so how it is encoded. `bytes`: size of an unscaled decimal. */
export type Layout =
  | { readonly kind: 'int' | 'long' | 'double' | 'boolean' | 'text' | 'iso-timestamp' }
  | { readonly kind: 'decimal'; readonly bytes: 2 | 4 | 8 | 16 }

type FieldType =
  | string
  | { readonly type: string; readonly logicalType: string; readonly precision?: number; readonly scale?: number }

/** A column of a table as a field of its Avro record. */
export interface Field {
  readonly column: string
  /** The column's name as far as Avro allows it. */
  readonly name: string
  readonly type: FieldType
  readonly isOptional: boolean
  readonly layout: Layout
  /** The value as it is read from the table. */
  readonly select: Sql
}

/** A table as an Avro record. */
export interface TableSchema {
  readonly fields: readonly Field[]
  /** For `avro.schema`. */
  readonly json: string
}

/** Where a column's own name, which is none of Avro's, stands in its field. */
export const COLUMN_PROPERTY = 'droplake.column'

interface Mapping {
  readonly type: (column: ColumnConfig) => FieldType
  readonly layout: (column: ColumnConfig) => Layout
  /** Types of which Avro knows nothing, and those whose memory we do not read, travel as text. */
  readonly isCastToText?: true
}

const plain = (type: string, kind: 'int' | 'long' | 'double' | 'boolean' | 'text'): Mapping => ({
  type: () => type,
  layout: () => ({ kind }),
})

const logical = (type: string, logicalType: string, kind: 'int' | 'long' | 'text'): Mapping => ({
  type: () => ({ type, logicalType }),
  layout: () => ({ kind }),
})

/** Every type of a contract, and what becomes of it. */
const MAPPINGS: Readonly<Record<string, Mapping>> = {
  integer: plain('int', 'int'),
  bigint: plain('long', 'long'),
  double: plain('double', 'double'),
  boolean: plain('boolean', 'boolean'),
  string: plain('string', 'text'),
  decimal: { type: decimalType, layout: decimalLayout },
  date: logical('int', 'date', 'int'),
  timestamp: logical('long', 'timestamp-micros', 'long'),
  time: logical('long', 'time-micros', 'long'),
  uuid: { ...logical('string', 'uuid', 'text'), isCastToText: true },
  json: { ...plain('string', 'text'), isCastToText: true },
}

/**
 * The Avro schema of a table: a record named as the table, fields in the order of the columns.
 *
 * @param withNulls columns in which some row has no value, whatever the contract says
 */
export function tableSchemaOf(tableName: string, table: TableConfig, withNulls: ReadonlySet<string>): TableSchema {
  const names = avroNames(Object.keys(table.columns))
  const fields = Object.entries(table.columns).map(([column, config], index) =>
    fieldOf(column, names[index] as string, config, withNulls.has(column)),
  )
  const json = JSON.stringify({
    type: 'record',
    name: avroNames([tableName])[0],
    ...(table.description === undefined ? {} : { doc: table.description }),
    fields: fields.map((field) => fieldJson(field, table.columns[field.column]?.description)),
  })
  return { fields, json }
}

/** What a table promises, as a hash: lowercase hex of its contract. */
export function contractHash(table: TableConfig): string {
  return createHash('sha256').update(JSON.stringify(table)).digest('hex')
}

/** Names as Avro allows them: letters, digits and `_`, no digit first, each once. */
export function avroNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const plainName = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_')
    let candidate = plainName
    for (let number = 2; taken.has(candidate); number++) candidate = `${plainName}_${number}`
    taken.add(candidate)
    return candidate
  })
}

function fieldOf(column: string, name: string, config: ColumnConfig, hasNulls: boolean): Field {
  const [base = ''] = config.type.split('(')
  const mapping = MAPPINGS[base] as Mapping
  const isOptional = config.required === false || hasNulls
  if (config.avro === 'string' && base === 'timestamp')
    return { column, name, type: 'string', isOptional, layout: { kind: 'iso-timestamp' }, select: ident(column) }
  if (config.avro === 'string')
    return { column, name, type: 'string', isOptional, layout: { kind: 'text' }, select: asText(column) }
  const select = mapping.isCastToText ? asText(column) : ident(column)
  return { column, name, type: mapping.type(config), isOptional, layout: mapping.layout(config), select }
}

function fieldJson({ column, name, type, isOptional }: Field, description: string | undefined) {
  return {
    name,
    ...(description === undefined ? {} : { doc: description }),
    type: isOptional ? ['null', type] : type,
    ...(isOptional ? { default: null } : {}),
    ...(name === column ? {} : { [COLUMN_PROPERTY]: column }),
  }
}

function asText(column: string): Sql {
  return sql`${ident(column)}::varchar`
}

function decimalType(column: ColumnConfig): FieldType {
  const [precision = 0, scale = 0] = precisionAndScale(column)
  return { type: 'bytes', logicalType: 'decimal', precision, scale }
}

/** DuckDB keeps the unscaled number in as few bytes as the precision needs. */
function decimalLayout(column: ColumnConfig): Layout {
  const [precision = 0] = precisionAndScale(column)
  return { kind: 'decimal', bytes: precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16 }
}

function precisionAndScale(column: ColumnConfig): number[] {
  return (/\((\d+), ?(\d+)\)/.exec(column.type) ?? []).slice(1).map(Number)
}
