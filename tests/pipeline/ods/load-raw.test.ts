import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Run } from '../../../control/lake.ts'
import { DroplakeError } from '../../../core/errors.ts'
import { loadRaw, type RawFile } from '../../../pipeline/ods/load-raw.ts'
import { RunBatches } from '../../../pipeline/ods/run-batches.ts'
import type { CopiedUpload } from '../../../pipeline/uploads/index.ts'
import { type CsvLake, type RawRow, withCsvLake } from '../../helpers/csv-lake.ts'

const PEOPLE = { people: ['id', 'name'] }

async function loadPeople(content: string | Uint8Array): Promise<{ rows: RawRow[]; reader: string; blank: number }> {
  return withCsvLake(PEOPLE, async (lake) => {
    const rawFile = await lake.load('people', content)
    return { rows: await lake.rows(rawFile), reader: rawFile.dialect.reader, blank: rawFile.blank }
  })
}

/** `CODE: message`, and the hint. */
async function refusal(content: string | Uint8Array): Promise<{ error: string; hint: string | undefined }> {
  const load = async (lake: CsvLake) => lake.load('people', content).catch((error: unknown) => error)
  const thrown = await withCsvLake(PEOPLE, load)
  if (!(thrown instanceof DroplakeError)) throw new Error(`expected a refusal, got ${JSON.stringify(thrown)}`)
  return { error: `${thrown.code}: ${thrown.message}`, hint: thrown.hint }
}

function row(line: number, id: string | null, name: string | null): RawRow {
  return { line, cells: { id, name }, malformed: null, raw: null }
}

function malformed(line: number, reason: string, raw: string): RawRow {
  return { line, cells: { id: null, name: null }, malformed: reason, raw }
}

test('a file with a header and no record leaves no file in ODS', async () => {
  await withCsvLake(PEOPLE, async (lake) => {
    expect(await lake.load('people', 'id,name\n\n')).toMatchObject({ dataFiles: [], records: 0, blank: 1 })
  })
})

test.each([
  ['LF', '1,Ana\n"2","B, ""o"""\n,\n'],
  ['CRLF', '1,Ana\r\n"2","B, ""o"""\r\n,\r\n'],
  ['LF, below a header', 'name,id\nAna,1\n"B, ""o""",2\n,\n'],
])(
  'a file without blank lines, malformed records and line breaks in quotes is read by the engine (%s)',
  async (name, text) => {
    const first = name.includes('header') ? 2 : 1
    expect(await loadPeople(text)).toEqual({
      rows: [row(first, '1', 'Ana'), row(first + 1, '2', 'B, "o"'), row(first + 2, null, null)],
      reader: 'engine',
      blank: 0,
    })
  },
)

test.each([
  ['blank lines', '\n1,Ana\n\n2,Bo\n', [row(2, '1', 'Ana'), row(4, '2', 'Bo')], 2],
  ['a quoted line break', '1,"A\nna"\n2,Bo\n', [row(1, '1', 'A\nna'), row(3, '2', 'Bo')], 0],
  ['lone CRs', '1,Ana\r2,Bo\r', [row(1, '1', 'Ana'), row(2, '2', 'Bo')], 0],
  ['mixed line ends', '1,Ana\r\n2,Bo\n', [row(1, '1', 'Ana'), row(2, '2', 'Bo')], 0],
  ['blank lines above its header', '\n\nid,name\n1,Ana\n', [row(4, '1', 'Ana')], 2],
  // DuckDB takes a space and a quote for an opening quote, RFC 4180 for text.
  ['a space before its quotes', '1, "Ana"\n', [row(1, '1', ' "Ana"')], 0],
  ['a comma in quotes behind a space', ' "a,b"\n1,c\n', [row(1, ' "a', 'b"'), row(2, '1', 'c')], 0],
  ['a header over two lines', '"id\n",name\n1,Ana\n', [row(3, '1', 'Ana')], 0],
])('a file with %s is read carefully, and each record has its line', async (_name, text, rows, blank) => {
  expect(await loadPeople(text)).toEqual({ rows, reader: 'engine', blank })
})

