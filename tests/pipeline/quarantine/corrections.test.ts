import { copyFile, rename, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Project } from '../../../core/config/load-config.ts'
import { compact } from '../../../pipeline/maintain/compact.ts'
import { repair } from '../../../pipeline/maintain/repair/index.ts'
import { rollback } from '../../../pipeline/maintain/rollback.ts'
import { trace } from '../../../pipeline/trace/index.ts'
import { tryRules } from '../../../pipeline/try-rules/index.ts'
import { flipBit } from '../../helpers/damage.ts'
import { quietly } from '../../helpers/maintain.ts'
import { usePreparedLake } from '../../helpers/prepared-lake.ts'
import { type CsvRow, correct, formatCsv, parseCsv } from '../../helpers/quarantine-csv.ts'
import { PARENTS, type TempLake, tempLake } from '../../helpers/temp-lake.ts'

const EMPLOYEES = [
  '1,Ann,2021-01-01T00:00:00Z,1,1',
  '2,,2021-01-02T00:00:00Z,1,1',
  '3,Cem,soon,9,',
  '4,=1+1,2021-01-04T00:00:00Z,9,2',
  '',
].join('\n')
const INBOX = 'employees.csv.1.csv'

const lakeWithQuarantine = usePreparedLake({ uploads: { ...PARENTS, 'employees.csv': EMPLOYEES } }, async (lake) => {
  await lake.run()
})

const statuses = (lake: TempLake) => lake.query('select _line, _status from quarantine.employees order by _line')

test('a corrected CSV dropped back empties the quarantine, and each row leads to its first file and line', async () => {
  const lake = await lakeWithQuarantine()
  const [{ file_id: fileId }] = [
    { file_id: (await lake.query("select file_id from control.files where name = 'employees.csv'"))[0]?.[0] },
  ]
  const corrected = await correct(lake, INBOX, (row) => ({
    ...row,
    employee_name: row.employee_name || 'Bo',
    hiring_date: row.hiring_date === 'soon' ? '2021-03-03T00:00:00Z' : (row.hiring_date ?? ''),
    department_id: '1',
    job_id: row.job_id || '2',
  }))
  await lake.drop({ [INBOX]: corrected })
  const summary = await lake.run()
  expect(summary.files).toMatchObject([{ file: INBOX, records: 3, loaded: 3, quarantined: 0 }])
  expect(summary.tables[2]).toMatchObject({ table: 'employees', rows: 4, released: 3, stillQuarantined: 0 })
  expect(
    await lake.query('select employee_id, employee_name, _file_id, _line, _run_id from dw.employees order by 1'),
  ).toEqual([
    ['1', 'Ann', fileId, '1', '1'],
    ['2', 'Bo', fileId, '2', '2'],
    ['3', 'Cem', fileId, '3', '2'],
    ['4', '=1+1', fileId, '4', '2'],
  ])
  expect(await statuses(lake)).toEqual([
    ['2', 'released'],
    ['3', 'released'],
    ['4', 'released'],
  ])
  expect(await lake.query('select distinct _status_why, _status_run_id from quarantine.employees')).toEqual([
    [`corrected in ${INBOX}`, '2'],
  ])
  expect(await lake.list('quarantine')).toEqual([])
  expect(await lake.list('workingArea', 'processed')).toContain(INBOX)
  expect(await lake.findings()).toEqual([])
})

test('what is still wrong stays with its new reasons and values, and the CSV in the inbox shows them', async () => {
  const lake = await lakeWithQuarantine()
  const corrected = await correct(lake, INBOX, (row) =>
    row._line === '3' ? { ...row, job_id: '1', department_id: '2' } : row,
  )
  await lake.drop({ 'from a colleague.csv': corrected })
  expect((await lake.run()).files).toMatchObject([{ table: 'employees', records: 3, loaded: 0, quarantined: 3 }])
  const rows = parseCsv(await lake.read('quarantine', 'employees', INBOX))
  expect(rows.map((row) => [row._line, row._rules, row.department_id])).toEqual([
    ['2', 'required:employee_name', '1'],
    ['3', 'type:hiring_date', '2'],
    ['4', 'reference:department_id', '9'],
  ])
  // Only the record that came back otherwise has a new entry.
  expect(await lake.query('select _line, _run_id from quarantine.employees order by 1')).toEqual([
    ['2', '1'],
    ['3', '2'],
    ['4', '1'],
  ])
  expect(await lake.findings()).toEqual([])
})

