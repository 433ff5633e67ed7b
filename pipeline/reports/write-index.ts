// The only writer of reports/index.html.
import { join, relative, sep } from 'node:path'
import { layoutOf } from '../../control/layout.ts'
import { exists, writeTextFile } from '../../core/durable-files.ts'
import { inboxCsvName } from '../inbox/plan-inbox.ts'
import { indexPage } from './lake/index-page.ts'
import { readLake } from './lake/read-lake.ts'
import { renderPage } from './page-shell.ts'
import type { ReportContext } from './write-mart-page.ts'

/** Write the index anew: it tells of runs, and so it changes with each of them. */
export async function writeIndex({ project, engine, outFolder }: ReportContext, now: Date): Promise<string> {
  const lake = await readLake(engine, project, now)
  const { quarantine, reports } = layoutOf(project)
  const anomalies = join(reports, 'anomalies.csv')
  const content = indexPage(lake, {
    inboxCsv: (table, file, runId) => {
      const path = join(quarantine, table, inboxCsvName(file, runId))
      return { path: relative(project.folder, path), href: hrefOf(relative(outFolder, path)) }
    },
    anomalies: (await exists(anomalies)) ? hrefOf(relative(outFolder, anomalies)) : null,
  })
  const page = join(outFolder, 'index.html')
  await writeTextFile(
    page,
    renderPage({ title: `${lake.name}: all reports`, fingerprint: 'index', content, data: null }),
  )
  return page
}

/** A relative path as an address. */
function hrefOf(path: string): string {
  return path.split(sep).map(encodeURIComponent).join('/')
}
