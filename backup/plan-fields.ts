import type { SourceColumn } from '../control/row-source.ts'
import type { TableConfig } from '../core/config/schema.ts'
import type { ShapedField } from './avro/shape.ts'
import type { Cursor } from './avro/varint.ts'
import { type ColumnDecoder, decoderOf, skipping } from './decode-columns.ts'
import { COLUMN_PROPERTY } from './table-schema.ts'

/** What becomes of the fields of a file's records. */
export interface FieldPlan {
  readonly columns: readonly SourceColumn[]
  /** In the order of the record. */
  readonly fields: readonly FieldReader[]
  /** Columns of the table that the file lacks, fields that no column takes, and fields whose type no column can have. */
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  readonly unreadable: readonly string[]
}

/** A field of the record: the column that takes it, or only a way past it. */
export type FieldReader =
  | { readonly column: number; readonly decoder: ColumnDecoder }
  | { readonly column: null; readonly skip: (cursor: Cursor) => void }

/** @param isSameContract the file is a backup of ours, made by the contract that the table has now */
export function planFields(shaped: readonly ShapedField[], table: TableConfig, isSameContract: boolean): FieldPlan {
  const tableColumns = Object.keys(table.columns)
  const columns: SourceColumn[] = []
  const [surplus, unreadable]: [string[], string[]] = [[], []]
  const named = new Set<string>()
  const fields = shaped.map((field): FieldReader => {
    const column = columnOf(field, tableColumns)
    const past: FieldReader = { column: null, skip: skipping(field.shape) }
    if (column === undefined) {
      surplus.push(field.name)
      return past
    }
    if (isOnlyNull(field)) return past
    // A column that was text then may hold anything.
    const isIsoTimestamp = isSameContract && table.columns[column]?.type === 'timestamp'
    const decoder = named.has(column) ? undefined : decoderOf(field.shape, { isIsoTimestamp })
    named.add(column)
    if (decoder === undefined) {
      unreadable.push(field.name)
      return past
    }
    columns.push({ name: column, type: decoder.type })
    return { column: columns.length - 1, decoder }
  })
  const missing = tableColumns.filter((column) => !named.has(column))
  return { columns, fields, missing, surplus, unreadable }
}

/** Fields belong to columns by name: by the one that a backup of ours notes, else by their own, in any case. */
function columnOf({ name, properties }: ShapedField, tableColumns: readonly string[]): string | undefined {
  const wanted = String(properties[COLUMN_PROPERTY] ?? name)
  return (
    tableColumns.find((column) => column === wanted) ??
    tableColumns.find((column) => column.toLowerCase() === wanted.toLowerCase())
  )
}

/** Writers that look at the rows give such a type to a column in which there is no value: it is as good as not there. */
function isOnlyNull({ shape }: ShapedField): boolean {
  return shape.kind === 'null' || (shape.kind === 'union' && shape.branches.every(({ kind }) => kind === 'null'))
}
