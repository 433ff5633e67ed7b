import { expect, test } from 'vitest'
import { splitRecord } from '../../../../pipeline/ods/csv/split-record.ts'
import { rawText } from '../../../../pipeline/ods/text/raw-text.ts'
import { RFC_4180 } from '../../../helpers/csv-scan.ts'

function split(text: string): string[] {
  const bytes = Buffer.from(text)
  return splitRecord(bytes, 0, bytes.length, RFC_4180)
}

test.each([
  ['1,Ana', ['1', 'Ana']],
  [',', ['', '']],
  ['1,', ['1', '']],
  [',,1', ['', '', '1']],
  ['""', ['']],
  ['"",""', ['', '']],
  ['"1","Ana"', ['1', 'Ana']],
  ['"a,b",c', ['a,b', 'c']],
  ['"a\nb\r\nc\rd",e', ['a\nb\r\nc\rd', 'e']],
  ['"say ""hi""",x', ['say "hi"', 'x']],
  ['""""', ['"']],
  ['""""""', ['""']],
  ['"""",""""', ['"', '"']],
  ['",",","', [',', ',']],
  ['5" pipe,a""b', ['5" pipe', 'a""b']],
  [' "a" ,b', [' "a" ', 'b']],
  [' 1 ,\tAna ', [' 1 ', '\tAna ']],
  ['José,"中文 😀",\uFEFF', ['José', '中文 😀', '\uFEFF']],
])('%j has the fields %j', (text, fields) => {
  expect(split(text)).toEqual(fields)
})

test('only the bytes of the record are looked at', () => {
  const bytes = Buffer.from('0,x\n1,"a",\n"2",b\n')
  expect(splitRecord(bytes, 4, 10, RFC_4180)).toEqual(['1', 'a', ''])
  // Behind an empty last field the buffer may hold a quote of something else.
  expect(splitRecord(Buffer.from('1,"x'), 0, 2, RFC_4180)).toEqual(['1', ''])
})

test('a field of several megabytes comes out whole', () => {
  const long = 'é,"\n'.repeat(500_000)
  const fields = split(`1,"${long.replaceAll('"', '""')}"`)
  // Not toEqual: the difference of two texts of this length is not worth waiting for.
  expect(fields.length).toBe(2)
  expect(fields[1] === long).toBe(true)
})

test('text is shown as it is, in any script', () => {
  expect(rawText(Buffer.from('José,中文,😀\r\n"'))).toBe('José,中文,😀\r\n"')
})

test('bytes that are no text are shown as \\xHH, and the text around them stays', () => {
  expect(rawText(Buffer.from('Jos\xe9,5', 'latin1'))).toBe('Jos\\xE9,5')
  expect(rawText(Buffer.from([0xff, 0x41, 0xc3, 0xa9, 0xc3]))).toBe('\\xFFAé\\xC3')
  // Three bytes of a character of four.
  expect(rawText(Buffer.from([0xf0, 0x9f, 0x98, 0x2c]))).toBe('\\xF0\\x9F\\x98,')
  // An overlong slash and half of a surrogate pair are no UTF-8 either.
  expect(rawText(Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80]))).toBe('\\xC0\\xAF\\xED\\xA0\\x80')
})

test('a NUL is shown as \\x00, among text and among bytes that are none', () => {
  expect(rawText(Buffer.from('a\0b'))).toBe('a\\x00b')
  expect(rawText(Buffer.from('a\0\xff', 'latin1'))).toBe('a\\x00\\xFF')
})