test('a spreadsheet may save it with semicolons, a byte order mark, and CRLF', async () => {
  const lake = await lakeWithQuarantine()
  const corrected = await correct(
    lake,
    INBOX,
    (row) => (row._line === '2' ? { ...row, employee_name: 'Żoë; "Zo"' } : row),
    ';',
  )
  await lake.drop({ [INBOX]: `\uFEFF${corrected}` })
  expect((await lake.run()).files).toMatchObject([{ loaded: 1, quarantined: 2 }])
  expect(await lake.query('select employee_name from dw.employees where employee_id = 2')).toEqual([['Żoë; "Zo"']])
})

test('a corrected CSV may be packed', async () => {
  const lake = await lakeWithQuarantine()
  const corrected = await correct(lake, INBOX, (row) => (row._line === '2' ? { ...row, employee_name: 'Bo' } : row))
  await lake.drop({ [`${INBOX}.gz`]: gzipSync(corrected), 'damaged.csv.gz': gzipSync(corrected).subarray(0, 12) })
  expect((await lake.run()).files).toMatchObject([
    { file: `${INBOX}.gz`, table: 'employees', loaded: 1, quarantined: 2 },
    { file: 'damaged.csv.gz', outcome: 'refused' },
  ])
  expect(await lake.findings()).toEqual([])
})

test('cells that a spreadsheet would run are defused, and come back as they were; numbers stay numbers', async () => {
  const names = ['=1+1', "'=1+1", "''@x", '+49 30', '-5', '-5e3', '@home', '\tx', "it's", '-', '=']
  const lines = names.map((name, index) => `${index + 10},${name},2021-01-01T00:00:00Z,9,1\n`)
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': lines.join('') } })
  await lake.run()
  const rows = parseCsv(await lake.read('quarantine', 'employees', INBOX))
  expect(rows.map((row) => row.employee_name)).toEqual([
    "'=1+1",
    "''=1+1",
    "'''@x",
    "'+49 30",
    '-5',
    '-5e3',
    "'@home",
    "'\tx",
    "it's",
    "'-",
    "'=",
  ])
  await lake.drop({ [INBOX]: formatCsv(rows.map((row) => ({ ...row, department_id: '1' }))) })
  await lake.run()
  expect((await lake.query('select employee_name from dw.employees order by employee_id')).flat()).toEqual(names)
})

test('the same correction dropped once more changes nothing, also when it comes together with others', async () => {
  const lake = await lakeWithQuarantine()
  const corrected = await correct(lake, INBOX, (row) => (row._line === '2' ? { ...row, employee_name: 'Bo' } : row))
  await lake.drop({ [INBOX]: corrected })
  await lake.run()
  await lake.drop({ 'again.csv': corrected })
  expect((await lake.run()).files).toMatchObject([{ records: 3, loaded: 0, unchanged: 1, quarantined: 2 }])
  expect(await lake.query('select count(*) from dw.employees')).toEqual([['2']])
  expect(await lake.findings()).toEqual([])
})

test('what names no entry is quarantined with the reason, and nothing else is held up by it', async () => {
  const lake = await lakeWithQuarantine()
  const rows = parseCsv(await correct(lake, INBOX, (row) => row))
  const fixed = { ...rows[0], employee_name: 'Bo' }
  const other = { ...fixed, employee_name: 'Bob' }
  const faults = [fixed, { ...fixed, _id: '' }, { ...fixed, _id: '0123456789abcdef:7' }, other]
  await lake.drop({ 'mine.csv': formatCsv(faults as Record<string, string>[]) })
  expect((await lake.run()).files).toMatchObject([{ records: 4, loaded: 1, quarantined: 3 }])
  expect(
    await lake.query("select _line, _reason from quarantine.employees where _file = 'mine.csv' order by 1"),
  ).toEqual([
    ['3', expect.stringMatching(/^"_id" is empty; a record that is new belongs into a file of its own/)],
    ['4', expect.stringMatching(/^"_id" "0123456789abcdef:7" is no record in quarantine of employees/)],
    ['5', expect.stringMatching(/stands in the run twice, with other values; its first record is taken/)],
  ])
  expect(await lake.findings()).toEqual([])
})

