import {
  type DuckDBDataChunk,
  type DuckDBDateValue,
  type DuckDBDecimalType,
  DuckDBDecimalValue,
  type DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api'
import * as arrow from 'apache-arrow'
import type { QueryResult } from '../control/query-lake.ts'

/**
 * A result as an Arrow IPC stream. Integers, floats, booleans, dates, timestamps (microseconds) and decimals keep their
 * type; HUGEINT, which sums have, becomes decimal(38, 0); nested and rare types become text as DuckDB writes it.
 */
export async function toArrowStream(result: QueryResult): Promise<Uint8Array> {
  const types = result.types.map(arrowType)
  const schema = new arrow.Schema(
    result.names.map((name, index) => new arrow.Field(name, types[index] as arrow.DataType, true)),
  )
  const writer = new arrow.RecordBatchStreamWriter()
  writer.reset(undefined, schema)
  for await (const chunk of result.chunks) writer.write(recordBatch(chunk, schema, result.types, types))
  writer.finish()
  return writer.toUint8Array()
}

function recordBatch(
  chunk: DuckDBDataChunk,
  schema: arrow.Schema,
  types: readonly DuckDBType[],
  arrowTypes: readonly arrow.DataType[],
): arrow.RecordBatch {
  const columns = arrowTypes.map((type, index) => {
    if (type instanceof arrow.Utf8) return textColumn(chunk.convertColumnValues(index, JsonDuckDBValueConverter))
    return fixedColumn(type, chunk.getColumnValues(index), types[index] as DuckDBType)
  })
  return new arrow.RecordBatch(
    schema,
    arrow.makeData({ type: new arrow.Struct(schema.fields), length: chunk.rowCount, nullCount: 0, children: columns }),
  )
}

function arrowType(type: DuckDBType): arrow.DataType {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return new arrow.Bool()
    case DuckDBTypeId.TINYINT:
      return new arrow.Int8()
    case DuckDBTypeId.SMALLINT:
      return new arrow.Int16()
    case DuckDBTypeId.INTEGER:
      return new arrow.Int32()
    case DuckDBTypeId.BIGINT:
      return new arrow.Int64()
    case DuckDBTypeId.UTINYINT:
      return new arrow.Uint8()
    case DuckDBTypeId.USMALLINT:
      return new arrow.Uint16()
    case DuckDBTypeId.UINTEGER:
      return new arrow.Uint32()
    case DuckDBTypeId.UBIGINT:
      return new arrow.Uint64()
    case DuckDBTypeId.FLOAT:
      return new arrow.Float32()
    case DuckDBTypeId.DOUBLE:
      return new arrow.Float64()
    case DuckDBTypeId.DATE:
      return new arrow.DateDay()
    case DuckDBTypeId.TIMESTAMP:
      return new arrow.TimestampMicrosecond()
    case DuckDBTypeId.DECIMAL: {
      const { width, scale } = type as DuckDBDecimalType
      return new arrow.Decimal(scale, width)
    }
    case DuckDBTypeId.HUGEINT:
      return new arrow.Decimal(0, 38)
    default:
      return new arrow.Utf8()
  }
}

function textColumn(values: readonly unknown[]): arrow.Data {
  const texts = values.map((value) => (value === null || typeof value === 'string' ? value : JSON.stringify(value)))
  return arrow.vectorFromArray(texts, new arrow.Utf8()).data[0] as arrow.Data
}

/** A column of values of one size, from the numbers that stand for them. */
function fixedColumn(type: arrow.DataType, values: readonly DuckDBValue[], duckType: DuckDBType): arrow.Data {
  if (type instanceof arrow.Bool)
    return arrow.vectorFromArray(values as readonly (boolean | null)[], type).data[0] as arrow.Data
  const isWide = type instanceof arrow.Decimal
  const data = isWide
    ? new Uint32Array(values.length * 4)
    : new (type.ArrayType as new (length: number) => ArrayLike<number | bigint>)(values.length)
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8))
  let nullCount = 0
  values.forEach((value, row) => {
    if (value === null) {
      nullCount++
      return
    }
    nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7))
    if (isWide) setWide(data as Uint32Array, row, unscaled(value))
    else (data as Record<number, number | bigint>)[row] = plainNumber(value, duckType)
  })
  return arrow.makeData({ type, length: values.length, nullCount, nullBitmap, data } as never)
}

function plainNumber(value: DuckDBValue, type: DuckDBType): number | bigint {
  if (type.typeId === DuckDBTypeId.DATE) return (value as DuckDBDateValue).days
  if (type.typeId === DuckDBTypeId.TIMESTAMP) return (value as DuckDBTimestampValue).micros
  return value as number | bigint
}

function unscaled(value: DuckDBValue): bigint {
  return value instanceof DuckDBDecimalValue ? value.value : (value as bigint)
}

/** 128 bits as four words, the lowest first, in two's complement. */
function setWide(words: Uint32Array, row: number, value: bigint): void {
  for (let word = 0; word < 4; word++) words[row * 4 + word] = Number(BigInt.asUintN(32, value >> BigInt(32 * word)))
}
