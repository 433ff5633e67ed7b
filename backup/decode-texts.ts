import type { NewChunk } from '../core/new-chunk.ts'
import { NewTexts } from '../core/new-chunk.ts'
import type { Shape } from './avro/shape.ts'
import { lengthAt } from './avro/skip.ts'
import type { Cursor } from './avro/varint.ts'
import type { ColumnDecoder } from './decode-columns.ts'
import { readBoolean, readDouble, readInt, readLongText } from './decode-numbers.ts'

/** Text, or another type in every row whose values have a text. */
export class TextDecoder implements ColumnDecoder {
  readonly type = 'VARCHAR'
  readonly numbers = null
  readonly #shape: Shape | undefined
  readonly #texts = new NewTexts()

  /** @param shape undefined when each row tells its own */
  constructor(shape: Shape | undefined) {
    this.#shape = shape
  }

  read(cursor: Cursor, row: number): void {
    this.readBranch(this.#shape as Shape, cursor, row)
  }

  readBranch(shape: Shape, cursor: Cursor, row: number): void {
    if (shape.kind === 'string' || shape.kind === 'bytes') {
      const length = lengthAt(cursor)
      this.#texts.add(row, cursor.bytes, cursor.at, length)
      cursor.at += length
      return
    }
    const text = Buffer.from(readText(shape, cursor))
    this.#texts.add(row, text, 0, text.length)
  }

  fill(chunk: NewChunk, column: number, rowCount: number): void {
    this.#texts.moveTo(chunk, column, rowCount)
  }
}

/** Whether values of a type have a text of their own: numbers have that of JSON. */
export function hasText(shape: Shape): boolean {
  switch (shape.kind) {
    case 'string':
    case 'bytes':
      return shape.logical?.name !== 'decimal'
    case 'fixed':
      return shape.logical?.name === 'uuid' && shape.size === 16
    case 'int':
    case 'long':
      return shape.logical === null
    case 'enum':
    case 'boolean':
    case 'float':
    case 'double':
      return true
    default:
      return false
  }
}

function readText(shape: Shape, cursor: Cursor): string {
  switch (shape.kind) {
    case 'enum':
      return symbolAt(shape.symbols, readInt(cursor))
    case 'boolean':
      return readBoolean(cursor) === 1 ? 'true' : 'false'
    case 'int':
      return String(readInt(cursor))
    case 'long':
      return readLongText(cursor)
    case 'float':
      return String(readDouble(cursor, 4))
    case 'double':
      return String(readDouble(cursor, 8))
    case 'fixed':
      return readUuid(cursor)
    default:
      throw new Error(`values of type ${shape.kind} have no text`)
  }
}

function readUuid(cursor: Cursor): string {
  if (cursor.at + 16 > cursor.bytes.length) throw new Error('a value goes beyond the block')
  const hex = Buffer.from(cursor.bytes.subarray(cursor.at, cursor.at + 16)).toString('hex')
  cursor.at += 16
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function symbolAt(symbols: readonly string[], index: number): string {
  const symbol = symbols[index]
  if (symbol === undefined) throw new Error(`an enum has no symbol ${index}`)
  return symbol
}
