import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type TempLake, tempLake } from '../helpers/temp-lake.ts'

// A folder per example of several runs: config.json, the uploads of each run in a folder with its number, and what the table
// `people` and its quarantine hold in the end. The n-th run begins at n o'clock. `UPDATE_CASES=1` writes the expected files anew: read them then.
const cases = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory())

test.each(cases.map((entry) => entry.name))('runs %s', async (name) => {
  const folder = join(import.meta.dirname, name)
  const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
  const lake = await tempLake({ config })
  for (const run of readdirSync(folder)
    .filter((entry) => /^\d+$/.test(entry))
    .sort()) {
    const uploads = readdirSync(join(folder, run)).map((file) => [file, readFileSync(join(folder, run, file))] as const)
    await lake.drop(Object.fromEntries(uploads))
    await lake.run({ clock: () => new Date(`2024-05-01T${run.padStart(2, '0')}:00:00Z`) })
  }
  const address = "(select distinct file_id as _file_id, name as _file from control.files where outcome = 'loaded')"
  expectFile(
    join(folder, 'expected.dw.txt'),
    await dump(
      lake,
      `select * exclude (_file_id, _line, _run_id), _file || ':' || _line, _run_id from dw.people join ${address} using (_file_id) order by all`,
    ),
  )
  expectFile(
    join(folder, 'expected.rejects.txt'),
    await dump(
      lake,
      `select _file || ':' || _line, array_to_string(_rules, ' '), _reason from quarantine.people order by _run_id, _file, _line`,
    ),
  )
  expectFile(
    join(folder, 'expected.files.txt'),
    await dump(
      lake,
      `select name, outcome, records, loaded, updated, unchanged, quarantined from control.files order by run_id, name`,
    ),
  )
  expect(await lake.findings()).toEqual([])
})

async function dump(lake: TempLake, sql: string): Promise<string> {
  const rows = await lake.query(sql)
  return rows.map((row) => `${row.join(' | ')}\n`).join('')
}

function expectFile(path: string, actual: string): void {
  if (process.env.UPDATE_CASES === '1') writeFileSync(path, actual)
  expect(actual, path).toBe(readFileSync(path, 'utf8'))
}
