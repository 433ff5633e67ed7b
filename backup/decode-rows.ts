import { isUtf8 } from 'node:buffer'
import { CHUNK_ROWS, type NewChunk } from '../core/chunk-memory.ts'
import type { Logical, Shape } from './avro/shape.ts'
import { branchAt, lengthAt, skipValue } from './avro/skip.ts'
import type { Cursor } from './avro/varint.ts'
import { isoTimestampDecoder } from './iso-timestamp.ts'

/** Values of one column while a chunk is filled. */
export interface ColumnDecoder {
  /** Its DuckDB type, in upper case. */
  readonly type: string
  /** Read the value at the cursor into a row of the chunk. @throws {Error} a sentence, when the bytes are none of the type */
  readonly read: (cursor: Cursor, row: number, chunk: NewChunk, column: number) => void
  /** Put what was read since the last time into the chunk. */
  readonly fill: (chunk: NewChunk, column: number) => void
}

/** What is known of a column's values, beside their type. */
export interface Form {
  /** The file is a backup of ours: its digest tells whether a text is as it was written. */
  readonly isOurs: boolean
  /** Its texts are moments in ISO 8601. */
  readonly isIsoTimestamp: boolean
}

const FOREIGN: Form = { isOurs: false, isIsoTimestamp: false }

/** Go past a field that no column takes. */
export function skipping(shape: Shape): (cursor: Cursor) => void {
  return (cursor) => skipValue(shape, cursor)
}

/**
 * How values of an Avro type become values of a column; undefined for types that no column can take (lists, maps, records).
 * A union of null and one type is that type; of several types, text.
 */
export function decoderOf(shape: Shape, form: Form = FOREIGN): ColumnDecoder | undefined {
  if (shape.kind !== 'union') return decoderOfOne(shape, form)
  const branches = shape.branches.filter((branch) => branch.kind !== 'null')
  const [first] = branches
  if (first === undefined) return undefined
  if (branches.length === 1) return ofUnion(shape.branches, decoderOfOne(first, form))
  if (branches.every((branch) => (branch.kind === 'int' || branch.kind === 'long') && branch.logical === null))
    return ofUnion(shape.branches, longDecoder('BIGINT', 1n))
  return branches.every((branch) => textOf(branch) !== undefined)
    ? ofUnion(shape.branches, textDecoder(undefined))
    : undefined
}

function ofUnion(branches: readonly Shape[], decoder: ColumnDecoder | undefined): ColumnDecoder | undefined {
  if (decoder === undefined) return undefined
  const missing = new Missing()
  const isText = decoder instanceof TextDecoderOfBranch
  return {
    type: decoder.type,
    read: (cursor, row, chunk, column) => {
      const branch = branchAt(branches, cursor)
      if (branch.kind === 'null') missing.mark(row)
      else if (isText) decoder.readBranch(branch, cursor, row, chunk, column)
      else decoder.read(cursor, row, chunk, column)
    },
    fill: (chunk, column) => {
      decoder.fill(chunk, column)
      missing.fill(chunk, column)
    },
  }
}

