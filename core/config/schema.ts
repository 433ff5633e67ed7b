import { z } from 'zod'
import { durationSchema } from './durations.ts'
import { PERCENTAGE } from './max-rejects.ts'
import { reportSchema } from './report-schema.ts'
import { columnRulesSchema, tableRulesSchema } from './rule-schema.ts'

/** The types a column can have. */
const COLUMN_TYPE =
  /^(integer|bigint|double|boolean|string|date|timestamp|time|uuid|json|decimal\(([1-9]|[12]\d|3[0-8]), ?([0-9]|[12]\d|3[0-8])\))$/

const TYPE_NAMES = 'integer, bigint, decimal(p,s), double, boolean, string, date, timestamp, time, uuid or json'

/** Encodings of text that can be read; UTF-16 also without being declared, by its byte order mark. */
const TEXT_ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'] as const
export type TextEncoding = (typeof TEXT_ENCODINGS)[number]

const columnSchema = z.strictObject({
  type: z.string().regex(COLUMN_TYPE, `expected ${TYPE_NAMES}`).describe(TYPE_NAMES),
  required: z.boolean().default(true).describe('A record without a value is quarantined. Default: true'),
  ...columnRulesSchema,
  format: z
    .string()
    .min(1)
    .optional()
    .describe(
      'date, timestamp, time: how a value is written, in strftime letters; default %Y-%m-%d, %Y-%m-%dT%H:%M:%SZ, %H:%M:%S',
    ),
  description: z.string().optional(),
  avro: z
    .literal('string')
    .optional()
    .describe('date, timestamp, time: written into Avro backups as ISO 8601 text; default: as the type of Avro'),
})

const referenceSchema = z.strictObject({
  columns: z.array(z.string()).min(1).describe('Columns of this table'),
  table: z.string().describe('The table whose primary key they name'),
  onMissing: z
    .enum(['reject', 'hold'])
    .default('reject')
    .describe(
      'A record that refers to nothing: quarantined as open, or held and tried again in each later run. Default: reject',
    ),
  maxWait: durationSchema
    .default('30d')
    .describe('hold: how long a record waits, such as 36h or 30d; then it is open. Default: 30d'),
})

/** How the files of a table are written. What is declared is not guessed. */
const fileFormatSchema = {
  delimiter: z
    .string()
    .regex(
      /^[\t !#$%&()*+,\-./:;<=>?@[\]^`{|}~]$/,
      'expected one character such as , ; | or a tab; no letter, digit, quote or backslash',
    )
    .optional()
    .describe('Between fields. Default: found out per file among comma, semicolon, tab and |'),
  quote: z.enum(['"', "'", '']).optional().describe('Around fields; empty for none. Default: found out per file'),
  escape: z
    .enum(['doubled', 'backslash'])
    .optional()
    .describe('How a quote inside quotes is written: "" or \\". Default: found out per file'),
  header: z.boolean().optional().describe('Whether the first record names the columns. Default: found out per file'),
  encoding: z
    .enum(TEXT_ENCODINGS)
    .optional()
    .describe('Default: utf-8, and UTF-16 where a byte order mark says so; the others are never guessed'),
  onExtraColumns: z
    .enum(['keep', 'ignore', 'refuse'])
    .default('keep')
    .describe(
      'Columns of a header that the table does not have: kept in _extra, left out, or the file is refused. Default: keep',
    ),
  onMissingColumns: z
    .enum(['allow', 'quarantine', 'refuse'])
    .default('allow')
    .describe(
      'Columns that a header lacks: optional ones may lack; or required ones too, and each record is quarantined for them; or the file is refused for any. Default: allow',
    ),
}

const tableSchema = z.strictObject({
  description: z.string().optional(),
  files: z
    .array(z.string().min(1))
    .min(1)
    .describe('Names of uploads that belong here, without .gz or .zst; * and ? as in a shell, any case'),
  ...fileFormatSchema,
  columns: z
    .record(z.string(), columnSchema)
    .describe('The columns of the table, in the order of a file without header'),
  primaryKey: z.array(z.string()).min(1).describe('The columns whose values together name a row'),
  unique: z
    .array(z.array(z.string()).min(1))
    .default([])
    .describe(
      'More lists of columns whose values together no two rows share; where one is missing they are not compared',
    ),
  maxRejects: z
    .union([z.int().nonnegative(), z.string().regex(PERCENTAGE, 'expected a percentage such as "5%"')])
    .optional()
    .describe(
      'A file with more records open in quarantine, 100 or "5%", is refused as a whole; those that wait do not count. Default: any number',
    ),
  rowCount: z
    .strictObject({ min: z.int().nonnegative().optional(), max: z.int().positive().optional() })
    .optional()
    .describe('A file with fewer or more records is refused'),
  onConflict: z
    .enum(['reject', 'ignore', 'update', 'history'])
    .default('reject')
    .describe(
      'A record whose primary key is there already: reject it; ignore it when it is identical; update the row; or keep the history of the row. Default: reject',
    ),
  references: z.array(referenceSchema).default([]),
  ...tableRulesSchema,
})

const martTestsSchema = z.strictObject({
  unique: z.array(z.string()).min(1).optional().describe('Columns whose values together name a row of the mart'),
  notNull: z.array(z.string()).min(1).optional().describe('Columns that have a value in every row'),
  rowCount: z
    .strictObject({ min: z.int().nonnegative().optional(), max: z.int().nonnegative().optional() })
    .optional()
    .describe('How many rows the mart has, at least and at most'),
  sql: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe(
      'By name: a condition that is true for a row that is wrong, or the path of a .sql file with one SELECT of what is wrong',
    ),
})

const martSchema = z.strictObject({
  description: z.string().optional(),
  sql: z
    .string()
    .min(1)
    .describe('Path of a file with one SELECT over dw.* and other marts, app.*; $name takes a value from "parameters"'),
  tests: martTestsSchema.optional().describe('What must hold of a new version of the mart before anybody sees it'),
  trace: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Path of a file with one SELECT of the rows behind: columns of the mart, and _table, _file_id, _line of a row of dw.<_table>. Default: found out from "sql"',
    ),
  report: reportSchema.optional().describe('How its page in reports/ shows it. Default: the table alone'),
})

