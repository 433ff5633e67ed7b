import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { isOfTable } from '../../control/table-rows.ts'
import { buildMarts, readMarts } from '../app/index.ts'
import { martEntries } from '../mart-entries.ts'
import { showDwFiles } from './show-dw-files.ts'

/** Compute again the marts whose tables have changed. @param dataFiles of the version to come, the marts as they are */
export async function rebuildMarts(lake: Lake, run: Run, dataFiles: readonly DataFile[]) {
  await showDwFiles(lake, dataFiles.filter(isOfTable))
  const queries = await readMarts(lake.engine, lake.project)
  const app = await buildMarts({ ...lake, state: { ...lake.state, dataFiles } }, run, queries, [])
  const fresh = app.marts.filter((mart) => mart.isNew)
  return {
    dataFiles: fresh.map((mart) => mart.dataFile),
    entries: { ...martEntries(run, app), steps: fresh.map((mart) => mart.step) },
    heldBack: app.marts.flatMap(({ martName, heldBack }) =>
      heldBack === null ? [] : [`${martName}: ${heldBack.reason}`],
    ),
    removed: app.removed,
    delivery: {
      reports: fresh.map(({ martName, dataFile }) => ({ martName, martPath: dataFile.path })),
      goneMarts: app.goneMarts,
    },
  }
}
