// The only writer of reports/anomalies.csv and reports/senders/.
import { dirname, join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import type { Layout } from '../../control/layout.ts'
import { withCatalog } from '../../control/read-catalog.ts'
import { defused } from '../../core/defuse.ts'
import {
  besidePath,
  ensureFolder,
  exists,
  hashFile,
  listFolder,
  publishFile,
  removePath,
  syncFile,
} from '../../core/durable-files.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, literal, type Sql, sql } from '../../core/sql.ts'
import { copyToCsv } from '../deliver/csv-file.ts'
import { matchesPattern } from '../uploads/match-table.ts'
import { ANOMALIES, collectAnomalies } from './collect-anomalies.ts'

/**
 * Tell what is wrong with the files that came, in `reports/anomalies.csv`, and to each sender of the config what is wrong with
 * theirs, in `reports/senders/<name>.csv`. A file that would say the same is left as it is. Safe to repeat: it tells of the newest
 * version, whichever run is finished.
 */
export async function deliverAnomalies(lake: Lake): Promise<void> {
  const { layout, project } = lake
  const { senders } = project.config
  await withCatalog(project, async (engine) => {
    await collectAnomalies(engine)
    await bringUpToDate(engine, joinPath(layout.reports, 'anomalies.csv'), sql`true`)
    const files = await engine.rows<{ file: string }>(sql`select distinct file from ${ANOMALIES}`)
    for (const [name, { files: patterns }] of Object.entries(senders)) {
      const own = files
        .map(({ file }) => file)
        .filter((file) => patterns.some((pattern) => matchesPattern(file, pattern)))
      const ofSender = own.length === 0 ? sql`false` : sql`list_contains(${literal(own)}, file)`
      await bringUpToDate(engine, senderPath(layout, name), ofSender)
    }
  })
  await removeOthers(layout, Object.keys(senders))
}

function senderPath(layout: Layout, name: string): string {
  return joinPath(layout.reports, 'senders', `${name}.csv`)
}

/** There is a report as long as there is something to tell. */
async function bringUpToDate(engine: Engine, path: string, wanted: Sql): Promise<void> {
  const isThere = await exists(path)
  const { rows } = await engine.row<{ rows: number }>(sql`select count(*) as rows from ${ANOMALIES} where ${wanted}`)
  if (rows === 0) return removePath(path)
  await ensureFolder(dirname(path))
  const beside = besidePath(path)
  await copyToCsv({ engine }, beside, reportQuery(wanted))
  if (isThere && (await hashFile(beside)) === (await hashFile(path))) return removePath(beside)
  await syncFile(beside)
  await publishFile(beside, path)
}

function reportQuery(wanted: Sql): Sql {
  const text = (name: string) => sql`${defused(ident(name))} as ${ident(name)}`
  return sql`
    select ${text('file')}, line, ${text('kind')}, ${text('table')}, ${text('reason')}, run
    from ${ANOMALIES}
    where ${wanted}
    order by anomalies.file, line nulls first, anomalies.kind, run`
}

/** Reports of senders that have left the config. */
async function removeOthers(layout: Layout, senders: readonly string[]): Promise<void> {
  const folder = joinPath(layout.reports, 'senders')
  const stale = (await listFolder(folder)).filter(
    (name) => name.endsWith('.csv') && !senders.includes(name.slice(0, -4)),
  )
  for (const name of stale) await removePath(joinPath(folder, name))
}