test('two copies of a CSV, empty rows and spaces around an id change nothing', async () => {
  const lake = await lakeWithQuarantine()
  const named = (row: CsvRow) => ({ ...row, _id: ` ${row._id} `, employee_name: row.employee_name || 'Bo' })
  const text = await correct(lake, INBOX, named)
  const names = text.split('\r\n')[0]?.split(',').length ?? 0
  const empty = `${','.repeat(names - 1)}\r\n`
  await lake.drop({ 'a.csv': text + empty + empty, 'b.csv': await correct(lake, INBOX, named, ';') })
  expect((await lake.run()).files).toMatchObject([
    { file: 'a.csv', records: 5, loaded: 1, unchanged: 2, quarantined: 2 },
    { file: 'b.csv', records: 3, loaded: 0, unchanged: 3, quarantined: 0 },
  ])
  expect((await statuses(lake)).flat()).toEqual(['2', 'released', '3', 'open', '4', 'open'])
  expect(await lake.findings()).toEqual([])
})

test('of two copies with other values the first counts, and that is what trace and rules try tell', async () => {
  const lake = await lakeWithQuarantine()
  for (const name of ['Zoe', 'Bo'])
    await lake.drop({
      [name === 'Zoe' ? 'b.csv' : 'a.csv']: await correct(lake, INBOX, (row) =>
        row._line === '2' ? { ...row, employee_name: name } : row,
      ),
    })
  expect((await lake.run()).files).toMatchObject([
    { file: 'a.csv', loaded: 1, quarantined: 2 },
    { file: 'b.csv', loaded: 0, unchanged: 2, quarantined: 1 },
  ])
  expect(await lake.query('select employee_name from dw.employees where employee_id = 2')).toEqual([['Bo']])
  const traced = await trace(lake.project, { target: 'employees', key: ['2'], where: null, column: null, limit: 1 })
  expect(traced.rows[0]?.correction).toMatchObject({ file: 'a.csv', line: 2 })
  const { employees, ...tables } = lake.project.config.tables
  const columns = { ...employees?.columns, employee_name: { type: 'string', required: true, maxLength: 2 } }
  const changed = {
    ...lake.project,
    config: { ...lake.project.config, tables: { ...tables, employees: { ...employees, columns } } },
  }
  const [trial] = (await tryRules(changed as Project, quietly(), 'employees')).tables
  expect(trial?.quarantined.examples.map(({ line }) => line)).toEqual([1])
})

test('a column that someone has deleted keeps what it had, in rules try, too', async () => {
  const lake = await lakeWithQuarantine()
  const rows = parseCsv(await correct(lake, INBOX, (row) => ({ ...row, employee_name: row.employee_name || 'Bo' })))
  await lake.drop({ 'fixed.csv': formatCsv(rows.map(({ _id = '', employee_name = '' }) => ({ _id, employee_name }))) })
  expect((await lake.run()).files).toMatchObject([{ records: 3, loaded: 1, quarantined: 2 }])
  expect(await lake.query('select employee_name, hiring_date, job_id from dw.employees where employee_id = 2')).toEqual(
    [['Bo', '2021-01-02 00:00:00', '1']],
  )
  expect(
    await lake.query("select _line, hiring_date from quarantine.employees where _status = 'open' order by 1"),
  ).toEqual([
    ['3', 'soon'],
    ['4', '2021-01-04T00:00:00Z'],
  ])
  const trials = await tryRules(lake.project, quietly(), 'employees')
  expect(trials.tables).toMatchObject([{ table: 'employees', rows: 2, quarantined: { records: 0 } }])
  expect(await lake.findings()).toEqual([])
})

