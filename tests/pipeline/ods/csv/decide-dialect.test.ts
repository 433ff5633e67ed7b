import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { TableConfig } from '../../../../core/config/schema.ts'
import { DroplakeError } from '../../../../core/errors.ts'
import { decideDialect } from '../../../../pipeline/ods/csv/decide-dialect.ts'
import type { CsvDialect } from '../../../../pipeline/ods/csv/dialect.ts'
import { openText } from '../../../../pipeline/ods/text/open-text.ts'
import { withCsvFile } from '../../../helpers/csv-scan.ts'

function tableOf(...columns: string[]): TableConfig {
  return {
    files: ['orders*.csv'],
    columns: Object.fromEntries(columns.map((column) => [column, { type: 'string', required: true }])),
    primaryKey: columns.slice(0, 1),
    unique: [],
    onConflict: 'reject',
    references: [],
    onExtraColumns: 'refuse',
    onMissingColumns: 'allow',
    checks: [],
    severity: {},
  }
}

const LIMITS = { maxFileBytes: 1e9, maxExpansion: 200, maxFieldBytes: 1e6 }
const ORDERS = tableOf('order_id', 'customer_id', 'amount')

async function decide(content: string | Uint8Array, table = ORDERS): Promise<CsvDialect> {
  return withCsvFile(content, async (path) => {
    const sizeBytes = Buffer.byteLength(content)
    const text = await openText({ name: 'orders.csv', path, sizeBytes, encoding: table.encoding, limits: LIMITS })
    return decideDialect(text, 'orders.csv', table)
  })
}

/** `CODE: message`, and the hint. */
async function refusal(content: string | Uint8Array, table = ORDERS): Promise<{ error: string; hint?: string }> {
  const thrown = await decide(content, table).catch((error: unknown) => error)
  if (!(thrown instanceof DroplakeError)) throw new Error(`expected a refusal, got ${JSON.stringify(thrown)}`)
  expect(thrown.kind).toBe('input')
  return { error: `${thrown.code}: ${thrown.message}`, ...(thrown.hint === undefined ? {} : { hint: thrown.hint }) }
}

const NO_HEADER = { hasHeader: false, columns: ['order_id', 'customer_id', 'amount'] }

test('a file that begins with its columns has a header, and its records begin below', async () => {
  expect(await decide('order_id,customer_id,amount\n1,2,3\n')).toEqual({
    format: 'csv',
    delimiter: ',',
    quote: '"',
    escape: 'doubled',
    lineEnd: 'lf',
    hasHeader: true,
    columns: ['order_id', 'customer_id', 'amount'],
    extra: [],
    missing: [],
    renamed: [],
    leadingBlankLines: 0,
    start: { offset: 28, line: 2 },
  })
})

test('a file that begins with data is read from its first byte, columns in the order of the contract', async () => {
  expect(await decide('1,2,3\n')).toEqual({
    format: 'csv',
    delimiter: ',',
    quote: '"',
    escape: 'doubled',
    lineEnd: 'lf',
    ...NO_HEADER,
    extra: [],
    missing: [],
    renamed: [],
    leadingBlankLines: 0,
    start: { offset: 0, line: 1 },
  })
})

test.each([
  ['in other case', 'ORDER_ID,Customer_Id,aMount\n', ['order_id', 'customer_id', 'amount']],
  ['in another order', 'amount,order_id,customer_id\n', ['amount', 'order_id', 'customer_id']],
  ['with spaces around its names', ' order_id , customer_id,amount\t\n', ['order_id', 'customer_id', 'amount']],
  ['in quotes', '"order_id","customer_id","amount"\n', ['order_id', 'customer_id', 'amount']],
])('a header is known %s', async (_name, header, columns) => {
  expect(await decide(`${header}1,2,3\n`)).toMatchObject({
    hasHeader: true,
    columns,
    start: { offset: header.length, line: 2 },
  })
})

test.each([
  ['LF', '\n', 28],
  ['CRLF', '\r\n', 29],
  ['lone CR', '\r', 28],
  ['the end of the file', '', 27],
])('a header ends with %s', async (_name, lineEnd, offset) => {
  expect(await decide(`order_id,customer_id,amount${lineEnd}`)).toMatchObject({
    hasHeader: true,
    start: { offset, line: 2 },
  })
})

test('a byte order mark belongs to no field', async () => {
  expect(await decide('\uFEFForder_id,customer_id,amount\n')).toMatchObject({
    hasHeader: true,
    start: { offset: 31, line: 2 },
  })
  expect(await decide('\uFEFF1,2,3\n')).toMatchObject({
    hasHeader: false,
    start: { offset: 3, line: 1 },
  })
})

test('blank lines above the header are passed over and counted', async () => {
  expect(await decide('\n\r\n\rorder_id,customer_id,amount\n1,2,3\n')).toMatchObject({
    hasHeader: true,
    leadingBlankLines: 3,
    start: { offset: 32, line: 5 },
  })
})

test('blank lines above data are left to the reader of the records', async () => {
  expect(await decide('\n\n1,2,3\n')).toMatchObject({
    ...NO_HEADER,
    leadingBlankLines: 2,
    start: { offset: 0, line: 1 },
  })
})

test('a header may span lines, when a column has a line end in its name', async () => {
  const table = tableOf('id', 'full\nname')
  expect(await decide('id,"Full\nName"\r\n1,Ana\n', table)).toMatchObject({
    hasHeader: true,
    columns: ['id', 'full\nname'],
    start: { offset: 16, line: 3 },
  })
})

