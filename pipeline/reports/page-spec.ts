import type { ChartConfig, ReportConfig } from '../../core/config/report-schema.ts'
import type { ChartSpec, PageData } from './charts/page-data.ts'
import { isNumeric, type MartColumn } from './read-table.ts'

/** The config of a mart without `report`: its table alone. */
export const PLAIN_REPORT: ReportConfig = { columns: {}, charts: [] }

/** What the config says of a page, with columns by their place in the mart. It must be checked (check-report.ts). */
export function pageSpec(
  report: ReportConfig,
  columns: readonly MartColumn[],
): Pick<PageData, 'charts' | 'sort' | 'choice'> {
  const placeOf = (name: string) => columns.findIndex((column) => column.name === name)
  const { sort, choice } = report
  return {
    charts: report.charts.map((chart) => chartSpec(chart, report, columns)),
    sort: sort === undefined ? null : { column: placeOf(sort.column), order: sort.order },
    choice:
      choice === undefined
        ? null
        : {
            column: placeOf(choice.column),
            narrowsTo: choice.narrowsTo === undefined ? null : placeOf(choice.narrowsTo),
          },
  }
}

function chartSpec(chart: ChartConfig, report: ReportConfig, columns: readonly MartColumn[]): ChartSpec {
  const placeOf = (name: string) => columns.findIndex((column) => column.name === name)
  const values = chart.values ?? defaultValues(chart, columns)
  return {
    kind: chart.kind,
    title: chart.title ?? defaultTitle(chart, values, report),
    category: chart.category === undefined ? null : placeOf(chart.category),
    values: values.map(placeOf),
    series: chart.series === undefined ? null : placeOf(chart.series),
    sort: chart.sort,
    top: chart.top ?? null,
    mean: chart.mean,
    colors: chart.colors ?? null,
  }
}

/** Every column of numbers; a big number without values counts rows. */
function defaultValues(chart: ChartConfig, columns: readonly MartColumn[]): string[] {
  if (chart.kind === 'big-number') return []
  const taken = [chart.category, chart.series]
  return columns.filter((column) => isNumeric(column) && !taken.includes(column.name)).map((column) => column.name)
}

/** `Hired by department` */
function defaultTitle(chart: ChartConfig, values: readonly string[], report: ReportConfig): string {
  const labelOf = (name: string) =>
    (Object.hasOwn(report.columns, name) ? report.columns[name]?.label : undefined) ?? name.replaceAll('_', ' ')
  const what = values.length === 0 ? 'Rows' : values.map(labelOf).join(', ')
  return chart.category === undefined ? what : `${what} by ${labelOf(chart.category)}`
}
