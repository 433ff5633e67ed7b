import {
  type DuckDBDataChunk,
  type DuckDBType,
  DuckDBTypeId,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api'

const LONG_INTEGERS = new Set([DuckDBTypeId.BIGINT, DuckDBTypeId.UBIGINT, DuckDBTypeId.HUGEINT, DuckDBTypeId.UHUGEINT])

/** Rows as JSON values: integers that a JavaScript number would round, and decimals, are text. */
export function jsonRowsOf(chunk: DuckDBDataChunk, types: readonly DuckDBType[]): Json[][] {
  const isLong = types.map((type) => LONG_INTEGERS.has(type.typeId))
  return chunk
    .convertRows(JsonDuckDBValueConverter)
    .map((row) => row.map((value, index) => (isLong[index] ? shortInteger(value) : value)))
}

function shortInteger(value: Json): Json {
  const number = Number(value)
  return value !== null && Number.isSafeInteger(number) ? number : value
}
