import type { TableConfig } from '../../core/config/schema.ts'
import { assertNever } from '../../core/errors.ts'
import type { Fault as CsvFault } from './csv/record-format.ts'
import type { JsonFault } from './json-lines/parse-object.ts'

export type Fault = CsvFault | JsonFault

/** Faults that a backslash before a quote may explain, where backslashes are escapes. */
export const ESCAPE_FAULTS: ReadonlySet<Fault> = new Set(['text_after_quote', 'unclosed_quote', 'field_count'])

/** What a sentence names beside the fault itself. */
export interface FaultContext {
  readonly tableName: string
  readonly table: Pick<TableConfig, 'columns'>
  readonly limits: { readonly maxFieldBytes: number }
}

/**
 * What is wrong with a malformed record, as it stands in `_reason`.
 *
 * @param found fields that it has, where that is its fault
 * @param expected fields of the table, or of the file's header
 * @param isEscaped some of its bytes are shown as `\\xHH`, which has to be said
 */
export function faultSentence(
  fault: Fault,
  found: number,
  expected: number,
  context: FaultContext,
  isEscaped = false,
): string {
  const sentence = plainSentence(fault, found, expected, context)
  const saysSo = !isEscaped || fault === 'not_utf8' || sentence.includes('\\x')
  return saysSo ? sentence : `${sentence} (bytes that are not text are shown as \\xHH)`
}

function plainSentence(fault: Fault, found: number, expected: number, context: FaultContext): string {
  const { tableName, table, limits } = context
  // A header may name fewer columns than the table has, or more.
  const whose = expected === Object.keys(table.columns).length ? tableName : 'the header'
  switch (fault) {
    case 'field_count':
      return `the record has ${found} ${found === 1 ? 'field' : 'fields'}; ${whose} has ${expected}`
    case 'text_after_quote':
      return 'there is text between a closing quote and the next delimiter'
    case 'unclosed_quote':
      return 'a quote is opened and never properly closed'
    case 'nul_byte':
      return 'the record holds a NUL byte (shown as \\x00)'
    case 'not_utf8':
      return 'the record is not UTF-8 text (the bytes that are not are shown as \\xHH); save the file as UTF-8, or name its encoding in pipeline_config.json ("encoding")'
    case 'field_too_long':
      return `a field is longer than ${limits.maxFieldBytes} bytes (limits.maxFieldBytes)`
    case 'too_long':
      return 'the record is longer than 16 MiB (its first 64 KiB are shown)'
    case 'not_json':
      return 'the line is no JSON'
    case 'not_an_object':
      return 'the line is JSON, but no object such as {"column": "value"}'
    case 'lone_surrogate':
      return 'a text holds half of a surrogate pair, such as "\\ud800", which is no character'
    case 'key_twice':
      return 'the object has two values for one column'
    case 'unknown_key':
      return `the object has a key that ${tableName} has no column for ("onExtraColumns": "refuse")`
    default:
      return assertNever(fault)
  }
}