function decoderOfOne(shape: Shape, form: Form): ColumnDecoder | undefined {
  if (shape.kind === 'string' && form.isIsoTimestamp) return isoTimestampDecoder()
  if (shape.kind === 'string' && form.isOurs) return ownTextDecoder()
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
      return shape.logical?.name === 'decimal' ? decimalDecoder(shape.logical, lengthAt) : textDecoder(shape)
    case 'fixed':
      return fixedDecoder(shape)
    case 'string':
    case 'enum':
      return textDecoder(shape)
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

function fixedDecoder(shape: Extract<Shape, { kind: 'fixed' }>): ColumnDecoder | undefined {
  if (shape.logical?.name === 'decimal') return decimalDecoder(shape.logical, () => shape.size)
  return textOf(shape) === undefined ? undefined : textDecoder(shape)
}

/** Which rows of a chunk have no value. */
class Missing {
  readonly #validity = new Uint8Array(CHUNK_ROWS / 8).fill(255)
  #isAny = false

  mark(row: number): void {
    this.#validity[row >> 3] = (this.#validity[row >> 3] as number) & ~(1 << (row & 7))
    this.#isAny = true
  }

  fill(chunk: NewChunk, column: number): void {
    if (!this.#isAny) return
    chunk.setColumn(column, null, this.#validity)
    this.#validity.fill(255)
    this.#isAny = false
  }
}

function booleanDecoder(): ColumnDecoder {
  const values = new Uint8Array(CHUNK_ROWS)
  return {
    type: 'BOOLEAN',
    read: (cursor, row) => {
      const byte = cursor.bytes[cursor.at++]
      if (byte !== 0 && byte !== 1) throw new Error(`a boolean is written as ${byte}`)
      values[row] = byte
    },
    fill: (chunk, column) => chunk.setColumn(column, values, null),
  }
}

function intDecoder(type: 'INTEGER' | 'DATE'): ColumnDecoder {
  const values = new Int32Array(CHUNK_ROWS)
  const bytes = new Uint8Array(values.buffer)
  return {
    type,
    read: (cursor, row) => {
      values[row] = readInt(cursor)
    },
    fill: (chunk, column) => chunk.setColumn(column, bytes, null),
  }
}

/** @throws when the bytes hold more than 32 bits */
function readInt(cursor: Cursor): number {
  const { bytes } = cursor
  let byte = bytes[cursor.at++] as number
  let bits = byte & 127
  for (let shift = 7; byte >= 128; shift += 7) {
    byte = bytes[cursor.at++] as number
    if (shift > 28 || (shift === 28 && byte > 15)) throw new Error('an int has more than 32 bits')
    bits |= (byte & 127) << shift
  }
  return (bits >>> 1) ^ -(bits & 1)
}

/** A long in two halves of 32 bits: a bigint for each would take most of the time. */
const long = { low: 0, high: 0 }

/** @throws when the bytes hold more than 64 bits */
function readLongHalves(cursor: Cursor): void {
  const { bytes } = cursor
  let byte = bytes[cursor.at++] as number
  let low = byte & 127
  let high = 0
  for (let shift = 7; byte >= 128; shift += 7) {
    byte = bytes[cursor.at++] as number
    if (shift > 63 || (shift === 63 && byte > 1)) throw new Error('a long has more than 64 bits')
    if (shift < 32) low |= (byte & 127) << shift
    if (shift === 28) high = (byte & 127) >>> 4
    else if (shift > 28) high |= (byte & 127) << (shift - 32)
  }
  const sign = -(low & 1)
  long.low = ((low >>> 1) | (high << 31)) ^ sign
  long.high = (high >>> 1) ^ sign
}

/** @param factor what one of the file's units is in DuckDB's */
function longDecoder(type: 'BIGINT' | 'TIME' | 'TIMESTAMP', factor: bigint): ColumnDecoder {
  const halves = new Int32Array(CHUNK_ROWS * 2)
  const bytes = new Uint8Array(halves.buffer)
  const longs = new BigInt64Array(halves.buffer)
  return {
    type,
    read: (cursor, row) => {
      readLongHalves(cursor)
      halves[row * 2] = long.low
      halves[row * 2 + 1] = long.high
      if (factor === 1n) return
      const value = (longs[row] as bigint) * factor
      if (BigInt.asIntN(64, value) !== value) throw new Error(`a moment is too far away: ${longs[row]}`)
      longs[row] = value
    },
    fill: (chunk, column) => chunk.setColumn(column, bytes, null),
  }
}

function doubleDecoder(itemBytes: 4 | 8): ColumnDecoder {
  const values = new Float64Array(CHUNK_ROWS)
  const bytes = new Uint8Array(values.buffer)
  return {
    type: 'DOUBLE',
    read: (cursor, row) => {
      values[row] = readDouble(cursor, itemBytes)
    },
    fill: (chunk, column) => chunk.setColumn(column, bytes, null),
  }
}

function readDouble(cursor: Cursor, itemBytes: 4 | 8): number {
  const { bytes, at } = cursor
  if (at + itemBytes > bytes.length) throw new Error('a number goes beyond the block')
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, itemBytes)
  cursor.at += itemBytes
  return itemBytes === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true)
}

/** DuckDB's decimals have 38 digits at most. */
const MOST_DIGITS = 38

/** @param sizeAt tells the size of the value at the cursor */
function decimalDecoder(logical: Logical, sizeAt: (cursor: Cursor) => number): ColumnDecoder | undefined {
  const { precision, scale } = logical
  if (!(precision >= 1 && precision <= MOST_DIGITS && scale >= 0 && scale <= precision)) return undefined
  const itemBytes = precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16
  const values = new Uint8Array(CHUNK_ROWS * itemBytes)
  return {
    type: `DECIMAL(${precision},${scale})`,
    read: (cursor, row) => {
      const size = sizeAt(cursor)
      const [start, end] = [cursor.at, cursor.at + size]
      if (size === 0 || end > cursor.bytes.length) throw new Error(`a decimal of ${size} bytes`)
      const sign = (cursor.bytes[start] as number) >= 128 ? 255 : 0
      for (let index = 0; index < itemBytes; index++)
        values[row * itemBytes + index] = index < size ? (cursor.bytes[end - 1 - index] as number) : sign
      for (let index = itemBytes; index < size; index++)
        if (cursor.bytes[end - 1 - index] !== sign) throw new Error(`a decimal has more than ${precision} digits`)
      cursor.at = end
    },
    fill: (chunk, column) => chunk.setColumn(column, values, null),
  }
}

function textDecoder(shape: Shape | undefined): TextDecoderOfBranch {
  return new TextDecoderOfBranch(shape)
}

/** Text of a type that may be another one in every row. */
class TextDecoderOfBranch implements ColumnDecoder {
  readonly type = 'VARCHAR'
  readonly #shape: Shape | undefined
  readonly #readers = new Map<Shape, ReadText>()

  constructor(shape: Shape | undefined) {
    this.#shape = shape
  }

  read(cursor: Cursor, row: number, chunk: NewChunk, column: number): void {
    this.readBranch(this.#shape as Shape, cursor, row, chunk, column)
  }

  readBranch(branch: Shape, cursor: Cursor, row: number, chunk: NewChunk, column: number): void {
    let readText = this.#readers.get(branch)
    if (readText === undefined) {
      readText = textOf(branch) as ReadText
      this.#readers.set(branch, readText)
    }
    chunk.setText(column, row, readText(cursor))
  }

  fill(): void {
    // Texts went into the chunk one by one.
  }
}

/** Text that needs no look: a digest at the end tells whether it is as it was written. */
function ownTextDecoder(): ColumnDecoder {
  return {
    type: 'VARCHAR',
    read: (cursor, row, chunk, column) => {
      const length = lengthAt(cursor)
      chunk.setText(column, row, cursor.bytes.subarray(cursor.at, cursor.at + length))
      cursor.at += length
    },
    fill: () => undefined,
  }
}

type ReadText = (cursor: Cursor) => Uint8Array

/** How a value is written as text: numbers as in JSON; undefined for types that have no text of their own. */
function textOf(shape: Shape): ReadText | undefined {
  switch (shape.kind) {
    case 'string':
    case 'bytes':
      return shape.logical?.name === 'decimal' ? undefined : (cursor) => readText(cursor, lengthAt(cursor))
    case 'fixed':
      return shape.logical?.name === 'uuid' && shape.size === 16 ? readUuid : undefined
    case 'enum':
      return (cursor) => Buffer.from(symbolAt(shape.symbols, readInt(cursor)))
    case 'boolean':
      return (cursor) => Buffer.from(cursor.bytes[cursor.at++] === 1 ? 'true' : 'false')
    case 'int':
      return shape.logical === null ? (cursor) => Buffer.from(String(readInt(cursor))) : undefined
    case 'long':
      return shape.logical === null ? readLongText : undefined
    case 'float':
      return (cursor) => Buffer.from(String(readDouble(cursor, 4)))
    case 'double':
      return (cursor) => Buffer.from(String(readDouble(cursor, 8)))
    default:
      return undefined
  }
}

function readText(cursor: Cursor, length: number): Uint8Array {
  const text = cursor.bytes.subarray(cursor.at, cursor.at + length)
  if (!isUtf8(text)) throw new Error('a text is no UTF-8')
  cursor.at += length
  return text
}

function readLongText(cursor: Cursor): Uint8Array {
  readLongHalves(cursor)
  return Buffer.from(String((BigInt(long.high) << 32n) | BigInt(long.low >>> 0)))
}

function readUuid(cursor: Cursor): Uint8Array {
  if (cursor.at + 16 > cursor.bytes.length) throw new Error('a value goes beyond the block')
  const hex = Buffer.from(cursor.bytes.subarray(cursor.at, cursor.at + 16)).toString('hex')
  cursor.at += 16
  return Buffer.from(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
}

function symbolAt(symbols: readonly string[], index: number): string {
  const symbol = symbols[index]
  if (symbol === undefined) throw new Error(`an enum has no symbol ${index}`)
  return symbol
}
