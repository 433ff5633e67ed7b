import { expect, test } from 'vitest'
import { parseRecord } from '../../../../pipeline/ods/csv/parse-record.ts'
import { emptyRecord, LINE_END, type ParsedRecord } from '../../../../pipeline/ods/csv/record-format.ts'
import { rfc4180 } from '../../../helpers/csv-scan.ts'

interface ParseOptions {
  readonly start?: number
  readonly isLast?: boolean
  /** 0 accepts any number of fields. */
  readonly fieldCount?: number
}

/** The record that begins at `start`; null when more bytes are needed. */
function parse(text: string, options: ParseOptions = {}): ParsedRecord | null {
  const bytes = Buffer.from(text, 'latin1')
  const { start = 0, isLast = true, fieldCount = 0 } = options
  const found = emptyRecord()
  return parseRecord(bytes, start, bytes.length, isLast, rfc4180(fieldCount), found) ? found : null
}

test.each([
  ['LF', '1,Ana\n2,Bo\n', { end: 5, next: 6, lineEnd: LINE_END.lf }],
  ['CRLF', '1,Ana\r\n2,Bo\r\n', { end: 5, next: 7, lineEnd: LINE_END.crlf }],
  ['a lone CR', '1,Ana\r2,Bo\r', { end: 5, next: 6, lineEnd: LINE_END.cr }],
  ['the end of the file', '1,Ana', { end: 5, next: 5, lineEnd: LINE_END.none }],
])('a record ends at %s', (_name, text, expected) => {
  expect(parse(text, { fieldCount: 2 })).toMatchObject({ ...expected, fieldCount: 2, lineCount: 1, fault: null })
})

test('LF and then CR are two line ends, not one', () => {
  expect(parse('1,Ana\n\r2,Bo')).toMatchObject({ end: 5, next: 6, lineEnd: LINE_END.lf })
  expect(parse('1,Ana\n\r2,Bo', { start: 6 })).toMatchObject({ end: 6, next: 7, lineEnd: LINE_END.cr })
})

test('a record is parsed where it starts, not at the top of the bytes', () => {
  expect(parse('1,Ana\n"2",B\n', { start: 6, fieldCount: 2 })).toMatchObject({ end: 11, next: 12, fault: null })
})

test('a blank line is a record of no bytes and no fault, whatever number of fields is wanted', () => {
  expect(parse('\n1,Ana\n', { fieldCount: 2 })).toMatchObject({ end: 0, next: 1, lineCount: 1, fault: null })
})

test('a line of spaces is no blank line', () => {
  expect(parse('  \n', { fieldCount: 2 })).toMatchObject({ end: 2, fieldCount: 1, fault: 'field_count' })
})

test('a quoted empty field is a record, not a blank line', () => {
  expect(parse('""\n', { fieldCount: 1 })).toMatchObject({ end: 2, fieldCount: 1, markupBytes: 2, fault: null })
})

test.each([
  ['LF', '"a\nb\nc",1\n2,d\n', 3, 9],
  ['CRLF', '"a\r\nb\r\nc",1\n2,d\n', 3, 11],
  ['a lone CR', '"a\rb\rc",1\n2,d\n', 3, 9],
  ['a mixture', '"\n\r\n\r",1\n2,d\n', 4, 8],
])('a quoted field may span lines that end with %s, and each line is counted', (_name, text, lineCount, end) => {
  expect(parse(text, { fieldCount: 2 })).toMatchObject({ end, lineCount, fieldCount: 2, fault: null })
})

test('commas inside quotes separate nothing', () => {
  expect(parse('"a,b",c,"d,,"\n', { fieldCount: 3 })).toMatchObject({ fieldCount: 3, fault: null })
})

test('a doubled quote inside a quoted field is one quote of text', () => {
  // Of the 7 bytes, the enclosing quotes and one of the two in the middle are markup.
  expect(parse('"a""b"\n', { fieldCount: 1 })).toMatchObject({ end: 6, markupBytes: 3, fault: null })
  expect(parse('""""\n', { fieldCount: 1 })).toMatchObject({ end: 4, markupBytes: 3, fault: null })
  expect(parse('"""a"""\n', { fieldCount: 1 })).toMatchObject({ end: 7, markupBytes: 4, fault: null })
})

test('a quote inside an unquoted field is text', () => {
  expect(parse('5" pipe,a""b\nnext', { fieldCount: 2 })).toMatchObject({ end: 12, markupBytes: 1, fault: null })
})

test('a quote behind a space does not open a quoted field', () => {
  expect(parse('1, "a\nnext', { fieldCount: 2 })).toMatchObject({ end: 5, lineCount: 1, markupBytes: 1, fault: null })
})

test.each(['1,"Ana"x\nnext', '1,"Ana" \nnext', '1,"Ana"x,"y\nnext', '1,"A""n"a"\nnext'])(
  'text behind a closing quote spoils the record, which ends with its line: %j',
  (text) => {
    const lineEnd = text.indexOf('\n')
    expect(parse(text, { fieldCount: 2 })).toMatchObject({
      end: lineEnd,
      next: lineEnd + 1,
      lineCount: 1,
      fault: 'text_after_quote',
    })
  },
)

