import { z } from 'zod'
import { durationSchema } from './durations.ts'

/** DuckDB's SQL text ends at a NUL. */
const text = z.string().refine((value) => !value.includes('\0'), 'expected a text without the character NUL')

const bound = (what: string) =>
  z
    .union([z.number(), text.min(1)])
    .optional()
    .describe(`${what}, written as the column's values are; as a string where a JSON number would round it`)

/** What a rule that is broken does to the record, or to its file. */
export const severitySchema = z.enum(['quarantine', 'warn', 'refuse'])
export type Severity = z.infer<typeof severitySchema>

/** The keys of a column that narrow its values, beside its type. */
export const columnRulesSchema = {
  trim: z.boolean().optional().describe('Whitespace around a value is taken away before anything else. Default: false'),
  nullValues: z
    .array(text.min(1))
    .optional()
    .describe('Texts that count as missing, such as "NA" or "-"; exactly so, after trim'),
  minLength: z.int().positive().optional().describe('string: the least characters a value may have'),
  maxLength: z.int().positive().optional().describe('string: the most characters a value may have'),
  pattern: text
    .min(1)
    .optional()
    .describe('string: a regular expression (RE2) that the whole value must match: [A-Z]{2}[0-9]+'),
  min: bound('The least value'),
  max: bound('The greatest value'),
  oneOf: z
    .array(z.union([z.number(), text.min(1)]))
    .min(1)
    .optional()
    .describe('The values that are allowed, written as the values of the column are'),
}

const checkSchema = z.strictObject({
  name: text
    .regex(/^[^\p{Cc}]{1,100}$/u, 'expected 1 to 100 characters, none of them a control character')
    .describe('Its rule is check:<name>'),
  expression: text
    .min(1)
    .max(4000)
    .describe('SQL over the typed values of one row; FALSE breaks the rule, NULL does not: shipped_on >= ordered_on'),
  message: text.min(1).max(1000).describe('The reason that people read'),
  severity: severitySchema.default('quarantine').describe('Default: quarantine'),
})

/** The keys of a table that hold rules of its rows. */
export const tableRulesSchema = {
  checks: z.array(checkSchema).default([]).describe('Conditions on several columns of a row'),
  severity: z
    .record(z.string(), severitySchema)
    .default({})
    .describe('By rule, such as "max_length:name": quarantine (default), warn (loaded and counted), refuse (the file)'),
  freshness: z
    .strictObject({
      column: z.string().describe('A date or timestamp'),
      maxAge: durationSchema.describe('How old the newest value may be: 36h, 7d'),
    })
    .optional()
    .describe('The newest value of a column is looked at in every run'),
}

export type CheckConfig = z.infer<typeof checkSchema>