test('a CSV of another lake, and one that has lost its ids, are refused with what to do', async () => {
  const lake = await lakeWithQuarantine()
  const rows = parseCsv(await correct(lake, INBOX, (row) => row))
  await lake.drop({
    'other lake.csv': formatCsv(rows.map((row) => ({ ...row, _id: `0123456789abcdef:${row._line}` }))),
    'employees-without-id.csv': formatCsv(rows.map(({ _id, ...row }) => row)),
  })
  const { files } = await lake.run()
  expect(files.map(({ file, outcome, reason }) => [file, outcome, reason])).toEqual([
    [
      'employees-without-id.csv',
      'refused',
      'CSV_HEADER_MISMATCH: "employees-without-id.csv": it is a CSV of the quarantine, and its column "_id" is missing',
    ],
    [
      'other lake.csv',
      'refused',
      'UPLOAD_UNKNOWN_TABLE: "other lake.csv" is a CSV of a quarantine, but this lake has no upload "0123456789abcdef", which it names',
    ],
  ])
})

test('a record that could not be split is mended by filling in its columns', async () => {
  const lake = await tempLake({
    uploads: { ...PARENTS, 'employees.csv': '1,Ann,2021-01-01T00:00:00Z,1,1\n2,Bo,2021-01-01T00:00:00Z\n' },
  })
  await lake.run()
  const [row] = parseCsv(await lake.read('quarantine', 'employees', INBOX))
  expect(row).toMatchObject({ _rules: 'malformed', _raw: '2,Bo,2021-01-01T00:00:00Z', employee_id: '' })
  await lake.drop({ 'as it was.csv': formatCsv([row as Record<string, string>]) })
  expect((await lake.run()).files).toMatchObject([{ loaded: 0, quarantined: 1 }])
  expect(await lake.query('select _run_id, _raw is not null from quarantine.employees')).toEqual([['1', 'true']])
  const mended = {
    employee_id: '2',
    employee_name: 'Bo',
    hiring_date: '2021-01-01T00:00:00Z',
    department_id: '1',
    job_id: '1',
  }
  await lake.drop({ 'mended.csv': formatCsv([{ ...row, ...mended }]) })
  expect((await lake.run()).files).toMatchObject([{ loaded: 1, quarantined: 0 }])
  expect(await lake.query('select _line from dw.employees where employee_id = 2')).toEqual([['2']])
  expect(await lake.findings()).toEqual([])
})

test('columns that the table does not have, and the order of the upload, survive the loop', async () => {
  const header = 'job_id,"=note",Employee Name,employee_id,department_id,hiring_date\n'
  const lake = await tempLake({
    uploads: {
      ...PARENTS,
      'employees.csv': `${header}1,=x,Ann,1,1,2021-01-01T00:00:00Z\n7,=y,Bo,2,1,2021-01-01T00:00:00Z\n`,
    },
  })
  await lake.run()
  const text = await lake.read('quarantine', 'employees', INBOX)
  expect(text.split('\n')[0]).toBe(
    "_id,_line,_rules,_reason,job_id,employee_name,employee_id,department_id,hiring_date,'=note",
  )
  await lake.drop({ [INBOX]: await correct(lake, INBOX, (row) => ({ ...row, employee_name: 'Bo B.' })) })
  await lake.run()
  expect(await lake.query('select employee_name, _extra from quarantine.employees')).toEqual([
    ['Bo B.', '{"=note":"=y"}'],
  ])
  expect(await lake.findings()).toEqual([])
})

test('a CSV of the inbox that someone has changed and not dropped is not overwritten', async () => {
  const lake = await lakeWithQuarantine()
  const corrected = await correct(lake, INBOX, (row) => (row._line === '2' ? { ...row, employee_name: 'Bo' } : row))
  const path = lake.path('quarantine', 'employees', INBOX)
  await writeFile(path, 'half done\n')
  await lake.drop({ 'other.csv': corrected })
  await lake.run()
  expect(await lake.read('quarantine', 'employees', INBOX)).toBe('half done\n')
  // Dropped as it is, it is known, and the next change replaces it.
  await writeFile(path, corrected)
  await copyFile(path, lake.path('workingArea', 'uploads', 'copy.csv'))
  await lake.drop({ 'departments2.csv': '9,New\n' })
  await lake.run()
  expect(parseCsv(await lake.read('quarantine', 'employees', INBOX)).map((row) => row._line)).toEqual(['3'])
})

