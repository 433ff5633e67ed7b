import { assertNever } from '../../core/errors.ts'
import type { Fault } from './parse-record.ts'

/**
 * What is wrong with a malformed record, as it stands in `_reason`.
 *
 * @param found fields that it has, where that is its fault
 * @param expected fields of the table
 */
export function faultSentence(fault: Fault, found: number, expected: number, tableName: string): string {
  switch (fault) {
    case 'field_count':
      return `the record has ${found} ${found === 1 ? 'field' : 'fields'}; ${tableName} has ${expected}`
    case 'text_after_quote':
      return 'there is text between a closing quote and the next comma'
    case 'unclosed_quote':
      return 'a quote is opened and never properly closed'
    case 'nul_byte':
      return 'the record holds a NUL byte (shown as \\x00)'
    case 'not_utf8':
      return 'the record is not UTF-8 text (the bytes that are not are shown as \\xHH); save the file as UTF-8'
    case 'too_long':
      return 'the record is longer than 16 MiB (its first 64 KiB are shown)'
    default:
      return assertNever(fault)
  }
}