const pathSchema = (path: string, what: string) => z.string().min(1).default(path).describe(`${what}. Default: ${path}`)

const sizeSchema = (size: number, what: string, shown: string) =>
  z.int().positive().default(size).describe(`The most ${what}. Default: ${shown}`)

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).describe('The name of the lake'),
  paths: z
    .strictObject({
      uploads: pathSchema('workingArea/uploads', 'Drop files here'),
      processed: pathSchema('workingArea/processed', 'Uploads that were taken, as they came'),
      lake: pathSchema('lake', 'Data files, catalog, history and logs'),
      quarantine: pathSchema('quarantine', 'Refused records and files, for people'),
      reports: pathSchema('reports', 'A page, a picture and a CSV per mart, and index.html'),
      backups: pathSchema('backups', 'Avro backups of the tables'),
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
  reports: z
    .strictObject({
      pages: z
        .boolean()
        .default(true)
        .describe(
          'Runs write pages and pictures; false leaves the CSVs, and droplake report writes pages. Default: true',
        ),
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
  limits: z
    .strictObject({
      maxFileBytes: sizeSchema(64 * 1024 ** 3, 'bytes of an upload, unpacked', '64 GiB'),
      maxExpansion: sizeSchema(200, 'times that a packed upload may grow when it is unpacked', '200'),
      maxFieldBytes: sizeSchema(16 * 1024 ** 2, 'bytes of a field; a record with a longer one is malformed', '16 MiB'),
    })
    .prefault({})
    .describe('What an upload may be at most'),
  history: z
    .strictObject({
      keepCatalogs: z.int().positive().default(20).describe('Catalogs kept in lake/history, newest first. Default: 20'),
    })
    .prefault({}),
  parameters: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/), z.union([z.number(), z.string(), z.boolean()]))
    .default({})
    .describe('Values that marts use as $name'),
  senders: z
    .record(
      z.string(),
      z.strictObject({
        description: z.string().optional(),
        files: z
          .array(z.string().min(1))
          .min(1)
          .describe('Names of uploads that come from them; * and ? as in a shell'),
      }),
    )
    .default({})
    .describe('Who makes which files: each gets reports/senders/<name>.csv of what is wrong with theirs'),
  tables: z.record(z.string(), tableSchema),
  marts: z.record(z.string(), martSchema).default({}),
})

export type Config = z.infer<typeof configSchema>
export type TableConfig = Config['tables'][string]
export type ColumnConfig = TableConfig['columns'][string]
export type ReferenceConfig = TableConfig['references'][number]
export type LimitsConfig = Config['limits']
export type MartConfig = Config['marts'][string]
export type MartTestsConfig = z.infer<typeof martTestsSchema>

/** A table's contract with all its defaults. @throws {z.ZodError} */
export function completeTable(document: unknown): TableConfig {
  return tableSchema.parse(document)
}

/** The JSON Schema of pipeline_config.json, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'droplake pipeline_config.json', ...z.toJSONSchema(configSchema, { io: 'input' }) }
}
