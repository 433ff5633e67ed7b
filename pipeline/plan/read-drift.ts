import { open } from 'node:fs/promises'
import type { LimitsConfig, TableConfig } from '../../core/config/schema.ts'
import { fieldMarks } from '../ods/csv/dialect.ts'
import { splitRecord } from '../ods/csv/split-record.ts'
import type { RawFile } from '../ods/index.ts'
import { openText, removeScratch } from '../ods/text/open-text.ts'

/** How a file's columns differ from the contract's. */
export interface Drift {
  /** Columns of the file that the table does not have. */
  readonly extra: readonly string[]
  /** Columns of the table that the file does not have; all of them optional, or it would be refused. */
  readonly missing: readonly string[]
  /** Columns that are written otherwise than in the contract: in another case, with other spaces. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[]
}

/** Hold the header of a file that was read against its table. */
export async function readDrift(file: RawFile, table: TableConfig, limits: LimitsConfig): Promise<Drift> {
  const { dialect } = file
  if (dialect.format !== 'csv') return { extra: dialect.extra, missing: [], renamed: [] }
  const { extra, missing, columns, hasHeader } = dialect
  if (!hasHeader) return { extra, missing, renamed: [] }
  const fields = await readHeader(file, table, limits)
  const renamed = columns
    .map((to, index) => ({ from: fields[index]?.trim() ?? to, to }))
    .filter(({ from, to }) => from !== to && !extra.includes(to))
  return { extra, missing, renamed }
}

/** The header's fields as they are written: what stands before the first record. */
async function readHeader({ upload, dialect }: RawFile, table: TableConfig, limits: LimitsConfig): Promise<string[]> {
  if (dialect.format !== 'csv') return []
  try {
    const text = await openText({ ...upload, encoding: table.encoding, limits })
    const file = await open(text.path, 'r')
    try {
      const bytes = Buffer.alloc(dialect.start.offset - text.bodyOffset)
      await file.read(bytes, 0, bytes.length, text.bodyOffset)
      const [start, end] = [lineStart(bytes), lineEnd(bytes)]
      return splitRecord(bytes, start, Math.max(start, end), fieldMarks(dialect))
    } finally {
      await file.close()
    }
  } finally {
    await removeScratch(upload)
  }
}

const LINE_ENDS = [10, 13]

function lineStart(bytes: Buffer): number {
  return Math.max(
    0,
    bytes.findIndex((byte) => !LINE_ENDS.includes(byte)),
  )
}

function lineEnd(bytes: Buffer): number {
  return bytes.findLastIndex((byte) => !LINE_ENDS.includes(byte)) + 1
}