test.each([
  ['a column name among its values', 'order_id,2,3\n'],
  ['a damaged first record', 'order_id,"customer_id,amount\n1,2,3\n'],
  ['text after a quote in the first record', '"order_id"x,customer_id,amount\n'],
  ['a NUL in the first record', 'order_id,customer_id,amount\0\n'],
  ['a first record of one field', '1\n'],
  ['spaces alone on its first line', '   \n1,2,3\n'],
])('a file with %s has no header', async (_name, text) => {
  expect(await decide(text)).toMatchObject({ ...NO_HEADER, start: { offset: 0, line: 1 } })
})

const HEADER_HINT = 'Correct the header, or the columns in pipeline_config.json, then drop the file again.'

test.each([
  [
    'lacks a column',
    'order_id,customer_id\n',
    '"orders.csv": the header lacks "amount"; expected order_id, customer_id, amount.',
  ],
  [
    'has a column too many',
    'order_id,customer_id,amount,note\n',
    '"orders.csv": the header has the unknown "note"; expected order_id, customer_id, amount.',
  ],
  [
    'ends with a comma',
    'order_id,customer_id,amount,\n',
    '"orders.csv": the header has the unknown ""; expected order_id, customer_id, amount.',
  ],
  [
    'has a column twice',
    'order_id,customer_id,amount,Amount\n',
    '"orders.csv": the header has "amount" twice; expected order_id, customer_id, amount.',
  ],
  [
    'has a mistyped column',
    'order_id,custmer_id,amount\n',
    '"orders.csv": the header lacks "customer_id" and has the unknown "custmer_id"; expected order_id, customer_id, amount. Did you mean "customer_id"?',
  ],
  [
    'has all of these faults',
    'order_id,order_id, colour ,size\n',
    '"orders.csv": the header lacks "customer_id", "amount" and has the unknown "colour", "size" and has "order_id" twice; expected order_id, customer_id, amount.',
  ],
])('a file whose header %s is refused, with what it lacks and what was expected', async (_name, text, message) => {
  expect(await refusal(text)).toEqual({ error: `CSV_HEADER_MISMATCH: ${message}`, hint: HEADER_HINT })
})

test('a column named _id is like any other extra one, unless the file is a CSV of the quarantine', async () => {
  expect(await refusal('_id,order_id,customer_id,amount,_reason\n')).toEqual({
    error:
      'CSV_HEADER_MISMATCH: "orders.csv": the header has the unknown "_id", "_reason"; expected order_id, customer_id, amount.',
    hint: 'Correct the header, or the columns in pipeline_config.json, then drop the file again.',
  })
})

test('the faults of a header can be read by a program', async () => {
  const thrown = await decide('order_id,order_id,colour\n').catch((error: unknown) => error)
  expect((thrown as DroplakeError).details).toEqual({
    missing: ['customer_id', 'amount'],
    extra: ['colour'],
    twice: ['order_id'],
  })
})

const EMPTY_HINT = 'Export the file again and drop it.'

test.each([
  ['no bytes', '', 'has no bytes'],
  ['only blank lines', '\n\r\n\r\n', 'has only blank lines'],
  ['only blank lines behind a byte order mark', '\uFEFF\n\n', 'has only blank lines'],
])('a file with %s is refused', async (_name, text, found) => {
  expect(await refusal(text)).toEqual({
    error: `UPLOAD_EMPTY: "orders.csv" ${found}; expected at least one record or a header`,
    hint: EMPTY_HINT,
  })
})

test('blank lines above the data make no file empty, however many they are', async () => {
  const blankLines = '\n'.repeat(17 * 1024 * 1024)
  expect(await decide(`${blankLines}1,2,3\n`)).toMatchObject(NO_HEADER)
})

const SAVE_AS_UTF8 = 'Save it as UTF-8 and drop it again.'
const SAVE_AS_CSV = 'Save it as CSV (UTF-8) and drop that.'
const EXPORT_AS_CSV = 'Export the table as CSV and drop that.'
const UNPACK = 'Unpack it, or pack it with gzip or zstd.'
const PACK_ONCE = 'Pack it once, or not at all, and drop it again.'

test.each([
  ['compressed twice', gzipSync(gzipSync('1,2,3\n')), PACK_ONCE],
  ['compressed with xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), UNPACK],
  ['UTF-32 text', Buffer.from([0xff, 0xfe, 0, 0, 0x31, 0, 0, 0]), SAVE_AS_UTF8],
  ['a ZIP or Excel file', Buffer.from('PK\x03\x04rest', 'latin1'), SAVE_AS_CSV],
  ['an old Excel file', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), SAVE_AS_CSV],
  ['a PDF file', Buffer.from('%PDF-1.7\n'), EXPORT_AS_CSV],
  ['a Parquet file', Buffer.from('PAR1\x15\x04', 'latin1'), EXPORT_AS_CSV],
])('a file that is %s is refused with what to do about it', async (is, bytes, hint) => {
  expect(await refusal(bytes)).toEqual({
    error: `UPLOAD_NOT_TEXT: "orders.csv" is ${is}; expected CSV or JSON lines, plain or in gzip or zstd`,
    hint,
  })
})

test('text that begins like one of those files is text', async () => {
  expect(await decide('PK,2,3\n')).toMatchObject(NO_HEADER)
  expect(await decide('PA')).toMatchObject(NO_HEADER)
})
