import type { Lake, Run } from '../control/lake.ts'
import { sql } from '../core/sql.ts'
import type { AppResult } from './app/index.ts'
import type { DeliveryPlan } from './deliver/index.ts'
import { planInbox } from './inbox/plan-inbox.ts'
import { configHashOf, type RunResults } from './ledger-entries.ts'
import type { RefusedUpload } from './uploads/index.ts'

/** What a run will do for people once it is committed: move uploads, write the CSVs of refused records, and reports. */
export async function planDelivery(
  lake: Lake,
  run: Run,
  { files, ods, tables, app }: Pick<RunResults, 'files' | 'ods' | 'tables' | 'app'>,
): Promise<DeliveryPlan> {
  const before = lake.state.dataFiles
  const added = tables.flatMap((table) => [table.rejects, table.outcomes]).filter((file) => file !== null)
  const after = [...before, ...added]
  const taken = [...ods.rawFiles.map((file) => file.upload), ...ods.duplicates.map((duplicate) => duplicate.upload)]
  return {
    moves: [
      ...taken.map(({ name, identity, path }) => ({ name, identity, copy: path, refusal: null })),
      ...ods.refused.map((upload) => ({
        name: upload.name,
        identity: upload.identity,
        copy: upload.path,
        refusal: refusalText(run, upload),
      })),
    ],
    inbox: await planInbox(lake, before, after, files),
    corrections: ods.rawFiles.flatMap(({ upload }) => (upload.isCorrection ? [upload.sha256] : [])),
    reports: app.marts
      .filter((mart) => mart.isNew)
      .map((mart) => ({ martName: mart.martName, martPath: mart.dataFile.path })),
    goneMarts: app.goneMarts,
    failingMarts: failingMarts(app),
    anomalies: files.length > 0 || tables.length > 0 || (await hasNewConfig(lake)),
  }
}

function failingMarts({ marts }: AppResult): NonNullable<DeliveryPlan['failingMarts']> {
  return marts
    .map(({ martName, tests }) => ({ martName, rowsPaths: tests.flatMap((test) => test.rowsPath ?? []) }))
    .filter(({ rowsPaths }) => rowsPaths.length > 0)
}

/** The config is not that of the last run: it may name other senders. */
async function hasNewConfig(lake: Lake): Promise<boolean> {
  const [last] = await lake.engine.rows<{ config_hash: string }>(
    sql`select config_hash from lake.control.runs order by run_id desc limit 1`,
  )
  return last?.config_hash !== configHashOf(lake.project)
}

/** The text beside a refused file: what was found, what was expected, what to do. */
function refusalText(run: Run, { name, error }: RefusedUpload): string {
  return [
    `${name} was refused by run ${run.runId} at ${run.startedAt.toISOString()}.`,
    '',
    `${error.code}: ${error.message}`,
    ...(error.hint === undefined ? [] : ['', error.hint]),
    '',
  ].join('\n')
}
