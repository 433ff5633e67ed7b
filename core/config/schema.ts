import { z } from 'zod'

/** The types a column can have. */
const COLUMN_TYPE =
  /^(integer|bigint|double|boolean|string|date|timestamp|decimal\(([1-9]|[12]\d|3[0-8]), ?([0-9]|[12]\d|3[0-8])\))$/

const columnSchema = z.strictObject({
  type: z
    .string()
    .regex(COLUMN_TYPE, 'expected integer, bigint, decimal(p,s), double, boolean, string, date or timestamp')
    .describe('integer, bigint, decimal(p,s), double, boolean, string, date or timestamp'),
  required: z.boolean().default(true).describe('A record without a value is quarantined. Default: true'),
  maxLength: z.int().positive().optional().describe('string: the most characters a value may have'),
  format: z
    .string()
    .min(1)
    .optional()
    .describe('date, timestamp: how a value is written, in strftime letters; default %Y-%m-%d, %Y-%m-%dT%H:%M:%SZ'),
  description: z.string().optional(),
})

const referenceSchema = z.strictObject({
  columns: z.array(z.string()).min(1).describe('Columns of this table'),
  table: z.string().describe('The table whose primary key they name'),
})

const tableSchema = z.strictObject({
  description: z.string().optional(),
  files: z
    .array(z.string().min(1))
    .min(1)
    .describe('Names of uploads that belong here; * and ? as in a shell, any case'),
  columns: z
    .record(z.string(), columnSchema)
    .describe('The columns of the table, in the order of a file without header'),
  primaryKey: z.array(z.string()).min(1).describe('The columns whose values together name a row'),
  references: z.array(referenceSchema).default([]),
})

const martSchema = z.strictObject({
  description: z.string().optional(),
  sql: z.string().min(1).describe('Path of a file with one SELECT over dw.*; $name takes a value from "parameters"'),
})

const pathSchema = (path: string, what: string) => z.string().min(1).default(path).describe(`${what}. Default: ${path}`)

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).describe('The name of the lake'),
  paths: z
    .strictObject({
      uploads: pathSchema('workingArea/uploads', 'Drop files here'),
      processed: pathSchema('workingArea/processed', 'Uploads that were taken, as they came'),
      lake: pathSchema('lake', 'Data files, catalog, history and logs'),
      quarantine: pathSchema('quarantine', 'Refused records and files, for people'),
      reports: pathSchema('reports', 'A CSV per mart'),
    })
    .prefault({})
    .describe('Folders, relative to this file'),
  engine: z
    .strictObject({
      threads: z.int().positive().optional().describe('Threads of DuckDB. Default: one per core'),
      memoryLimit: z
        .string()
        .regex(/^\d+(\.\d+)? ?([KMGT]i?B)$/, 'expected a size such as "512MB" or "4GB"')
        .optional()
        .describe('memory_limit of DuckDB, such as "4GB". Default: 80 % of the machine'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('What the terminal shows. Default: info'),
    })
    .prefault({}),
  history: z
    .strictObject({
      keepCatalogs: z.int().positive().default(20).describe('Catalogs kept in lake/history, newest first. Default: 20'),
    })
    .prefault({}),
  parameters: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/), z.union([z.number(), z.string(), z.boolean()]))
    .default({})
    .describe('Values that marts use as $name'),
  tables: z.record(z.string(), tableSchema),
  marts: z.record(z.string(), martSchema).default({}),
})

export type Config = z.infer<typeof configSchema>
export type TableConfig = Config['tables'][string]
export type ColumnConfig = TableConfig['columns'][string]
export type ReferenceConfig = TableConfig['references'][number]
export type MartConfig = Config['marts'][string]

/** The JSON Schema of pipeline_config.json, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'droplake pipeline_config.json', ...z.toJSONSchema(configSchema, { io: 'input' }) }
}
