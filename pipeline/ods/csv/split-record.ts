import { BACKSLASH, type RecordFormat } from './record-format.ts'

/** What of a format tells fields apart. */
export type FieldMarks = Pick<RecordFormat, 'delimiter' | 'quote' | 'hasBackslash'>

/**
 * The fields of one well-formed record, quotes taken away. For records that `parseRecord` found no fault with.
 *
 * @param bytes valid UTF-8 in `[start, end)`
 */
export function splitRecord(bytes: Buffer, start: number, end: number, marks: FieldMarks): string[] {
  const fields: string[] = []
  for (let at = start; ; at++) {
    const isQuoted = at < end && bytes[at] === marks.quote
    const fieldEnd = isQuoted ? closingQuote(bytes, at + 1, end, marks) + 1 : unquotedEnd(bytes, at, end, marks)
    fields.push(
      isQuoted ? unquote(bytes.toString('utf8', at + 1, fieldEnd - 1), marks) : bytes.toString('utf8', at, fieldEnd),
    )
    at = fieldEnd
    if (at >= end) return fields
  }
}

function closingQuote(bytes: Buffer, start: number, end: number, { quote, hasBackslash }: FieldMarks): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    const next = at + 1 < end ? bytes[at + 1] : undefined
    if (hasBackslash && byte === BACKSLASH && (next === quote || next === BACKSLASH)) at++
    else if (byte === quote && next === quote) at++
    else if (byte === quote) return at
  }
  return end - 1
}

function unquotedEnd(bytes: Buffer, start: number, end: number, { delimiter }: FieldMarks): number {
  let at = start
  while (at < end && bytes[at] !== delimiter) at++
  return at
}

/** The text between the quotes as it is meant. */
function unquote(text: string, { quote, hasBackslash }: FieldMarks): string {
  const mark = String.fromCharCode(quote)
  if (hasBackslash && text.includes('\\')) {
    const escaped = mark === "'" ? /\\(['\\])|'(')/g : /\\(["\\])|"(")/g
    return text.replace(escaped, '$1$2')
  }
  return text.includes(mark) ? text.replaceAll(mark + mark, mark) : text
}
