import type { ColumnEvidence } from './column-evidence.ts'
import { REFERENCE_SHARE, type ReferenceEvidence } from './reference-evidence.ts'

/** A table's contract as it stands in pipeline_config.json; keys with their default value are left out. */
export type Contract = Readonly<Record<string, unknown>>

/** A value is required when so many of the records have one. */
export const REQUIRED_SHARE = 0.98
/** A list of allowed values has at most so many, covers so much, and comes from so many records. */
const MOST_ALLOWED = 20
const ALLOWED_SHARE = 0.98
const FEWEST_RECORDS = 50

export function isRequired({ givenShare, missing }: ColumnEvidence): boolean {
  return missing === 0 || givenShare >= REQUIRED_SHARE
}

/** The contract's entry of a column. */
export function columnContract(
  evidence: ColumnEvidence,
  role: { readonly isKey: boolean; readonly isReference: boolean },
  records: number,
): Record<string, unknown> {
  const { type, format, longest } = evidence
  const nullValues = evidence.nullTexts.map(({ value }) => value)
  const isFree = !role.isKey && !role.isReference
  const allowed = isFree ? allowedValues(evidence, records) : null
  return {
    type,
    ...(role.isKey || isRequired(evidence) ? {} : { required: false }),
    ...(format === null || isDefault(type, format) ? {} : { format }),
    ...(type === 'string' && longest > 0 && allowed === null ? { maxLength: roomFor(longest) } : {}),
    ...(nullValues.length > 0 ? { nullValues } : {}),
    ...(allowed === null ? {} : { oneOf: allowed }),
    ...(isFree ? leastValue(evidence) : {}),
  }
}

/** Values that are few, come again and again, and are nearly all there is. */
export function allowedValues({ type, values, distinct }: ColumnEvidence, records: number): string[] | null {
  if (type !== 'string' || values.length === 0 || records < FEWEST_RECORDS) return null
  const given = values.reduce((sum, value) => sum + value.records, 0)
  const frequent = values.filter((value) => value.records >= Math.max(2, given * 0.005))
  const share = frequent.reduce((sum, value) => sum + value.records, 0) / given
  const isList = frequent.length > 0 && frequent.length <= MOST_ALLOWED && distinct * 3 <= given
  return isList && share >= ALLOWED_SHARE ? frequent.map(({ value }) => value).sort() : null
}

/** A number that never was below 0 is not to be so; how great it may be, no file can tell. */
function leastValue({ type, least }: ColumnEvidence): { min?: number } {
  const isNumber = /^(integer|bigint|double|decimal)/.test(type)
  return isNumber && least !== null && Number(least) >= 0 ? { min: 0 } : {}
}

/** Of a reference, those that are proposed: of a column the one that its name speaks for. */
export function likelyReferences(found: readonly ReferenceEvidence[]): ReferenceEvidence[] {
  const named = found.filter(({ isNamed, share }) => isNamed && share >= REFERENCE_SHARE)
  return named.filter(
    ({ column, share }, index) =>
      !named.some(
        (other, place) => other.column === column && (other.share > share || (other.share === share && place < index)),
      ),
  )
}

function isDefault(type: string, format: string): boolean {
  return format === { date: '%Y-%m-%d', timestamp: '%Y-%m-%dT%H:%M:%SZ', time: '%H:%M:%S' }[type]
}

/** Twice as long as the longest, on a round number. */
function roomFor(longest: number): number {
  const rounds = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
  return rounds.find((round) => round >= longest * 2) ?? longest * 2
}
