import { expect, test } from 'vitest'
import { LF, MAX_RECORD_BYTES } from '../../../../pipeline/ods/csv/record-format.ts'
import { scanRecords } from '../../../../pipeline/ods/csv/scan-records.ts'
import {
  describeRecords,
  FROM_THE_TOP,
  RFC_4180,
  rfc4180,
  scanBytes,
  scanFile,
  withCsvFile,
} from '../../../helpers/csv-scan.ts'

/** The bytes that are read at once. 4 MiB. */
const WINDOW_BYTES = 4 * 1024 * 1024

test.each([
  ['LF', '1,Ana\n2,Bo\n'],
  ['CRLF', '1,Ana\r\n2,Bo\r\n'],
  ['lone CR', '1,Ana\r2,Bo\r'],
  ['LF, but for the last line, which has no end', '1,Ana\n2,Bo'],
  ['a mixture', '1,Ana\r\n2,Bo\n'],
])('lines that end with %s are records', async (_name, text) => {
  const scanned = await scanBytes(text, 2)
  expect(describeRecords(scanned)).toEqual(['1: 1|Ana', '2: 2|Bo'])
  expect(scanned.account).toMatchObject({ records: 2, malformed: 0, blank: 0, textBytes: 7 })
})

test('LF, CRLF and lone CR in one file each end one line', async () => {
  const scanned = await scanBytes('1,a\n2,b\r\n3,c\r4,d\r\r\n5,e\n\r6,f', 2)
  expect(describeRecords(scanned)).toEqual(['1: 1|a', '2: 2|b', '3: 3|c', '4: 4|d', '6: 5|e', '8: 6|f'])
  expect(scanned.account).toMatchObject({ records: 6, blank: 2 })
})

test('blank lines are counted, are no records, and push the lines below them down', async () => {
  const scanned = await scanBytes('\n\n1,Ana\n\n2,Bo\n\n\n', 2)
  expect(describeRecords(scanned)).toEqual(['3: 1|Ana', '5: 2|Bo'])
  expect(scanned.account).toMatchObject({ records: 2, malformed: 0, blank: 5 })
})

test('a single column: an empty quoted field is a record, an empty line is blank', async () => {
  const scanned = await scanBytes('a\n""\n\nb\n', 1)
  expect(describeRecords(scanned)).toEqual(['1: a', '2: ', '4: b'])
  expect(scanned.account).toMatchObject({ records: 3, blank: 1 })
})

test('a record over several lines has the line where it starts', async () => {
  const scanned = await scanBytes('1,"a\nb\r\nc\rd"\n2,e\n', 2)
  expect(describeRecords(scanned)).toEqual(['1: 1|a\nb\r\nc\rd', '5: 2|e'])
  expect(scanned.account).toMatchObject({ records: 2, malformed: 0 })
})

test('the account counts the bytes of text, without quotes, commas and line ends', async () => {
  const scanned = await scanBytes('"a,""é""",5"\n,"\r\n"\r\n', 2)
  expect(describeRecords(scanned)).toEqual(['1: a,"é"|5"', '2: |\r\n'])
  expect(scanned.account.textBytes).toBe(Buffer.byteLength('a,"é"5"\r\n'))
})

test('records are read from where the header ends, and its lines count', async () => {
  const header = '"id","na\nme"\n'
  const scanned = await scanBytes(`${header}1,Ana\n`, 2, { offset: header.length, line: 3 })
  expect(describeRecords(scanned)).toEqual(['3: 1|Ana'])
})

test('a file with nothing behind its header has no records', async () => {
  const scanned = await scanBytes('id,name\n', 2, { offset: 8, line: 2 })
  expect(scanned.records).toEqual([])
  expect(scanned.account).toMatchObject({ records: 0, malformed: 0, blank: 0 })
})

