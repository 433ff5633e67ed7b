import type { DuckDBDataChunk } from '@duckdb/node-api'
import { lineageColumns } from '../control/relations.ts'
import { type FixedColumn, fixedColumn, isValid, TextColumn } from '../core/chunk-memory.ts'
import type { TableConfig } from '../core/config/schema.ts'
import { ident, type Sql, sql } from '../core/sql.ts'

export const LINE = '_line'

/** A column of ours that says where rows come from, chunk by chunk. */
export interface OriginColumn {
  readonly name: string
  /** As it is read from the table. */
  readonly select: Sql
  readonly read: (chunk: DuckDBDataChunk, index: number) => void
  /** Mark with 1 each row from the second on that has another value than the row before it. */
  readonly markChanges: (marks: Uint8Array, rowCount: number) => void
  readonly textAt: (row: number) => string | null
}

/** The columns of ours but the line: numbers as they are, of all others their text. */
export function originColumnsOf(table: TableConfig): OriginColumn[] {
  return lineageColumns(table)
    .filter(({ name }) => name !== LINE)
    .map(({ name, type }) => (type === 'bigint' ? numbers(name) : texts(name)))
}

function texts(name: string): OriginColumn {
  const column = new TextColumn()
  return {
    name,
    select: sql`${ident(name)}::varchar as ${ident(name)}`,
    read: (chunk, index) => column.read(chunk, index),
    markChanges: (marks, rowCount) => {
      const { validity } = column
      for (let row = 1; row < rowCount; row++) {
        const isThere = isValid(validity, row)
        if (isThere !== isValid(validity, row - 1) || (isThere && !column.isSame(row, row - 1))) marks[row] = 1
      }
    },
    textAt: (row) => (isValid(column.validity, row) ? column.text(row) : null),
  }
}

function numbers(name: string): OriginColumn {
  let column: FixedColumn
  let halves: Int32Array
  return {
    name,
    select: ident(name),
    read: (chunk, index) => {
      column = fixedColumn(chunk, index, 8)
      halves = new Int32Array(column.bytes.buffer, column.bytes.byteOffset, column.bytes.length / 4)
    },
    markChanges: (marks, rowCount) => {
      const { validity } = column
      for (let row = 1; row < rowCount; row++) {
        const isThere = isValid(validity, row)
        const at = row * 2
        const isSame = halves[at] === halves[at - 2] && halves[at + 1] === halves[at - 1]
        if (isThere !== isValid(validity, row - 1) || (isThere && !isSame)) marks[row] = 1
      }
    },
    textAt: (row) =>
      isValid(column.validity, row)
        ? String((BigInt(halves[row * 2 + 1] as number) << 32n) | BigInt((halves[row * 2] as number) >>> 0))
        : null,
  }
}