test('text behind a closing quote on a later line costs the first line only', () => {
  expect(parse('1,"Ana\n2,"Bo"\n', { fieldCount: 2 })).toMatchObject({
    end: 6,
    next: 7,
    lineCount: 1,
    fault: 'unclosed_quote',
  })
})

test('a quote that is never closed costs the first line only', () => {
  expect(parse('1,"Ana\r\n2,Bo\r\n3,Cy', { fieldCount: 2 })).toMatchObject({
    end: 6,
    next: 8,
    lineCount: 1,
    lineEnd: LINE_END.crlf,
    fault: 'unclosed_quote',
  })
})

test('a quote opened on the last line of the file spoils that line', () => {
  expect(parse('1,"Ana', { fieldCount: 2 })).toMatchObject({ end: 6, next: 6, lineCount: 1, fault: 'unclosed_quote' })
  expect(parse('1,"Ana""', { fieldCount: 2 })).toMatchObject({ end: 8, next: 8, fault: 'unclosed_quote' })
  expect(parse('1,"', { fieldCount: 2 })).toMatchObject({ end: 3, next: 3, fault: 'unclosed_quote' })
})

test.each([
  ['too few', '1\nnext', 1, 1],
  ['too many', '1,2,3\nnext', 3, 5],
  ['one empty field too many, after a trailing comma', '1,2,\nnext', 3, 4],
])('a record with %s fields is malformed and says how many it has', (_name, text, fieldCount, end) => {
  expect(parse(text, { fieldCount: 2 })).toMatchObject({ end, next: end + 1, fieldCount, fault: 'field_count' })
})

test('a trailing comma is an empty last field', () => {
  expect(parse('1,\nnext', { fieldCount: 2 })).toMatchObject({ end: 2, fieldCount: 2, fault: null })
  expect(parse(',', { fieldCount: 2 })).toMatchObject({ end: 1, fieldCount: 2, fault: null })
})

test('a record over several lines with a field too many stays whole when the line below is no record', () => {
  const text = '1,"a\nb",2\n3,c\n'
  expect(parse(text, { fieldCount: 2 })).toMatchObject({ end: 9, lineCount: 2, fieldCount: 3, fault: 'field_count' })
})

test('a lost quote that another damaged record happens to close gives back the records between them', () => {
  // The quote of line 1 is closed on line 3 and makes one record of three fields out of three lines.
  const text = '1,"Ana\n2,Bo\n3,Cy",\n4,Di\n'
  expect(parse(text, { fieldCount: 2 })).toMatchObject({ end: 6, next: 7, lineCount: 1, fault: 'unclosed_quote' })
  expect(parse(text, { start: 7, fieldCount: 2 })).toMatchObject({ end: 11, fault: null })
})

test.each([
  ['the line below is malformed', '1,"Ana\n2,Bo,x\n3,Cy\n4,Di",\n'],
  ['the line below is blank', '1,"Ana\n\n3,Cy\n4,Di",\n'],
  ['a record between them holds a NUL', '1,"Ana\n2,Bo\n3,C\0y\n4,Di",\n'],
])('a lost quote gives back the records between it and the next one also when %s', (_name, text) => {
  expect(parse(text, { fieldCount: 2 })).toMatchObject({ end: 6, next: 7, lineCount: 1, fault: 'unclosed_quote' })
})

test.each([
  ['an unquoted field', 'a\0b,1\nnext', 5],
  ['a quoted field', '"a\0b",1\nnext', 7],
])('a NUL byte in %s spoils the record', (_name, text, end) => {
  expect(parse(text, { fieldCount: 2 })).toMatchObject({ end, next: end + 1, fieldCount: 2, fault: 'nul_byte' })
})

test.each([
  ['inside an unquoted field', '1,An'],
  ['behind a comma', '1,'],
  ['inside a quoted field', '1,"An'],
  ['behind a quote, which may be the first of two', '1,"Ana"'],
  ['behind a CR, which may be half of a CRLF', '1,Ana\r'],
  ['behind a CR inside quotes', '1,"Ana\r'],
  ['behind a closing quote and a CR', '1,"Ana"\r'],
  ['in the text behind a closing quote', '1,"Ana"x'],
  ['behind a CR in the text behind a closing quote', '1,"Ana"x\r'],
  ['behind a blank line of one CR', '\r'],
])('no record is decided while more bytes may follow %s', (_name, text) => {
  expect(parse(text, { isLast: false, fieldCount: 2 })).toBeNull()
  expect(parse(text, { isLast: true, fieldCount: 2 })).not.toBeNull()
})

test('bytes behind the record, such as leftovers of an earlier read, change nothing', () => {
  const bytes = Buffer.from('1,Ana"\n,"x')
  const found = emptyRecord()
  expect(parseRecord(bytes, 0, 5, true, rfc4180(2), found)).toBe(true)
  expect(found).toMatchObject({ end: 5, next: 5, fieldCount: 2, lineEnd: LINE_END.none, fault: null })
})
