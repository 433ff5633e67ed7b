import { completeTable } from '../../core/config/schema.ts'
import type { ColumnEvidence } from './column-evidence.ts'
import { allowedValues, type Contract } from './contract.ts'
import type { KeyEvidence } from './key-evidence.ts'
import type { ReferenceEvidence } from './reference-evidence.ts'

/** A rule of a contract, and how many records break it. */
export interface ExpectedRejects {
  readonly rule: string
  readonly records: number
}

/** What a contract would hold back of the records that it was proposed from. */
export function expectedRejects(
  columns: readonly ColumnEvidence[],
  contract: Contract,
  keys: readonly KeyEvidence[],
  references: readonly ReferenceEvidence[],
  { wellFormed, malformed }: { readonly wellFormed: number; readonly malformed: number },
): ExpectedRejects[] {
  const table = completeTable(contract)
  const [key] = keys
  const found = [
    { rule: 'malformed', records: malformed },
    ...columns.flatMap((evidence) => {
      const { column, missing, otherRecords, values } = evidence
      const allowed = allowedValues(evidence, wellFormed)
      const isAllowed = (value: string) => allowed === null || allowed.includes(value)
      const hasList = Object.hasOwn(table.columns[column] ?? {}, 'oneOf')
      const others = values.filter(({ value }) => !isAllowed(value)).reduce((sum, value) => sum + value.records, 0)
      return [
        { rule: `required:${column}`, records: table.columns[column]?.required ? missing : 0 },
        { rule: `type:${column}`, records: otherRecords },
        { rule: `one_of:${column}`, records: hasList ? others : 0 },
      ]
    }),
    { rule: `unique:${table.primaryKey.join(',')}`, records: key?.repeated ?? 0 },
    ...references.map(({ column, missingRecords }) => ({ rule: `reference:${column}`, records: missingRecords })),
  ]
  return found.filter((rule) => rule.records > 0)
}
