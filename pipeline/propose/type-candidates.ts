import type { ColumnConfig } from '../../core/config/schema.ts'

/** A type that a column may have, with the format of its values. */
export type Candidate = Pick<ColumnConfig, 'type' | 'format'>

const DATE_FORMATS = ['%Y-%m-%d', '%d.%m.%Y', '%d/%m/%Y', '%m/%d/%Y', '%Y/%m/%d', '%d-%m-%Y', '%Y.%m.%d']
const TIMESTAMP_FORMATS = [
  '%Y-%m-%dT%H:%M:%SZ',
  '%Y-%m-%d %H:%M:%S',
  '%Y-%m-%dT%H:%M:%S',
  '%Y-%m-%d %H:%M',
  '%Y-%m-%dT%H:%M:%S.%gZ',
  '%Y-%m-%d %H:%M:%S.%g',
  '%Y-%m-%dT%H:%M:%S.%fZ',
  '%Y-%m-%d %H:%M:%S.%f',
  '%d.%m.%Y %H:%M',
  '%d.%m.%Y %H:%M:%S',
  '%d/%m/%Y %H:%M',
  '%d/%m/%Y %H:%M:%S',
  '%m/%d/%Y %H:%M',
  '%m/%d/%Y %H:%M:%S',
]

/** In the order in which equals are preferred. */
export const CANDIDATES: readonly Candidate[] = [
  { type: 'integer' },
  { type: 'bigint' },
  { type: 'decimal(38,8)' },
  { type: 'double' },
  { type: 'boolean' },
  ...DATE_FORMATS.map((format) => ({ type: 'date', format })),
  ...TIMESTAMP_FORMATS.map((format) => ({ type: 'timestamp', format })),
  ...['%H:%M:%S', '%H:%M'].map((format) => ({ type: 'time', format })),
  { type: 'uuid' },
  { type: 'json' },
]

/** What a value of a type looks like, roughly. */
export function shapeOf({ type, format }: Candidate): RegExp {
  if (type === 'uuid') return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i
  if (type === 'json') return /^[[{]/
  if (type === 'boolean') return /^(true|false)$/
  if (type === 'integer' || type === 'bigint') return /^-?\d+$/
  if (format === undefined) return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/
  const parts = format.replaceAll('.', '\\.').replaceAll('%Y', '\\d{4}')
  return new RegExp(`^${parts.replace(/%[mdHMS]/g, '\\d\\d').replace(/%[gf]/g, '\\d+')}$`)
}