test('each malformed record is kept with its text, its line and what is wrong with it', async () => {
  const content = Buffer.from('1,Ana\n2\n3,Cy,x\n4,"D"i\n5,E\0d\n6,Jos\xe9\n7,"Flo\n', 'latin1')
  expect((await loadPeople(content)).rows).toEqual([
    row(1, '1', 'Ana'),
    malformed(2, 'the record has 1 field; people has 2', '2'),
    malformed(3, 'the record has 3 fields; people has 2', '3,Cy,x'),
    malformed(4, 'there is text between a closing quote and the next delimiter', '4,"D"i'),
    malformed(5, 'the record holds a NUL byte (shown as \\x00)', '5,E\\x00d'),
    malformed(
      6,
      'the record is not UTF-8 text (the bytes that are not are shown as \\xHH); save the file as UTF-8, or name its encoding in pipeline_config.json ("encoding")',
      '6,Jos\\xE9',
    ),
    malformed(7, 'a quote is opened and never properly closed', '7,"Flo'),
  ])
})

test('a malformed record longer than 64 KiB is kept with its first 64 KiB, whole characters only', async () => {
  const { rows } = await loadPeople(`1,Ana\n22,${'é'.repeat(40_000)},x\n`)
  const raw = rows[1]?.raw ?? ''
  expect(raw.slice(32_760)).toBe('ééééééééé … (80005 bytes in all)')
  expect(raw.startsWith('22,éé')).toBe(true)
})

const EXPORT_HINT =
  'Export it with these columns, or say in pipeline_config.json how it is written (columns, delimiter, encoding), then drop it again.'

test('a file none of whose records fits is refused, with what was found and what was expected', async () => {
  expect(await refusal('1\n2\n3,C,y\n')).toEqual({
    error:
      'CSV_NO_RECORD_FITS: "people.csv": none of its 3 records can be read as "people" (id, name); most often: the record has 1 field; people has 2',
    hint: EXPORT_HINT,
  })
  expect(await refusal('1,"Ana"x\n2,"Bo"x\n')).toEqual({
    error:
      'CSV_NO_RECORD_FITS: "people.csv": none of its 2 records can be read as "people" (id, name); most often: there is text between a closing quote and the next delimiter',
    hint: EXPORT_HINT,
  })
})

test.each([
  ['is not UTF-8', Buffer.from('1,Jos\xe9\n2,Ren\xe9\n', 'latin1')],
  ['holds a NUL', Buffer.from('1,A\0\n2,B\0\n')],
  ['is UTF-16 without a byte order mark', Buffer.from('1,Ana\n2,Bo\n', 'utf16le')],
])('a file each of whose records %s is refused for that, not for its number of fields', async (_name, content) => {
  // `none of its 2 records has the 2 fields …; most of them have 2` says nothing that a person can act on.
  const { error } = await refusal(content)
  expect(error).toMatch(/^[A-Z_]+: "people\.csv"/)
  expect(error).toMatch(/UTF-8|NUL/)
  expect(error).not.toMatch(/most of them have/)
})

test('files of one table that come at once share one batch', async () => {
  await withCsvLake(PEOPLE, async ({ lake, run }) => {
    const batches = new RunBatches(lake, run)
    const [first, second] = await Promise.all(['a', 'b'].map((name) => batches.sourceOf(copiedUpload(run, name), name)))
    expect(second?.batch).toBe(first?.batch)
  })
})

function copiedUpload(run: Run, name: string): CopiedUpload {
  const identity = { device: '0', inode: '0', sizeBytes: '8', modifiedNs: '0' }
  const path = join(run.folder, name)
  return {
    status: 'copied',
    name,
    tableName: 'people',
    path,
    sizeBytes: 8,
    sha256: name,
    identity,
    isCorrection: false,
  }
}

test('a file of which the batch does not hold what its account says is taken back, and the others stay', async () => {
  await withCsvLake(PEOPLE, async ({ lake, run }) => {
    const batches = new RunBatches(lake, run)
    const rawFiles = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const upload = copiedUpload(run, name)
        await writeFile(upload.path, `1,${name}\n2,${name}\n`)
        return loadRaw(await batches.sourceOf(upload, name))
      }),
    )
    const [first, second] = rawFiles as [RawFile, RawFile]
    const wrong = { ...first, inBatch: { ...first.inBatch, textBytes: first.inBatch.textBytes + 1 } }
    expect(await batches.removeUnequal([wrong, second])).toEqual([wrong])
    expect((await batches.write()).get('people')).toMatchObject({ rows: 2 })
  })
})