test('malformed records are counted among the records, by their number of fields', async () => {
  const scanned = await scanBytes('1,Ana\n2\n3,Cy,x\n4,Di,\n5,"E"y\n6,F\0\n', 2)
  expect(describeRecords(scanned)).toEqual([
    '1: 1|Ana',
    '2: field_count <2>',
    '3: field_count <3,Cy,x>',
    '4: field_count <4,Di,>',
    '5: text_after_quote <5,"E"y>',
    '6: nul_byte <6,F\0>',
  ])
  expect(scanned.account).toMatchObject({ records: 6, malformed: 5, textBytes: 4 })
  expect(scanned.account.fieldCounts.get(1)).toBe(1)
  expect(scanned.account.fieldCounts.get(3)).toBe(2)
})

test('bytes that are no UTF-8 spoil their own record only', async () => {
  const bytes = Buffer.from('1,Ana\n2,Jos\xe9\n3,Cy\n"4\n","\xff"\n5,E', 'latin1')
  const scanned = await scanBytes(bytes, 2)
  expect(describeRecords(scanned)).toEqual([
    '1: 1|Ana',
    '2: not_utf8 <2,Jos\xe9>',
    '3: 3|Cy',
    '4: not_utf8 <"4\n","\xff">',
    '6: 5|E',
  ])
})

test('bytes that are no UTF-8 are found on lines that end with CR, below those that end with LF', async () => {
  const scanned = await scanBytes(Buffer.from('1,Ana\n2,Jos\xe9\r3,Cy\r4,D', 'latin1'), 2)
  expect(describeRecords(scanned)).toEqual(['1: 1|Ana', '2: not_utf8 <2,Jos\xe9>', '3: 3|Cy', '4: 4|D'])
})

test('a character cut by the end of the file is no UTF-8', async () => {
  const scanned = await scanBytes(Buffer.from('1,a\n2,\xc3', 'latin1'), 2)
  expect(describeRecords(scanned)).toEqual(['1: 1|a', '2: not_utf8 <2,\xc3>'])
})

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['lone CR', '\r'],
])('a quote that is never closed costs one line, and the records below come back (%s)', async (_name, lineEnd) => {
  const lines = ['1,Ana', '2,"Bo', '3,Cy', '4,"D,i"', '', '5,E', '']
  const scanned = await scanBytes(lines.join(lineEnd), 2)
  expect(describeRecords(scanned)).toEqual(['1: 1|Ana', '2: unclosed_quote <2,"Bo>', '3: 3|Cy', '4: 4|D,i', '6: 5|E'])
  expect(scanned.account).toMatchObject({ records: 5, malformed: 1, blank: 1 })
})

test.each([
  ['with a line end', '1,Ana\n2,"Bo\n'],
  ['without a line end', '1,Ana\n2,"Bo'],
])('a quote opened on the last line, %s, costs that line', async (_name, text) => {
  expect(describeRecords(await scanBytes(text, 2))).toEqual(['1: 1|Ana', '2: unclosed_quote <2,"Bo>'])
})

test('several lost quotes cost a line each', async () => {
  const scanned = await scanBytes('1,"a\n2,b\n3,"c\n4,d\n5,e"f\n"6,g\n7,h\n', 2)
  expect(describeRecords(scanned)).toEqual([
    '1: unclosed_quote <1,"a>',
    '2: 2|b',
    '3: unclosed_quote <3,"c>',
    '4: 4|d',
    '5: 5|e"f',
    '6: unclosed_quote <"6,g>',
    '7: 7|h',
  ])
})

test('text behind a closing quote costs its line, whatever quotes follow on it', async () => {
  const scanned = await scanBytes('1,"a"x,"y\n2,b\n', 2)
  expect(describeRecords(scanned)).toEqual(['1: text_after_quote <1,"a"x,"y>', '2: 2|b'])
})

test('a lost quote at the top of a file larger than what is read at once costs one line', async () => {
  const rowCount = 500_000
  const rows = Array.from({ length: rowCount }, (_, index) => `${1_000_000 + index},Ana\n`).join('')
  const scanned = await scanBytes(`0,"Bo\n${rows}`, 2)
  expect(rows.length).toBeGreaterThan(WINDOW_BYTES)
  expect(scanned.account).toMatchObject({ records: rowCount + 1, malformed: 1, textBytes: rowCount * 10 })
  expect(scanned.records[0]).toMatchObject({ line: 1, fault: 'unclosed_quote' })
  expect(scanned.records.at(-1)).toMatchObject({ line: rowCount + 1, fields: ['1499999', 'Ana'] })
})

