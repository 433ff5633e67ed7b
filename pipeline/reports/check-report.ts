import { didYouMean } from '../../core/config/nearest-name.ts'
import type { ChartConfig, ReportConfig } from '../../core/config/report-schema.ts'
import { isNumeric, type MartColumn } from './read-table.ts'

/**
 * Hold a `report` entry against the columns of its mart.
 *
 * @param comparison columns of the mart that it is compared with; null when it names none
 * @returns one sentence per fault, each beginning with the place in pipeline_config.json; empty when all is well
 */
export function checkReport(
  martName: string,
  report: ReportConfig,
  columns: readonly MartColumn[],
  comparison: readonly MartColumn[] | null,
): string[] {
  const at = `marts.${martName}.report`
  const names = columns.map((column) => column.name)
  const known = (place: string, name: string | undefined) =>
    name === undefined || names.includes(name)
      ? []
      : [`${at}.${place}: the mart has no column "${name}", only ${names.join(', ')}.${didYouMean(name, names)}`]
  return [
    ...Object.keys(report.columns).flatMap((name) => known('columns', name)),
    ...known('sort.column', report.sort?.column),
    ...known('choice.column', report.choice?.column),
    ...known('choice.narrowsTo', report.choice?.narrowsTo),
    ...report.charts.flatMap((chart, index) => checkChart(`charts[${index}]`, at, chart, columns, known)),
    ...checkComparison(at, report, columns, comparison),
  ]
}

function checkChart(
  place: string,
  at: string,
  chart: ChartConfig,
  columns: readonly MartColumn[],
  known: (place: string, name: string | undefined) => string[],
): string[] {
  const named = [
    ...known(`${place}.category`, chart.category),
    ...known(`${place}.series`, chart.series),
    ...(chart.values ?? []).flatMap((name, index) => known(`${place}.values[${index}]`, name)),
  ]
  if (named.length > 0) return named
  const needsCategory = chart.kind !== 'big-number' && chart.category === undefined
  const typeOf = (name: string) => columns.find((column) => column.name === name)
  const texts = (chart.values ?? []).map(typeOf).filter((column) => column !== undefined && !isNumeric(column))
  return [
    ...(needsCategory ? [`${at}.${place}.category: missing; a ${chart.kind} needs the column it tells apart.`] : []),
    ...texts.map(
      (column) => `${at}.${place}.values: "${column?.name}" is ${column?.type}; expected a column of numbers.`,
    ),
    ...(chart.values === undefined && chart.kind !== 'big-number' && !columns.some(isNumeric)
      ? [`${at}.${place}.values: the mart has no column of numbers to draw.`]
      : []),
    ...(chart.series !== undefined && chart.values?.length !== 1
      ? [`${at}.${place}.values: with "series", name exactly one column of numbers.`]
      : []),
    ...checkMean(`${at}.${place}.mean`, chart, columns),
  ]
}

function checkMean(place: string, chart: ChartConfig, columns: readonly MartColumn[]): string[] {
  if (!chart.mean) return []
  if (!['bar', 'line'].includes(chart.kind))
    return [`${place}: only a bar or line chart has a line at the mean; this is a ${chart.kind}.`]
  const numbers = columns.filter((column) => isNumeric(column) && column.name !== chart.category)
  if ((chart.values ?? numbers).length === 1 && chart.series === undefined) return []
  return [`${place}: a mean of several series is no line among them; name one column in "values", and no "series".`]
}

function checkComparison(
  at: string,
  report: ReportConfig,
  columns: readonly MartColumn[],
  comparison: readonly MartColumn[] | null,
): string[] {
  if (report.comparison === undefined || comparison === null) return []
  const { mart } = report.comparison
  const used = new Set(report.charts.flatMap((chart) => [chart.category ?? [], chart.values ?? []].flat()))
  return columns
    .filter(({ name }) => used.has(name) && comparison.every((column) => column.name !== name))
    .map(({ name }) => `${at}.comparison.mart: "${mart}" has no column "${name}", which the charts show.`)
}