test('moving the CSV out of the inbox into uploads is the same as dropping it', async () => {
  const lake = await lakeWithQuarantine()
  await writeFile(
    lake.path('quarantine', 'employees', INBOX),
    await correct(lake, INBOX, (row) => (row._line === '2' ? { ...row, employee_name: 'Bo' } : row)),
  )
  await rename(lake.path('quarantine', 'employees', INBOX), lake.path('workingArea', 'uploads', INBOX))
  await lake.run()
  expect(parseCsv(await lake.read('quarantine', 'employees', INBOX)).map((row) => row._line)).toEqual(['3', '4'])
})

test('a compaction changes nothing of the quarantine, and corrections go on', async () => {
  const lake = await lakeWithQuarantine()
  const corrected = (line: string) =>
    correct(lake, INBOX, (row) => (row._line === line ? { ...row, employee_name: 'Bo', department_id: '1' } : row))
  await lake.drop({ [INBOX]: await corrected('2') })
  await lake.run()
  await lake.drop({ [INBOX]: await corrected('4') })
  await lake.run()
  const before = await lake.query('from quarantine.employees order by _line')
  expect(await compact(lake.project, null, quietly())).not.toBeNull()
  expect(await lake.query('from quarantine.employees order by _line')).toEqual(before)
  await lake.drop({
    [INBOX]: await correct(lake, INBOX, (row) => ({
      ...row,
      hiring_date: '2021-01-01T00:00:00Z',
      department_id: '1',
      job_id: '1',
    })),
  })
  expect((await lake.run()).files).toMatchObject([{ records: 1, loaded: 1 }])
  expect(await lake.list('quarantine')).toEqual([])
  expect(await lake.findings()).toEqual([])
})

test('a rollback takes a correction back: its records are open again, and it can be dropped again', async () => {
  const lake = await lakeWithQuarantine()
  const corrected = await correct(lake, INBOX, (row) => (row._line === '2' ? { ...row, employee_name: 'Bo' } : row))
  await lake.drop({ [INBOX]: corrected })
  await lake.run()
  await rollback(lake.project, 1, quietly())
  expect((await statuses(lake)).flat()).toEqual(['2', 'open', '3', 'open', '4', 'open'])
  expect(parseCsv(await lake.read('quarantine', 'employees', INBOX))).toHaveLength(3)
  expect(await lake.findings()).toEqual([])
  await lake.drop({ [INBOX]: corrected })
  expect((await lake.run()).files).toMatchObject([{ loaded: 1, quarantined: 2 }])
  expect(await lake.findings()).toEqual([])
})

test('a table whose files are in another encoding and delimiter takes its corrections in UTF-8 with commas', async () => {
  const config = {
    name: 'x',
    tables: {
      people: {
        files: ['people_????.csv'],
        delimiter: ';',
        encoding: 'latin1',
        header: false,
        columns: { id: { type: 'integer' }, name: { type: 'string', maxLength: 3 } },
        primaryKey: ['id'],
      },
    },
  }
  const lake = await tempLake({ config, uploads: { 'people_2024.csv': Buffer.from('1;Zoë\n2;Zoë Ł\n', 'latin1') } })
  await lake.run()
  const csvName = 'people_2024.csv.1.csv'
  const [row] = parseCsv(await lake.read('quarantine', 'people', csvName))
  await lake.drop({ [csvName]: formatCsv([{ ...row, name: 'Żoë' }]) })
  expect((await lake.run()).files).toMatchObject([{ table: 'people', loaded: 1, quarantined: 0 }])
  expect(await lake.query('select name from dw.people order by id')).toEqual([['Zoë'], ['Żoë']])
  expect(await lake.findings()).toEqual([])
})

test('a damaged file of corrected rows is not made again from ODS, which has them as they were', async () => {
  const lake = await lakeWithQuarantine()
  await lake.drop({
    [INBOX]: await correct(lake, INBOX, (row) => (row._line === '2' ? { ...row, employee_name: 'Bo' } : row)),
  })
  await lake.run()
  flipBit(lake.path('lake', 'dw', 'employees', '000002-returned.parquet'), 99)
  const outcomes = await repair(lake.project, quietly())
  expect(JSON.stringify(outcomes)).toContain('its rows came back from quarantine; roll back to before run 2')
})
