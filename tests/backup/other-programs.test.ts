import { execFileSync, spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Zstd } from '@hpcc-js/wasm-zstd'
import snappy from 'snappyjs'
import { expect, test } from 'vitest'
import { CODECS } from '../../backup/index.ts'
import { backUp, rehearseRestore, restoreTable, tempFolder, writeWithAvsc } from '../helpers/avro.ts'
import { PARENTS, REPOSITORY, type TempLake, tempLake } from '../helpers/temp-lake.ts'

const T = '2021-07-27T16:02:08Z'
const MICROS = Date.parse(T) * 1000

const hires = async (): Promise<TempLake> => {
  const lake = await tempLake({ uploads: { ...PARENTS, 'employees.csv': `7,Ada,${T},1,1\n` } })
  await lake.run()
  return lake
}

const SELECT = 'select employee_id, employee_name, hiring_date, department_id, job_id from dw.employees order by 1'
const field = (name: string, type: unknown) => ({ name, type })
const schemaOf = (...fields: { name: string; type: unknown }[]) =>
  ({ type: 'record', name: 'Staff', namespace: 'org.example', fields }) as never

test('files of other writers fit by name: longs for ints, timestamps or text, unions, other order, more fields, Snappy and zstd', async () => {
  const lake = await hires()
  const zstd = await Zstd.load()
  const packSnappy = (bytes: Buffer, done: (error: Error | null, packed?: Buffer) => void) => {
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32BE(crc32(bytes))
    done(null, Buffer.concat([snappy.compress(bytes), checksum]))
  }
  const packZstd = (bytes: Buffer, done: (error: Error | null, packed?: Buffer) => void) =>
    done(null, Buffer.from(zstd.compress(bytes)))
  const schema = schemaOf(
    field('tags', { type: 'array', items: { type: 'map', values: ['null', 'string'] } }),
    field('hiring_date', ['null', { type: 'long', logicalType: 'timestamp-micros' }]),
    field('JOB_ID', ['string', 'long', 'null']),
    field('department_id', ['int', 'null']),
    field('employee_name', { type: 'enum', name: 'Names', symbols: ['Ada', 'Bob'] }),
    field('employee_id', 'long'),
  )
  const records = [
    {
      tags: [{ a: null, b: 'x' }],
      hiring_date: MICROS,
      JOB_ID: '2',
      department_id: 3,
      employee_name: 'Bob',
      employee_id: 2 ** 31 - 1,
    },
    {
      tags: [],
      hiring_date: -1_000_000,
      JOB_ID: 1,
      department_id: 1,
      employee_name: 'Ada',
      employee_id: 1,
    },
  ]
  for (const codec of ['null', 'deflate', 'snappy', 'zstandard']) {
    const path = await writeWithAvsc(lake.path(`${codec}.avro`), schema, records, {
      codec,
      codecs: {
        null: (bytes, done) => done(null, bytes),
        snappy: packSnappy,
        zstandard: packZstd,
        deflate: (await import('node:zlib')).deflateRaw as never,
      },
    })
    const plan = await rehearseRestore(lake, 'employees', { from: path })
    expect([plan.backup, plan.hasLineage, plan.surplus, plan.rehearsal?.reasons]).toEqual([null, false, ['tags'], []])
  }
  await restoreTable(lake, 'employees', { from: lake.path('snappy.avro') })
  expect(await lake.query(SELECT)).toEqual([
    ['1', 'Ada', '1969-12-31 23:59:59', '1', '1'],
    ['2147483647', 'Bob', '2021-07-27 16:02:08', '3', '2'],
  ])
  expect(await lake.query('select name, outcome, records from control.files where run_id = 2')).toEqual([
    ['snappy.avro', 'restored', '2'],
  ])
  expect(await lake.query('select _line, _run_id from dw.employees order by 1')).toEqual([
    ['1', '2'],
    ['2', '2'],
  ])
  expect(await lake.findings()).toEqual([])
})

