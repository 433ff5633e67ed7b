import { createHash } from 'node:crypto'
import { readFileSync, renameSync, statSync } from 'node:fs'
import { Engine } from '../../core/engine.ts'
import { literal, raw, sql } from '../../core/sql.ts'
import { tamper } from './damage.ts'
import type { TempLake } from './temp-lake.ts'

/**
 * Write a data file again as a SELECT over `file`, and let the ledger say of it what it then is: no checksum, size or count of the
 * file betrays it.
 *
 * @param path relative to the lake folder
 */
export async function smuggle(lake: TempLake, path: string, select: string): Promise<void> {
  const whole = lake.path('lake', ...path.split('/'))
  const changed = `${whole}.changed`
  const engine = await Engine.open({ path: ':memory:' })
  let rows: number
  try {
    await engine.run(sql`create table file as select * from read_parquet(${literal(whole)})`)
    await engine.run(sql`copy (${raw(select)}) to ${literal(changed)} (format parquet)`)
    rows = (await engine.row<{ rows: number }>(sql`select count(*) as rows from read_parquet(${literal(changed)})`))
      .rows
  } finally {
    engine.close()
  }
  renameSync(changed, whole)
  const sha256 = createHash('sha256').update(readFileSync(whole)).digest('hex')
  await tamper(
    lake,
    `update control.data_files set sha256 = '${sha256}', bytes = ${statSync(whole).size}, rows = ${rows} where path = '${path}'`,
  )
}
