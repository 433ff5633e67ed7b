import { CHUNK_ROWS } from '../core/duckdb-memory.ts'
import type { NewChunk } from '../core/new-chunk.ts'
import type { Logical, Shape } from './avro/shape.ts'
import { branchAt, lengthAt, skipValue } from './avro/skip.ts'
import type { Cursor } from './avro/varint.ts'
import { decimalDecoder } from './decode-decimals.ts'
import { booleanDecoder, doubleDecoder, intDecoder, longDecoder, type WholeNumbers } from './decode-numbers.ts'
import { hasText, TextDecoder } from './decode-texts.ts'
import { isoTimestampDecoder } from './iso-timestamp-decoder.ts'

/** Values of one column while a chunk is filled. */
export interface ColumnDecoder {
  /** Its DuckDB type, in upper case. */
  readonly type: string
  /** Read the value at the cursor into a row of the chunk. @throws {Error} a sentence, when the bytes are none of the type */
  readonly read: (cursor: Cursor, row: number) => void
  /** Put the values of the first rows into the chunk, and begin anew. @throws {NotUtf8} */
  readonly fill: (chunk: NewChunk, column: number, rowCount: number) => void
  /** What was read since the last `fill`; null where the values are no whole numbers. */
  readonly numbers: WholeNumbers | null
}

/** What is known of a column's values, beside their type. */
export interface Form {
  /** Its texts are moments in ISO 8601. */
  readonly isIsoTimestamp: boolean
}

/** Go past a field that no column takes. */
export function skipping(shape: Shape): (cursor: Cursor) => void {
  return (cursor) => skipValue(shape, cursor)
}

/**
 * How values of an Avro type become values of a column; undefined for types that no column can take (lists, maps, records).
 * A union of null and one type is that type; of several types, text.
 */
export function decoderOf(shape: Shape, form: Form): ColumnDecoder | undefined {
  if (shape.kind !== 'union') return decoderOfOne(shape, form)
  const branches = shape.branches.filter((branch) => branch.kind !== 'null')
  const [first] = branches
  if (first === undefined) return undefined
  if (branches.length === 1) return ofUnion(shape.branches, decoderOfOne(first, form))
  if (branches.every((branch) => (branch.kind === 'int' || branch.kind === 'long') && branch.logical === null))
    return ofUnion(shape.branches, longDecoder('BIGINT', 1n))
  return branches.every(hasText) ? ofUnion(shape.branches, new TextDecoder(undefined)) : undefined
}

function ofUnion(branches: readonly Shape[], decoder: ColumnDecoder | undefined): ColumnDecoder | undefined {
  if (decoder === undefined) return undefined
  const missing = new Missing()
  const { numbers } = decoder
  return {
    type: decoder.type,
    numbers: numbers === null ? null : { ...numbers, isThere: (row) => missing.isThere(row) },
    read: (cursor, row) => {
      const branch = branchAt(branches, cursor)
      if (branch.kind === 'null') missing.mark(row)
      else if (decoder instanceof TextDecoder) decoder.readBranch(branch, cursor, row)
      else decoder.read(cursor, row)
    },
    fill: (chunk, column, rowCount) => {
      decoder.fill(chunk, column, rowCount)
      missing.fill(chunk, column)
    },
  }
}

/** Which rows of a chunk have no value. */
class Missing {
  readonly #validity = new Uint8Array(CHUNK_ROWS / 8).fill(255)
  #isAny = false

  mark(row: number): void {
    this.#validity[row >> 3] = (this.#validity[row >> 3] as number) & ~(1 << (row & 7))
    this.#isAny = true
  }

  isThere(row: number): boolean {
    return (((this.#validity[row >> 3] as number) >> (row & 7)) & 1) === 1
  }

  fill(chunk: NewChunk, column: number): void {
    if (!this.#isAny) return
    chunk.setColumn(column, null, this.#validity)
    this.#validity.fill(255)
    this.#isAny = false
  }
}

function decoderOfOne(shape: Shape, form: Form): ColumnDecoder | undefined {
  if (shape.kind === 'string' && form.isIsoTimestamp) return isoTimestampDecoder()
  switch (shape.kind) {
    case 'boolean':
      return booleanDecoder()
    case 'int':
      return intDecoderOf(shape.logical)
    case 'long':
      return longDecoderOf(shape.logical)
    case 'float':
      return doubleDecoder(4)
    case 'double':
      return doubleDecoder(8)
    case 'bytes':
      return shape.logical?.name === 'decimal' ? decimalDecoder(shape.logical, lengthAt) : new TextDecoder(shape)
    case 'fixed':
      if (shape.logical?.name === 'decimal') return decimalDecoder(shape.logical, () => shape.size)
      return hasText(shape) ? new TextDecoder(shape) : undefined
    case 'string':
    case 'enum':
      return new TextDecoder(shape)
    default:
      return undefined
  }
}

function intDecoderOf(logical: Logical | null): ColumnDecoder {
  if (logical?.name === 'date') return intDecoder('DATE')
  return logical?.name === 'time-millis' ? longDecoder('TIME', 1000n) : intDecoder('INTEGER')
}

function longDecoderOf(logical: Logical | null): ColumnDecoder {
  switch (logical?.name) {
    case 'time-micros':
      return longDecoder('TIME', 1n)
    case 'timestamp-micros':
    case 'local-timestamp-micros':
      return longDecoder('TIMESTAMP', 1n)
    case 'timestamp-millis':
    case 'local-timestamp-millis':
      return longDecoder('TIMESTAMP', 1000n)
    default:
      return longDecoder('BIGINT', 1n)
  }
}
