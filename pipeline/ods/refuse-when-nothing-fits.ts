import { DroplakeError } from '../../core/errors.ts'
import { faultSentence } from './fault-sentence.ts'
import type { LoadedRecords, RecordSource } from './record-source.ts'

/** @throws {DroplakeError} CSV_NO_RECORD_FITS when a file has records, and all of them are malformed */
export function refuseWhenNothingFits(source: RecordSource, { account, dialect }: LoadedRecords): void {
  if (account.records === 0 || account.malformed < account.records) return
  const { upload, table, tableName } = source
  const columns = Object.keys(table.columns)
  const [fault] = mostFrequent(account.faults) ?? ['field_count' as const]
  const [fields] = mostFrequent(account.fieldCounts) ?? [0]
  const found = faultSentence(fault, fields, dialect.columns.length, source)
  throw new DroplakeError(
    'CSV_NO_RECORD_FITS',
    `"${upload.name}": none of its ${account.records} records can be read as "${tableName}" (${columns.join(', ')}); most often: ${found}`,
    {
      details: {
        records: account.records,
        faults: Object.fromEntries(account.faults),
        expectedFields: dialect.columns.length,
        dialect,
      },
      hint: 'Export it with these columns, or say in pipeline_config.json how it is written (columns, delimiter, encoding), then drop it again.',
    },
  )
}

function mostFrequent<Key>(counts: ReadonlyMap<Key, number>): [Key, number] | undefined {
  return [...counts].sort((a, b) => b[1] - a[1])[0]
}
