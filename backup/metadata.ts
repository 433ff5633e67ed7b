import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { AvroHeader } from './avro/header.ts'

/** Keys of ours in a file's header begin with this. */
const PREFIX = 'droplake.'
const SHA256 = /^[0-9a-f]{64}$/
/** Stands in a header until the value is known; it has the same length. */
const UNKNOWN = '0'.repeat(64)

const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)

/** What the header of a backup says of itself, beside schema and codec. All of it, or it is no backup of ours. */
const metadataSchema = z.strictObject({
  /** 1; another one may mean other things by the same keys. */
  format: z.literal('1'),
  lake: z.string(),
  table: z.string(),
  /** `rows`: the table itself; `lineage`: where its rows come from. */
  part: z.enum(['rows', 'lineage']),
  /** The version of the lake that it holds, and the run that made that version. */
  version: count,
  run: count,
  /** Rows of the table, also in the lineage file. */
  rows: count,
  /** Records of this file. */
  records: count,
  /** Hash of the table's contract then. */
  contract: z.string().regex(SHA256),
  /** When the backup was made: ISO 8601, UTC. */
  madeAt: z.string(),
  /** SHA-256 over the encoded records, in their order; of the rows, and of this file. */
  rowsDigest: z.string().regex(SHA256),
  digest: z.string().regex(SHA256),
  /** SHA-256 over the header, with this value as 64 zeros. */
  header: z.string().regex(SHA256),
})

export type BackupMetadata = z.infer<typeof metadataSchema>

/** What is known of a file before it is written. */
export type KnownMetadata = Omit<BackupMetadata, 'format' | 'records' | 'rowsDigest' | 'digest' | 'header'>

/** The header's entries in their order; every value that is known only at the end has its place. */
export function draftEntries(known: KnownMetadata, schema: string, codec: string): Map<string, string> {
  const entries: [string, string][] = Object.entries(known).map(([key, value]) => [PREFIX + key, String(value)])
  return new Map([
    ['avro.schema', schema],
    ['avro.codec', codec],
    [`${PREFIX}format`, '1'],
    ...entries,
    [`${PREFIX}records`, '0'.repeat(15)],
    [`${PREFIX}rowsDigest`, UNKNOWN],
    [`${PREFIX}digest`, UNKNOWN],
    [`${PREFIX}header`, UNKNOWN],
  ])
}

/** @param headerHash SHA-256 of a header with these entries, as `draftEntries` leaves that of the header itself */
export function finalEntries(
  draft: ReadonlyMap<string, string>,
  values: { readonly records: number; readonly rowsDigest: string; readonly digest: string },
  headerHash: (entries: ReadonlyMap<string, string>) => string,
): Map<string, string> {
  const entries = new Map([
    ...draft,
    [`${PREFIX}records`, String(values.records).padStart(15, '0')],
    [`${PREFIX}rowsDigest`, values.rowsDigest],
    [`${PREFIX}digest`, values.digest],
  ] as const)
  return entries.set(`${PREFIX}header`, headerHash(entries))
}

/**
 * What a file says of itself.
 *
 * @param bytes the file's first bytes, at least its header
 * @returns null for a file that another program has written
 * @throws {Error} a sentence, when it is one of ours and its header is not as it was written
 */
export function readMetadata(header: AvroHeader, bytes: Uint8Array): BackupMetadata | null {
  // A damaged key may have lost any letter; the others are left then.
  const ours = [...header.metadata].filter(([key]) => key.startsWith(PREFIX))
  if (ours.length === 0) return null
  const found = Object.fromEntries(ours.map(([key, value]) => [key.slice(PREFIX.length), value.toString('utf8')]))
  const parsed = metadataSchema.safeParse(found)
  if (!parsed.success)
    throw new Error(
      `its header is damaged: ${parsed.error.issues.map((issue) => `${PREFIX}${issue.path.join('.')} ${issue.message}`).join('; ')}`,
    )
  const whole = Buffer.from(bytes.subarray(0, header.sizeBytes))
  const place = whole.indexOf(parsed.data.header, 0, 'latin1')
  const hash = hashHeader(
    Buffer.concat([whole.subarray(0, place), Buffer.from(UNKNOWN), whole.subarray(place + UNKNOWN.length)]),
  )
  if (hash !== parsed.data.header)
    throw new Error(`its header is damaged: SHA-256 ${hash}, but it says ${parsed.data.header}`)
  return parsed.data
}

export function hashHeader(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
