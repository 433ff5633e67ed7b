// The only writer of reports/<mart>.html and reports/<mart>.svg.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import type { Project } from '../../core/config/load-config.ts'
import type { ReportConfig } from '../../core/config/report-schema.ts'
import { exists, writeTextFile } from '../../core/durable-files.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../core/sql.ts'
import { chartData } from './charts/chart-data.ts'
import { isDrawn } from './charts/chart-layout.ts'
import type { PageData } from './charts/page-data.ts'
import { checkReport } from './check-report.ts'
import { type MartFile, martRows } from './mart-files.ts'
import { martPage } from './mart-page.ts'
import { type Drawn, martSvg } from './mart-svg.ts'
import { assetsHash, renderPage } from './page-shell.ts'
import { PLAIN_REPORT, pageSpec } from './page-spec.ts'
import { describeColumns, type MartColumn, readTable } from './read-table.ts'
import { reportInvalid } from './report-invalid.ts'

/** Where pages are written and what they are made of. */
export interface ReportContext {
  readonly project: Project
  readonly engine: Engine
  /** Absolute. */
  readonly lakeFolder: string
  /** Absolute; it is there. */
  readonly outFolder: string
  /** All marts of the version. */
  readonly marts: readonly MartFile[]
  /** Write pages also when they are up to date. */
  readonly force?: boolean
}

/** Width of a drawing, in pixels: of a page on a desk, and of a mail. */
const DRAWING_PX = 920

/**
 * Write a mart's page and picture, unless they are up to date.
 *
 * @returns whether they were written
 * @throws {DroplakeError} REPORT_INVALID when the config does not fit the columns of the mart
 */
export async function writeMartPage(context: ReportContext, mart: MartFile): Promise<boolean> {
  const fingerprint = fingerprintOf(context, mart)
  const [page, picture] = ['html', 'svg'].map((ending) =>
    joinPath(context.outFolder, `${mart.martName}.${ending}`),
  ) as [string, string]
  if (!context.force && (await readFingerprint(page)) === fingerprint && (await exists(picture))) return false
  const report = reportOf(context, mart)
  const data = await readPageData(context, mart, report)
  const drawn = await drawCharts(data)
  const { config } = context.project
  const title = report.title ?? mart.martName.replaceAll('_', ' ')
  const sentence = report.sentence ?? config.marts[mart.martName]?.description ?? null
  await writeTextFile(
    picture,
    martSvg(
      title,
      sentence,
      drawn.filter((one) => one !== null),
    ),
  )
  const content = martPage({
    title,
    sentence,
    data,
    drawings: drawn.map((one) => one?.drawing.svg ?? null),
    provenance: {
      lake: config.name,
      version: mart.version,
      runId: mart.runId,
      madeAt: mart.madeAt?.toISOString().slice(0, 16).replace('T', ' ') ?? '',
      rowCount: mart.rows,
    },
  })
  await writeTextFile(page, renderPage({ title, fingerprint, content, data }))
  return true
}

function reportOf({ project }: ReportContext, { martName }: MartFile): ReportConfig {
  const { marts } = project.config
  return (Object.hasOwn(marts, martName) ? marts[martName]?.report : undefined) ?? PLAIN_REPORT
}

function comparisonOf(context: ReportContext, report: ReportConfig): MartFile | undefined {
  return context.marts.find((other) => other.martName === report.comparison?.mart)
}

/** A hash of all that a page is made of. */
function fingerprintOf(context: ReportContext, mart: MartFile): string {
  const { config } = context.project
  const report = reportOf(context, mart)
  const parts = {
    assets: assetsHash(),
    lake: config.name,
    description: config.marts[mart.martName]?.description,
    report,
    mart: [mart.path, mart.version],
    comparison: comparisonOf(context, report)?.path,
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** The fingerprint at the head of a page on disk; undefined where there is none. */
async function readFingerprint(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
    return /<meta name="droplake" content="([0-9a-f]+)">/.exec(buffer.toString('utf8', 0, bytesRead))?.[1]
  } finally {
    await file.close()
  }
}

async function readPageData(context: ReportContext, mart: MartFile, report: ReportConfig): Promise<PageData> {
  const { engine, lakeFolder } = context
  const rows = martRows(lakeFolder, mart)
  const columns = await describeColumns(engine, rows)
  const other = comparisonOf(context, report)
  const otherRows = other === undefined ? null : martRows(lakeFolder, other)
  const otherColumns = otherRows === null ? null : await describeColumns(engine, otherRows)
  const faults = checkReport(mart.martName, report, columns, otherColumns)
  if (faults.length > 0) throw reportInvalid(faults)
  const comparison =
    otherRows === null || otherColumns === null || report.comparison === undefined
      ? null
      : {
          label: report.comparison.label,
          ownLabel: report.comparison.ownLabel ?? '',
          table: await readTable(engine, alike(otherRows, columns, otherColumns), columns, report),
        }
  return {
    mart: mart.martName,
    table: await readTable(engine, rows, columns, report),
    ...pageSpec(report, columns),
    comparison,
  }
}

/** Rows of another mart with exactly the columns of this one; NULL where it has none. */
function alike(rows: Sql, columns: readonly MartColumn[], others: readonly MartColumn[]): Sql {
  const selected = columns.map(({ name }) =>
    others.some((other) => other.name === name) ? ident(name) : sql`null as ${ident(name)}`,
  )
  return sql`select ${join(selected, ', ')} from (${rows})`
}

/** Each chart as SVG; null for one that is no drawing. ECharts is loaded only where there is something to draw. */
async function drawCharts(data: PageData): Promise<(Drawn | null)[]> {
  if (!data.charts.some(isDrawn)) return data.charts.map(() => null)
  const { drawSvg } = await import('./charts/draw-svg.ts')
  return data.charts.map((spec, index) =>
    isDrawn(spec) ? { spec, drawing: drawSvg(spec, chartData(spec, data, null), DRAWING_PX, `c${index}`) } : null,
  )
}
