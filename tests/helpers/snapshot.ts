import type { TempLake } from './temp-lake.ts'

/** All that a lake's user can see, without what differs from run to run (run numbers, times). */
export async function snapshot(lake: TempLake): Promise<Record<string, unknown>> {
  const tables = ['departments', 'jobs', 'employees']
  const rows = async (sql: string) => lake.query(sql)
  const contents: Record<string, unknown> = {}
  for (const table of tables) {
    contents[`ods.${table}`] = await rows(`from ods.${table} order by all`)
    contents[`dw.${table}`] = await rows(`from dw.${table} select * exclude (_run_id) order by all`)
    contents[`quarantine.${table}`] = await rows(
      `from quarantine.${table} select * exclude (_run_id, _status_run_id, _status_at) order by all`,
    )
  }
  contents.marts = [await rows('from app.hires_by_quarter'), await rows('from app.departments_above_average')]
  contents.files = await rows(
    'select name, outcome, records, loaded, unchanged, quarantined, sha256 from control.files order by name, outcome',
  )
  contents.uploads = await lake.list('workingArea', 'uploads')
  contents.processed = await lake.list('workingArea', 'processed')
  contents.quarantine = (await lake.list('quarantine')).map((name) => name.replace(/\.\d+\.csv$/, '.<run>.csv'))
  contents.reports = await lake.list('reports')
  contents.staging = await lake.list('lake', 'staging')
  contents.unreferenced = await unreferencedFiles(lake)
  return contents
}

/** Data files that no version of the ledger knows. */
export async function unreferencedFiles(lake: TempLake): Promise<string[]> {
  const known = new Set((await lake.query('select path from control.data_files')).flat())
  const found = (await lake.list('lake')).filter((path) => path.endsWith('.parquet'))
  return found.filter((path) => !known.has(path))
}
