import type { DuckDBDataChunk } from '@duckdb/node-api'
import { isValid } from '../core/chunk-memory.ts'
import { assertNever, DroplakeError } from '../core/errors.ts'
import { AsInMemory, Decimals, Ints, IsoTimestamps, Longs, Texts, type ValueEncoder } from './encode-values.ts'
import type { Field } from './table-schema.ts'

/** The steps for one column. Rows without a value take nothing, but for the branch of a union. */
export interface ColumnEncoder {
  /** Look at the column of a chunk. */
  readonly read: (chunk: DuckDBDataChunk) => void
  /** Add what its values take to the sizes of the rows. */
  readonly addSizes: (sizes: Int32Array, rowCount: number) => void
  /** Write the values of rows `[start, end)`, each at its row's place, which moves behind it. There is room for all. */
  readonly write: (bytes: Uint8Array, places: Int32Array, start: number, end: number) => void
}

/** The steps for a field, which stands at this place in the chunks. */
export function encoderOf(field: Field, index: number): ColumnEncoder {
  const values = valuesOf(field, index)
  return field.isOptional ? optional(values) : mandatory(values, field.column)
}

function valuesOf({ layout, column }: Field, index: number): ValueEncoder {
  switch (layout.kind) {
    case 'int':
      return new Ints(index)
    case 'long':
      return new Longs(index)
    case 'double':
      return new AsInMemory(index, 8)
    case 'boolean':
      return new AsInMemory(index, 1)
    case 'decimal':
      return new Decimals(index, layout.bytes)
    case 'text':
      return new Texts(index)
    case 'iso-timestamp':
      return new IsoTimestamps(index, column)
    default:
      return assertNever(layout)
  }
}

/** A union with null: the branch's number, 0 or 1, then the value. */
function optional(values: ValueEncoder): ColumnEncoder {
  return {
    read: (chunk) => values.read(chunk),
    addSizes: (sizes, rowCount) => {
      for (let row = 0; row < rowCount; row++) sizes[row] = (sizes[row] as number) + 1
      values.addSizes(sizes, rowCount)
    },
    write: (bytes, places, start, end) => {
      const { validity } = values
      for (let row = start; row < end; row++) {
        const place = places[row] as number
        bytes[place] = isValid(validity, row) ? 2 : 0
        places[row] = place + 1
      }
      values.write(bytes, places, start, end)
    },
  }
}

/** Nothing stands for a missing value here; the schema was made for rows that have none. */
function mandatory(values: ValueEncoder, name: string): ColumnEncoder {
  return {
    read: (chunk) => values.read(chunk),
    addSizes: (sizes, rowCount) => {
      const { validity } = values
      for (let row = 0; validity !== null && row < rowCount; row++)
        if (!isValid(validity, row)) throw new DroplakeError('INTERNAL', `column "${name}" has a row without a value`)
      values.addSizes(sizes, rowCount)
    },
    write: (bytes, places, start, end) => values.write(bytes, places, start, end),
  }
}