test('rows that break the contract stop a restore and are listed; with --quarantine they are set aside, to be corrected', async () => {
  const lake = await hires()
  const schema = schemaOf(
    field('employee_id', 'long'),
    field('employee_name', ['null', 'string']),
    field('hiring_date', 'string'),
    field('department_id', 'int'),
    field('job_id', 'int'),
  )
  const row = (id: number, name: string | null, date: string, department = 1) => ({
    employee_id: id,
    employee_name: name,
    hiring_date: date,
    department_id: department,
    job_id: 1,
  })
  const from = await writeWithAvsc(lake.path('bad.avro'), schema, [
    row(1, 'Ada', T),
    row(2, null, T),
    row(3, 'Bob', '2021-02-30T00:00:00Z'),
    row(2 ** 40, 'Eve', T),
    row(1, 'Twice', T),
    row(5, 'Orphan', T, 99),
    row(6, 'Fin', '2021-07-27T16:02:08.5Z'),
  ])
  await expect(restoreTable(lake, 'employees', { from })).rejects.toMatchObject({
    code: 'RESTORE_REFUSED',
    details: { refused: 4 },
    message: expect.stringContaining(
      '2: employee_name is missing\n  3: hiring_date "2021-02-30T00:00:00Z" is not a timestamp',
    ),
  })
  expect(await lake.query(SELECT)).toEqual([['7', 'Ada', '2021-07-27 16:02:08', '1', '1']])
  const done = await restoreTable(lake, 'employees', { from, quarantine: true })
  expect([done.rows, done.quarantined]).toEqual([2, 5])
  expect(await lake.query(SELECT)).toEqual([
    ['1', 'Ada', '2021-07-27 16:02:08', '1', '1'],
    ['6', 'Fin', '2021-07-27 16:02:08.5', '1', '1'],
  ])
  expect(await lake.query('select _line, _rules[1], _file, _status from quarantine.employees order by _line')).toEqual([
    ['2', 'required:employee_name', 'bad.avro', 'open'],
    ['3', 'type:hiring_date', 'bad.avro', 'open'],
    ['4', 'type:employee_id', 'bad.avro', 'open'],
    ['5', 'unique:employee_id', 'bad.avro', 'open'],
    ['6', 'reference:department_id', 'bad.avro', 'open'],
  ])
  expect(await lake.findings()).toEqual([])
  expect((await lake.list('quarantine', 'employees')).length).toBe(1)
})

test('a file whose fields cannot become the columns is refused, with a line for each fault', async () => {
  const lake = await hires()
  const schema = schemaOf(
    field('employee_id', 'double'),
    field('employee_name', 'string'),
    field('hiring_date', 'long'),
    field('job_id', { type: 'array', items: 'int' }),
  )
  const from = await writeWithAvsc(lake.path('misfit.avro'), schema, [
    { employee_id: 1, employee_name: 'Ada', hiring_date: 0, job_id: [1] },
  ])
  await expect(restoreTable(lake, 'employees', { from })).rejects.toMatchObject({
    code: 'BACKUP_DOES_NOT_FIT',
    message: [
      `"${from}" does not fit table "employees":`,
      'column "department_id" is mandatory, and the file has no field of that name',
      'field "job_id" has a type that no column can have',
      'field "employee_id" holds DOUBLE; the column is integer',
      'field "hiring_date" holds BIGINT; the column is timestamp',
    ].join('\n  '),
  })
})

const PYTHON = '/usr/bin/python3'
const hasPythonAvro = spawnSync(PYTHON, ['-c', 'import avro.datafile']).status === 0
if (!hasPythonAvro && process.env.CI === undefined)
  console.warn('skipped: Apache Avro for Python is not here (apt-get install python3-avro)')

test.runIf(hasPythonAvro || process.env.CI !== undefined)(
  "Apache's own reader reads every backup, and what its writer writes is restored",
  async () => {
    const lake = await hires()
    const folder = await tempFolder()
    const script = join(REPOSITORY, 'tests', 'helpers', 'avro-python.py')
    const python = (words: readonly string[], input = '') =>
      execFileSync(PYTHON, [script, ...words], { encoding: 'utf8', input })
    const codecs = CODECS.filter(
      (codec) =>
        codec === 'null' ||
        codec === 'deflate' ||
        spawnSync(PYTHON, ['-c', `import ${codec === 'snappy' ? 'snappy' : 'zstandard'}`]).status === 0,
    )
    expect(codecs.length).toBeGreaterThanOrEqual(process.env.CI === undefined ? 2 : 4)
    for (const codec of codecs) {
      const [backup] = await backUp(lake, ['employees'], codec)
      expect(JSON.parse(python(['read', backup?.path ?? '']))).toEqual({
        employee_id: 7,
        employee_name: 'Ada',
        hiring_date: T,
        department_id: 1,
        job_id: 1,
      })
      const path = join(folder, `${codec}.avro`)
      const schema = schemaOf(
        field('employee_id', 'int'),
        field('employee_name', 'string'),
        field('hiring_date', { type: 'long', logicalType: 'timestamp-micros' }),
        field('department_id', 'int'),
        field('job_id', ['null', 'int']),
      )
      const record = {
        employee_id: 8,
        employee_name: '李',
        hiring_date: '@1969-12-31T23:59:58.25+00:00',
        department_id: 2,
        job_id: 1,
      }
      python(
        ['write', path, JSON.stringify(schema), codec === 'zstd' ? 'zstandard' : codec],
        `${JSON.stringify(record)}\n`,
      )
      const plan = await rehearseRestore(lake, 'employees', { from: path })
      expect([plan.rehearsal?.parts[0]?.rows, plan.rehearsal?.refused]).toEqual([1, 0])
    }
    await restoreTable(lake, 'employees', { from: join(folder, 'deflate.avro') })
    expect(await lake.query(SELECT)).toEqual([['8', '李', '1969-12-31 23:59:58.25', '2', '1']])
    const cut = await readFile(join(folder, 'null.avro'))
    await writeFile(join(folder, 'cut.avro'), cut.subarray(0, -1))
    await expect(restoreTable(lake, 'employees', { from: join(folder, 'cut.avro') })).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
    })
  },
)
