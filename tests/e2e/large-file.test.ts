import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generateEmployees } from '../../bench/generate-employees.mjs'
import { tempLake } from '../helpers/temp-lake.ts'

/** Enough for the engine to read the regular records: files up to 1 MiB are read by our own parser alone. */
const ROWS = 40_000

const PARENTS = {
  'departments.csv': numbered(12, 'Department'),
  'jobs.csv': numbered(124, 'Job'),
}

function numbered(count: number, name: string): string {
  return Array.from({ length: count }, (_, index) => `${index + 1},${name} ${index + 1}\n`).join('')
}

/** Of 200 records the last is damaged, in ten ways that take turns; the sixth, a line break in quotes, is no damage. */
const RULES = [
  'malformed',
  'malformed',
  'malformed',
  'malformed',
  'malformed',
  null,
  'type:employee_id',
  'type:hiring_date',
  'required:employee_name',
  'reference:department_id; reference:job_id',
]

/** What must come out, told without any of droplake's code: line and rules of each record that is refused. */
function expectedRefusals(): string[] {
  const refusals: string[] = []
  let line = 0
  for (let row = 0; row < ROWS; row++) {
    line++
    const kind = row % 200 === 199 ? Math.floor(row / 200) % 10 : undefined
    const rules = kind === undefined ? null : RULES[kind]
    if (rules !== null) refusals.push(`${line} ${rules}`)
    if (kind === 5) line++
  }
  return refusals
}

test('in a large file with damage of ten kinds every record is loaded or refused, each with its line', async () => {
  const lake = await tempLake({ uploads: PARENTS })
  await lake.run()
  generateEmployees(lake.path('workingArea', 'uploads', 'employees.csv'), ROWS, 'broken')
  const summary = await lake.run()
  const refusals = expectedRefusals()
  expect(summary.files).toMatchObject([{ records: ROWS, loaded: ROWS - refusals.length, quarantined: refusals.length }])
  const found = await lake.query(
    "select _line || ' ' || array_to_string(_rules, '; ') from quarantine.employees order by _line",
  )
  expect(found.map(([refusal]) => refusal)).toEqual(refusals)
  // Each row stands where its text is: the id of record n is n, and lines run ahead of it by the line breaks before it.
  const [wrong] = await lake.query(`
    select count(*) from dw.employees where _line <> employee_id + (employee_id - 1 + 800) // 2000`)
  expect(wrong).toEqual(['0'])
  const [reader] = await lake.query("select dialect ->> '$.reader' from control.files where name = 'employees.csv'")
  expect(reader).toEqual(['engine'])
})

test('a large file is the same table whether its records are clean, quoted, or followed by one that is damaged', async () => {
  const digests = await Promise.all(
    (['clean', 'quoted', 'clean'] as const).map(async (kind, index) => {
      const lake = await tempLake({ uploads: PARENTS })
      await lake.run()
      const upload = lake.path('workingArea', 'uploads', 'employees.csv')
      generateEmployees(upload, ROWS, kind)
      if (index === 2) await lake.drop({ 'employees.csv': `${readFileSync(upload, 'utf8')}no record\n` })
      await lake.run()
      return lake.query(
        'select count(*), bit_xor(hash(employee_id, employee_name, hiring_date, department_id, job_id, _line)) from dw.employees',
      )
    }),
  )
  expect(digests[0]?.[0]?.[0]).toBe(String(ROWS))
  expect(digests[1]).toEqual(digests[0])
  expect(digests[2]).toEqual(digests[0])
})