test('records that are cut where one read ends and the next begins come out whole, at every place they can be cut', async () => {
  // All that a cut can hurt: characters of two to four bytes, CRLF, lone CR, doubled quotes, quoted line ends, damage.
  const around = Buffer.concat([
    Buffer.from('1,é中😀\r\n2,"a""b\r\nc\rd\n""😀"\r\n""""\r\r\n3,"x"y😀\r\n4,\0\r5\r\n"6","7"\r\n'),
    Buffer.from('8,\xe9\n\r', 'latin1'),
    Buffer.from('9,"\r\n"\r"10","lost\n11,é\r\n'),
  ])
  const alone = await scanBytes(around, 2)
  expect(describeRecords(alone).length).toBe(11)

  // Filler lines, so that the end of the first read lies in `around`, once at each of its bytes.
  const lineBytes = 64 * 1024
  const fillerLines = WINDOW_BYTES / lineBytes
  const filler = Buffer.alloc(WINDOW_BYTES, 'x')
  for (let line = 0; line < fillerLines; line++) {
    filler[line * lineBytes + 100 + around.length] = RFC_4180.delimiter
    filler[(line + 1) * lineBytes - 1] = LF
  }
  const expected = alone.records.map((record) => ({ ...record, line: record.line + fillerLines }))
  await withCsvFile(Buffer.concat([filler, around]), async (path) => {
    for (let cut = 0; cut <= around.length + 1; cut++) {
      const scanned = await scanFile(path, 2, { offset: cut, line: 1 })
      expect(scanned.records.slice(fillerLines), `cut at byte ${cut}`).toEqual(expected)
      expect(scanned.account.records).toBe(fillerLines + alone.account.records)
      expect(scanned.account.malformed).toBe(alone.account.malformed)
      expect(scanned.account.blank).toBe(alone.account.blank)
    }
  })
})

test('a field of several megabytes comes out whole', async () => {
  const long = 'é"",\r\n'.repeat(1_000_000)
  const scanned = await scanBytes(`1,a\n2,"${long}"\n3,c\n`, 2)
  expect(scanned.records.map(({ line }) => line)).toEqual([1, 2, 1_000_003])
  expect(scanned.records[1]?.fields?.[1] === long.replaceAll('""', '"')).toBe(true)
  expect(scanned.account).toMatchObject({ records: 3, malformed: 0 })
})

/** `sizeBytes` of x. */
function filler(sizeBytes: number): Buffer {
  return Buffer.alloc(sizeBytes, 'x')
}

/** Lines and faults alone: texts are too long to compare. */
async function outline(parts: readonly (string | Buffer)[]): Promise<string[]> {
  const scanned = await scanBytes(Buffer.concat(parts.map((part) => Buffer.from(part))), 2)
  return scanned.records.map(({ line, fault }) => `${line}: ${fault ?? 'ok'}`)
}

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['lone CR', '\r'],
])('a line longer than 16 MiB is one malformed record, and the records around it stay (%s)', async (_name, lineEnd) => {
  const long = filler(MAX_RECORD_BYTES + 5_000_000)
  const parts = [`1,a${lineEnd}`, long, `,"z${lineEnd}3,c${lineEnd}${lineEnd}5,e${lineEnd}`]
  expect(await outline(parts)).toEqual(['1: ok', '2: too_long', '3: ok', '5: ok'])
})

test('a line longer than 16 MiB at the end of the file is one malformed record', async () => {
  expect(await outline(['1,a\n2,"', filler(MAX_RECORD_BYTES + 10)])).toEqual(['1: ok', '2: too_long'])
})

