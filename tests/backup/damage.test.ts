import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lineagePath, verifyBackup } from '../../backup/index.ts'
import { BackupReader } from '../../backup/read-backup.ts'
import { Engine } from '../../core/engine.ts'
import { sql } from '../../core/sql.ts'
import { backUp, restoreTable, tempFolder } from '../helpers/avro.ts'
import { usePreparedLake } from '../helpers/prepared-lake.ts'
import type { TempLake } from '../helpers/temp-lake.ts'

/** Of the damages that were asked for, a sample in each run of the tests; all with DROPLAKE_DAMAGES=whole. */
const IS_WHOLE = process.env.DROPLAKE_DAMAGES === 'whole'
const [TRUNCATIONS, FLIPS] = IS_WHOLE ? [200, 1000] : [50, 250]

const T = '2021-07-27T16:02:08Z'
const CONFIG = {
  name: 'damage',
  tables: {
    staff: {
      files: ['staff*.csv'],
      columns: {
        id: { type: 'integer' },
        name: { type: 'string', required: false },
        hired: { type: 'timestamp', avro: 'string' },
        pay: { type: 'decimal(10,2)', required: false },
      },
      primaryKey: ['id'],
    },
  },
}

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ path: ':memory:' })
})
afterAll(() => engine.close())

const lines = Array.from(
  { length: 400 },
  (_, row) => `${row},${row % 7 === 0 ? '' : `Name ${(row * 7919) % 1000}`},${T},${row}.5`,
)
const staffLake = usePreparedLake(
  { config: CONFIG, uploads: { 'staff.csv': `${lines.join('\n')}\n` } },
  async (lake) => {
    await lake.run()
  },
)

/** What a restore would put into the table: the code of its error, or a digest of rows and lineage. */
async function outcomeOf(lake: TempLake, path: string): Promise<string> {
  const table = lake.project.config.tables.staff
  if (table === undefined) throw new Error('no table')
  const reader = await BackupReader.open(path, table).catch((error: { code: string }) => error.code)
  if (typeof reader === 'string') return reader
  try {
    const columns = reader.columns.map(({ name, type }) => `${name} ${type}`).join()
    const digests: unknown[] = [columns]
    for (let batch = await reader.fill(engine, 'batch'); batch !== null; batch = await reader.fill(engine, 'batch')) {
      digests.push(
        batch.origins,
        await engine.rows(
          sql`select count(*) as rows, sum(hash(_row))::varchar as digest from memory.main.batch as _row`,
        ),
      )
    }
    return JSON.stringify(digests)
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await reader.close()
  }
}

/** Evenly spread numbers below an end, with the first and the last among them. */
const spread = (count: number, end: number) => [
  ...new Set(Array.from({ length: count }, (_, index) => Math.floor((index * (end - 1)) / (count - 1)))),
]

test.each(['deflate', 'null', 'snappy', 'zstd'] as const)(
  `codec %s: cut off at ${TRUNCATIONS} places and with ${FLIPS} bits flipped, a backup is refused or the same`,
  async (codec) => {
    const lake = await staffLake()
    const [backup] = await backUp(lake, ['staff'], codec)
    const original = await readFile(backup?.path ?? '')
    const whole = await outcomeOf(lake, backup?.path ?? '')
    expect(whole).toContain('"rows":400')
    const folder = await tempFolder()
    const path = join(folder, 'staff.avro')
    await copyFile(lineagePath(backup?.path ?? ''), lineagePath(path))
    for (const size of spread(TRUNCATIONS, original.length)) {
      await writeFile(path, original.subarray(0, size))
      expect(await outcomeOf(lake, path), `cut off at ${size}`).toBe('BACKUP_DAMAGED')
    }
    const seen = new Set<string>()
    for (const bit of spread(FLIPS, original.length * 8)) {
      const damaged = Buffer.from(original)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await writeFile(path, damaged)
      const outcome = await outcomeOf(lake, path)
      expect(['BACKUP_DAMAGED', whole], `bit ${bit} flipped: ${outcome}`).toContain(outcome)
      seen.add(outcome)
    }
    expect(seen).toContain('BACKUP_DAMAGED')
  },
  300_000,
)

test('a damaged or wrong lineage is refused; without one the rows are restored, by their place in the file', async () => {
  const lake = await staffLake()
  const [backup] = await backUp(lake, ['staff'])
  const lineage = lineagePath(backup?.path ?? '')
  const original = await readFile(lineage)
  const whole = await outcomeOf(lake, backup?.path ?? '')
  for (const bit of spread(IS_WHOLE ? 400 : 60, original.length * 8)) {
    const damaged = Buffer.from(original)
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await writeFile(lineage, damaged)
    expect(['BACKUP_DAMAGED', whole]).toContain(await outcomeOf(lake, backup?.path ?? ''))
  }
  await writeFile(lineage, original.subarray(0, original.length - 20))
  await expect(restoreTable(lake, 'staff')).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' })
  expect(await lake.query('select count(*), max(_file_id) from dw.staff')).toEqual(
    await lake.query('select 400, file_id from control.files'),
  )
  await rm(lineage)
  await restoreTable(lake, 'staff')
  expect(await lake.query('select min(_line), max(_line), min(_run_id) from dw.staff')).toEqual([['1', '400', '3']])
  expect(await lake.findings()).toEqual([])
})

test('the message says what was found and where, and nothing is changed', async () => {
  const lake = await staffLake()
  const [backup] = await backUp(lake, ['staff'])
  const path = backup?.path ?? ''
  const size = backup?.bytes ?? 0
  const before = await lake.query('select version, (select count(*) from control.runs) from control.lake')
  await truncate(path, size - 30)
  await expect(restoreTable(lake, 'staff', { from: path })).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    message: expect.stringMatching(
      new RegExp(
        `^"${path}" is not as it was written: at byte \\d+ of ${size - 30}: a block goes to byte ${size}, but the file ends at ${size - 30}; it is cut off$`,
      ),
    ),
  })
  expect((await verifyBackup(path)).fault).toContain('it is cut off')
  await expect(restoreTable(lake, 'staff', { from: lake.path('nowhere.avro') })).rejects.toMatchObject({
    code: 'BACKUP_NOT_FOUND',
  })
  await writeFile(path, 'id,name\n1,Ada\n')
  await expect(restoreTable(lake, 'staff', { from: path })).rejects.toMatchObject({
    message: `"${path}" is not as it was written: in its header: it does not begin with "Obj" and the byte 1, as Avro container files do`,
  })
  expect((await lake.query('select version from control.lake'))[0]?.[0]).toBe(before[0]?.[0])
  expect(await lake.query('select count(*) from dw.staff')).toEqual([['400']])
  expect(await lake.findings()).toEqual([])
})
