import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempLake, type TempLake } from '../helpers/temp-lake.ts'

// A folder per example: input.csv, or input with another ending, and what becomes of it; expected.dialect.json where there is one. `UPDATE_CASES=1` writes the expected files anew: read them then.
const cases = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory())
const defaultConfig = join(import.meta.dirname, 'config.json')

test.each(cases.map((entry) => entry.name))('case %s', async (name) => {
  const folder = join(import.meta.dirname, name)
  const ownConfig = join(folder, 'config.json')
  const config: unknown = JSON.parse(readFileSync(existsSync(ownConfig) ? ownConfig : defaultConfig, 'utf8'))
  const input = readdirSync(folder).find((file) => file.startsWith('input.')) ?? 'input.csv'
  const lake = await tempLake({ config, uploads: { [input]: readFileSync(join(folder, input)) } })
  const summary = await lake.run()
  // What the table has no column for is shown last, where there is any, and in a file of its own as ODS keeps it.
  const extra = await dump(lake, 'select _line, _extra from ods.people where _extra is not null order by _line')
  const hidden = extra === '' ? ', _extra' : ''
  if (extra !== '') expectFile(folder, 'expected.extra.csv', extra)
  expectFile(folder, 'expected.dw.csv', await dump(lake, `from dw.people select * exclude (_file_id, _run_id) order by _line`))
  const rejects = `from quarantine.people select _line, array_to_string(_rules, '; ') as rules, _reason, _raw, columns(* exclude (_id, _file, _file_id, _run_id, _line, _rules, _reason, _raw, _waiting_since, _status, _status_run_id, _status_at, _status_by, _status_why${hidden})) order by _line`
  expectFile(folder, 'expected.rejects.csv', await dump(lake, rejects))
  const [file] = summary.files
  const account = { outcome: file?.outcome, records: file?.records, loaded: file?.loaded, quarantined: file?.quarantined, reason: file?.reason }
  const [blank] = await lake.query('select blank from control.files')
  expectFile(folder, 'expected.account.json', `${JSON.stringify({ ...account, blank: Number(blank?.[0]) }, null, 2)}\n`)
  if (!existsSync(join(folder, 'expected.dialect.json'))) return
  const [dialect] = await lake.query('select dialect from control.files')
  expectFile(folder, 'expected.dialect.json', `${JSON.stringify(JSON.parse(String(dialect?.[0])), null, 2)}\n`)
})

async function dump(lake: TempLake, sql: string): Promise<string> {
  const rows = await lake.query(sql)
  return rows.map((row) => `${row.map((value) => JSON.stringify(value)).join(', ')}\n`).join('')
}

function expectFile(folder: string, name: string, actual: string): void {
  const path = join(folder, name)
  if (process.env.UPDATE_CASES === '1') writeFileSync(path, actual)
  expect(actual, path).toBe(readFileSync(path, 'utf8'))
}
