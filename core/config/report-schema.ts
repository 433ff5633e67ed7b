import { z } from 'zod'

export const CHART_KINDS = ['bar', 'stacked-bar', 'line', 'heatmap', 'table', 'big-number'] as const

const chartSchema = z.strictObject({
  kind: z.enum(CHART_KINDS).describe('bar, stacked-bar, line, heatmap, table, or big-number'),
  title: z.string().min(1).optional().describe('Above the chart. Default: made from the labels of its columns'),
  category: z
    .string()
    .optional()
    .describe('The column whose values are told apart: a bar, a point of a line, a row each. big-number needs none'),
  values: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Columns of numbers. Rows of one category are added up; big-number without any counts rows'),
  series: z
    .string()
    .optional()
    .describe('The column whose values are the series, when the numbers of all stand in one column'),
  sort: z
    .enum(['value', 'category', 'none'])
    .default('none')
    .describe('value: largest first; category: by name; none: as in the mart. Default: none'),
  top: z.int().positive().optional().describe('Show only so many categories, the others added up as one'),
  mean: z.boolean().default(false).describe('bar, line of one column: a line at the mean over all categories'),
  colors: z
    .array(z.string().regex(/^#[0-9a-fA-F]{6}$/, 'expected a colour such as "#2f6db3"'))
    .min(1)
    .optional()
    .describe('Colours of the series, as #rrggbb. Default: colours that stay apart for colour-blind eyes'),
})

/** How a mart is shown to people: `marts.<name>.report`. */
export const reportSchema = z.strictObject({
  title: z.string().min(1).optional().describe('Default: the name of the mart'),
  sentence: z.string().min(1).optional().describe('What the page shows, in one sentence. Default: the description'),
  columns: z
    .record(
      z.string(),
      z.strictObject({
        label: z.string().min(1).optional().describe('How people call it. Default: its name'),
        unit: z.string().min(1).optional().describe('Behind its numbers, such as "hires" or "EUR"'),
      }),
    )
    .default({})
    .describe('Labels and units of the columns of the mart'),
  sort: z
    .strictObject({ column: z.string(), order: z.enum(['asc', 'desc']).default('asc') })
    .optional()
    .describe('How the table is sorted at first. Default: as in the mart'),
  choice: z
    .strictObject({
      column: z.string().describe('A choice among its values stands above the charts'),
      narrowsTo: z
        .string()
        .optional()
        .describe('With a choice made, charts by the chosen column show this one in its place'),
    })
    .optional()
    .describe('Lets people look at one department, one country, …'),
  comparison: z
    .strictObject({
      mart: z.string().describe('Its rows whose category this mart lacks are shown in grey; it has the same columns'),
      ownLabel: z.string().min(1).optional().describe('What those of this mart are. Default: the label of the column'),
      label: z.string().min(1).default('Others').describe('What the grey ones are. Default: Others'),
    })
    .optional(),
  charts: z.array(chartSchema).default([]).describe('From top to bottom; the whole table comes last in any case'),
})

export type ReportConfig = z.infer<typeof reportSchema>
export type ChartConfig = z.infer<typeof chartSchema>
export type ChartKind = ChartConfig['kind']
