import type { Run } from '../control/lake.ts'
import { withSuffix } from '../core/file-names.ts'
import type { AppResult } from './app/index.ts'
import type { DeliveryPlan } from './deliver/index.ts'
import type { TableResult } from './dw/index.ts'
import type { OdsResult } from './ods/index.ts'
import type { RefusedUpload } from './uploads/index.ts'

/** What a run will do for people once it is committed: move uploads, write the CSVs of refused records, and reports. */
export function planDelivery(run: Run, ods: OdsResult, tables: readonly TableResult[], app: AppResult): DeliveryPlan {
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
    inbox: ods.rawFiles.flatMap((file) => {
      const table = tables.find((result) => result.tableName === file.upload.tableName)
      if (table?.rejects == null || !table.quarantined.has(file.fileId)) return []
      const csvName = inboxCsvName(file.upload.name, run.runId)
      return [
        {
          tableName: table.tableName,
          fileId: file.fileId,
          csvName,
          rejectsPath: table.rejects.path,
          columns: file.dialect.columns.filter((column) => !file.dialect.extra.includes(column)),
          extra: file.dialect.extra,
        },
      ]
    }),
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

/** `employees.csv` of run 7: `employees.csv.7.csv`, so that no two uploads of any run share a name. */
export function inboxCsvName(uploadName: string, runId: number): string {
  return withSuffix(uploadName, `.${runId}.csv`)
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
