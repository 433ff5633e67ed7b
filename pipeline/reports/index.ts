import { join, relative, sep } from 'node:path'
import { lakeNotFound, newestCatalog } from '../../control/catalog.ts'
import type { Lake } from '../../control/lake.ts'
import { layoutOf } from '../../control/layout.ts'
import { LAKE_FORMAT } from '../../control/ledger.ts'
import { type OpenOptions, withLake } from '../../control/open-lake.ts'
import { withCatalog } from '../../control/read-catalog.ts'
import { requireVersion, withVersions } from '../../control/versions/open-versions.ts'
import type { Project } from '../../core/config/load-config.ts'
import { didYouMean } from '../../core/config/nearest-name.ts'
import { ensureFolder } from '../../core/durable-files.ts'
import type { Engine } from '../../core/engine.ts'
import { DroplakeError, messageOf, storageFailure } from '../../core/errors.ts'
import { sql } from '../../core/sql.ts'
import { forPeople, writeCsv } from '../deliver/index.ts'
import { type MartFile, martRows, readMartFiles } from './mart-files.ts'
import { writeIndex } from './write-index.ts'
import { type ReportContext, writeMartPage } from './write-mart-page.ts'

export interface ReportOptions {
  /** One mart alone; null: all of them, and for the newest version the index (not of a lake of an older format). */
  readonly mart: string | null
  /** Absolute; null: the project's folder of reports. */
  readonly outFolder: string | null
  /** A version; null: the newest. Its pages go beside the others, not over them, unless `outFolder` says where. */
  readonly version: number | null
}

/** Files that were written, absolute. */
export interface WrittenReports {
  readonly folder: string
  readonly files: readonly string[]
}

/**
 * Write the reports of a lake, whether they are up to date or not.
 *
 * @throws {DroplakeError} MART_NOT_FOUND, REPORT_INVALID, VERSION_NOT_FOUND, VERSION_VACUUMED, LAKE_NOT_FOUND; LAKE_BUSY
 *   when another process may be writing into the same folder
 */
export async function writeReportsNow(
  project: Project,
  { mart, outFolder, version }: ReportOptions,
  options: OpenOptions,
): Promise<WrittenReports> {
  const layout = layoutOf(project)
  if ((await newestCatalog(layout)) === null) throw lakeNotFound(layout)
  const folder = outFolder ?? (version === null ? layout.reports : join(layout.reports, `version-${version}`))
  const write = () =>
    version === null
      ? writeNewest(project, folder, mart, options.clock())
      : writeVersion(project, folder, mart, version)
  const files = outFolder === null ? await withLake(project, options, write) : await write()
  return { folder, files }
}

/**
 * Bring `reports/` up to date behind a commit: a page and a picture per mart, where the mart or how it is shown has changed,
 * and the index, which tells of runs. It looks at what is on disk, so that the next run makes good what a crash or an error
 * left undone.
 *
 * @returns a sentence for each thing that could not be done
 */
export async function deliverReports(lake: Lake): Promise<string[]> {
  if (!lake.project.config.reports.pages) return []
  const { reports } = layoutOf(lake.project)
  try {
    await ensureFolder(reports)
    return await withNewest(lake.project, reports, async (context) => {
      const problems: string[] = []
      for (const mart of context.marts) {
        // Whoever asked the run to stop waits for no page: the next run writes it.
        if (lake.stop.aborted) return problems
        await writeMartPage(context, mart).catch((error: unknown) => {
          lake.log.warn({ mart: mart.martName, err: error }, 'report not written, the next run tries again')
          problems.push(`report ${mart.martName}: ${messageOf(error)}`)
        })
      }
      await writeIndex(context, lake.clock())
      return problems
    })
  } catch (error) {
    lake.log.warn({ err: error }, 'reports not written, the next run tries again')
    return [`reports: ${messageOf(error)}`]
  }
}

async function writeNewest(project: Project, folder: string, martName: string | null, now: Date): Promise<string[]> {
  return withNewest(project, folder, async (context) => {
    const indexHref = martName === null ? './index.html' : context.indexHref
    const files = await writeAll({ ...context, indexHref, force: true }, martName)
    // Before a run has brought an older lake to this format, its ledger lacks what the index tells of.
    const { format } = await context.engine.row<{ format: number }>(sql`select format from control.lake`)
    if (martName !== null || format !== LAKE_FORMAT) return files
    await ensureFolder(folder)
    return [...files, await writeIndex(context, now)]
  })
}

async function writeVersion(
  project: Project,
  folder: string,
  martName: string | null,
  version: number,
): Promise<string[]> {
  return withVersions(project, async (versions) => {
    requireVersion(version, versions)
    return writeAll({ ...(await contextOf(project, versions.engine, folder, 'lake', version)), force: true }, martName)
  })
}

async function withNewest<Result>(
  project: Project,
  folder: string,
  work: (context: ReportContext) => Promise<Result>,
): Promise<Result> {
  return withCatalog(project, async (engine) => {
    const { catalog, version } = await engine.row<{ catalog: string; version: number }>(
      sql`select current_database() as catalog, version from control.lake`,
    )
    return work(await contextOf(project, engine, folder, catalog, version))
  })
}

async function contextOf(
  project: Project,
  engine: Engine,
  outFolder: string,
  catalog: string,
  version: number,
): Promise<ReportContext> {
  const marts = await readMartFiles(engine, catalog, version)
  const { lake: lakeFolder, reports } = layoutOf(project)
  return { project, engine, lakeFolder, outFolder, indexHref: indexHref(reports, outFolder), marts }
}

/** The way from a page to the index of the reports; null when the page lies elsewhere. */
function indexHref(reports: string, outFolder: string): string | null {
  if (relative(reports, outFolder).startsWith('..')) return null
  return `./${join(relative(outFolder, reports), 'index.html').split(sep).join('/')}`
}

async function writeAll(context: ReportContext, martName: string | null): Promise<string[]> {
  const marts = martName === null ? context.marts : [findMart(context.marts, martName)]
  if (marts.length === 0) return []
  await ensureFolder(context.outFolder).catch((cause: unknown) => {
    const isDisk = storageFailure(messageOf(cause), cause)
    if (isDisk !== undefined) throw isDisk
    throw new DroplakeError('USAGE', `pages cannot be written to "${context.outFolder}": ${messageOf(cause)}`, {
      hint: 'Name a folder that can be written to: droplake report --out DIR',
      cause,
    })
  })
  const files: string[] = []
  for (const mart of marts) {
    const path = (ending: string) => join(context.outFolder, `${mart.martName}.${ending}`)
    await writeCsv(context, path('csv'), forPeople(martRows(context.lakeFolder, mart)))
    await writeMartPage(context, mart)
    files.push(path('html'), path('svg'), path('csv'))
  }
  return files
}

function findMart(marts: readonly MartFile[], name: string): MartFile {
  const found = marts.find((mart) => mart.martName === name)
  if (found !== undefined) return found
  const names = marts.map((mart) => mart.martName)
  throw new DroplakeError(
    'MART_NOT_FOUND',
    `there is no mart "${name}" in this version; it has ${names.join(', ') || 'none'}.${didYouMean(name, names)}`,
    { hint: 'A mart that was added to pipeline_config.json is there after the next droplake run.' },
  )
}
