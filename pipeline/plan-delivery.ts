import type { Lake, Run } from '../control/lake.ts'
import type { AppResult } from './app/index.ts'
import type { DeliveryPlan } from './deliver/index.ts'
import { planInbox } from './inbox/plan-inbox.ts'
import type { RunResults } from './ledger-entries.ts'
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
  }
}

function failingMarts({ marts }: AppResult): NonNullable<DeliveryPlan['failingMarts']> {
  return marts
    .map(({ martName, tests }) => ({ martName, rowsPaths: tests.flatMap((test) => test.rowsPath ?? []) }))
    .filter(({ rowsPaths }) => rowsPaths.length > 0)
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