test('a record just under 16 MiB is read', async () => {
  expect(await outline(['1,a\n2,', filler(MAX_RECORD_BYTES - 10), '\n3,c\n'])).toEqual(['1: ok', '2: ok', '3: ok'])
})

test.each([-3, -2, -1, 0, 1, 2])(
  'a record below one whose CR is the last byte that was read stays: %i bytes from 16 MiB',
  async (bytesOver) => {
    const records = await outline([filler(MAX_RECORD_BYTES - 3 + bytesOver), ',1\r2,b\r3,c\r'])
    expect(records.slice(1)).toEqual(['2: ok', '3: ok'])
  },
)

test.each([
  ['LF', 0, '\n'],
  ['LF', -1, '\n'],
  ['CRLF', 0, '\r\n'],
  ['CRLF', -1, '\r\n'],
  ['lone CR', 0, '\r'],
  ['lone CR', -1, '\r'],
])(
  'the records below a damaged one of two lines stay, when it ends 16 MiB from its start and near the end of the file (%s, %i)',
  async (_name, bytesOver, lineEnd) => {
    const head = `1,"a${lineEnd}b",`
    const long = filler(MAX_RECORD_BYTES + bytesOver - head.length)
    const records = await outline([head, long, `${lineEnd}2,b${lineEnd}3,c${lineEnd}`])
    expect(records).toEqual(['1: field_count', '3: ok', '4: ok'])
  },
)

test('a record that becomes too long on its second line keeps the line numbers below it right', async () => {
  const records = await outline(['"a\nb",', filler(MAX_RECORD_BYTES), '\n2,b\n3,c\n'])
  expect(records).toEqual(['1: too_long', '3: ok', '4: ok'])
})

test('whether a record is too long does not depend on where in the file it stands', async () => {
  const long = ['2,', filler(MAX_RECORD_BYTES + 4_000_000), '\n']
  expect(await outline([...long, '3,c\n'])).toEqual(['1: too_long', '2: ok'])
  // Behind a record of 12 MiB more is read at once, and here the long one begins so that all of it is in sight.
  const before = ['1,', filler(12 * 1024 * 1024), '\n', `1,${'y'.repeat(997)}\n`.repeat(4712)]
  const records = await outline([...before, ...long, '3,c\n'])
  expect(records.slice(-2)).toEqual(['4714: too_long', '4715: ok'])
})

test('a quote that is lost more than 16 MiB above the next one costs one line', async () => {
  const row = `1,${'y'.repeat(9997)}\n`
  const records = await outline(['0,"a\n', row.repeat(1800), '2,"b"\n'])
  expect(records.length).toBe(1802)
  expect(records.filter((record) => !record.endsWith(': ok'))).toEqual(['1: unclosed_quote'])
  expect(records.at(-1)).toBe('1802: ok')
})

test.each([
  ['lines that each lose a quote and close one', ',"\n', 3],
  ['lines that each open a quote again, so that it is never closed', 'x",y,"\n', 3],
  ['lines with one quote each', '"\n', 2],
  ['lines of quotes alone', '"""\n', 2],
  ['lines that begin with a closing quote and end with an opening one', '",a,"\n', 2],
])(
  // Linear work on these 2 MB takes a moment; work that grows with the square of the file took minutes, and hours for 20 MB.
  'many %s are read in time that grows with the file',
  async (_name, line, fieldCount) => {
    const { account } = await scanBytes(line.repeat(2_000_000 / line.length), fieldCount)
    expect(account.records).toBeGreaterThan(0)
  },
  30_000,
)

test('what was read is reported on the way, up to the size of the file', async () => {
  const bytes = Buffer.from('1,a\n'.repeat(1_500_000))
  const reports: number[] = []
  await withCsvFile(bytes, (path) =>
    scanRecords(path, FROM_THE_TOP, rfc4180(2), { onBytes: (done) => reports.push(done) }),
  )
  expect(reports.at(-1)).toBe(bytes.length)
  expect([...reports].sort((a, b) => a - b)).toEqual(reports)
  expect(reports.length).toBeGreaterThan(1)
})
