import type { Shape } from './shape.ts'
import { type Cursor, readLong } from './varint.ts'

/** Go past a value without looking at it. */
export function skipValue(shape: Shape, cursor: Cursor): void {
  switch (shape.kind) {
    case 'null':
      return
    case 'boolean':
      cursor.at++
      return
    case 'int':
    case 'long':
    case 'enum':
      skipVarint(cursor)
      return
    case 'float':
      cursor.at += 4
      return
    case 'double':
      cursor.at += 8
      return
    case 'bytes':
    case 'string':
      skipSized(cursor)
      return
    case 'fixed':
      cursor.at += shape.size
      return
    case 'union':
      skipValue(branchAt(shape.branches, cursor), cursor)
      return
    case 'record':
      for (const field of shape.fields()) skipValue(field, cursor)
      return
    default:
      skipItems(shape, cursor)
  }
}

/** The branch of a union that follows. */
export function branchAt(branches: readonly Shape[], cursor: Cursor): Shape {
  const index = readLong(cursor)
  const branch = branches[index]
  if (branch === undefined) throw new Error(`a union has no branch ${index}`)
  return branch
}

/** A length that the bytes still have. */
export function lengthAt(cursor: Cursor): number {
  const length = readLong(cursor)
  if (length < 0 || cursor.at + length > cursor.bytes.length)
    throw new Error(`a length of ${length} goes beyond the block`)
  return length
}

/** Arrays and maps come in blocks; one with a count below zero says its size, too. */
function skipItems(shape: Extract<Shape, { kind: 'array' | 'map' }>, cursor: Cursor): void {
  const items = shape.items()
  for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
    if (count < 0) {
      skipSized(cursor)
      continue
    }
    // A few bytes can say that more items follow than anyone could go past.
    if (count > cursor.bytes.length - cursor.at) throw new Error(`a list of ${count} items goes beyond the block`)
    for (let item = 0; item < count; item++) {
      if (cursor.at > cursor.bytes.length) throw new Error('a list goes beyond the block')
      if (shape.kind === 'map') skipSized(cursor)
      skipValue(items, cursor)
    }
  }
}

function skipSized(cursor: Cursor): void {
  const length = lengthAt(cursor)
  cursor.at += length
}

function skipVarint(cursor: Cursor): void {
  while ((cursor.bytes[cursor.at++] ?? 0) >= 128);
}
