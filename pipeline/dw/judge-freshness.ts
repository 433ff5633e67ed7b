import type { Lake, Run } from '../../control/lake.ts'
import type { Freshness } from '../../control/ledger.ts'
import { durationMs } from '../../core/config/durations.ts'
import { ident, literal, sql } from '../../core/sql.ts'

/** How old each table is, as the run leaves it, whose contract says how old it may be. Stops nothing. */
export async function judgeFreshness(lake: Lake, run: Run): Promise<Freshness[]> {
  const judged: Freshness[] = []
  for (const [tableName, { freshness }] of Object.entries(lake.project.config.tables)) {
    if (freshness === undefined) continue
    const { newest, ageSeconds } = await lake.engine.row<{ newest: string | null; ageSeconds: number | null }>(sql`
      select newest::varchar as newest, date_diff('second', newest::timestamp, ${literal(run.startedAt)}) as "ageSeconds"
      from (select max(${ident(freshness.column)}) as newest from ${ident('dw', tableName)})`)
    const maxAgeSeconds = durationMs(freshness.maxAge) / 1000
    const isFresh = ageSeconds !== null && ageSeconds <= maxAgeSeconds
    judged.push({
      runId: run.runId,
      tableName,
      columnName: freshness.column,
      newest,
      ageSeconds,
      maxAgeSeconds,
      isFresh,
    })
    if (!isFresh)
      lake.log.warn({ runId: run.runId, table: tableName, newest, ageSeconds, maxAgeSeconds }, 'table is stale')
  }
  return judged
}
