import { stat, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { LimitsConfig, TextEncoding } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join as joinSql, sql } from '../../core/sql.ts'
import { isJsonLines } from '../ods/json-lines/load-json-lines.ts'
import { type OpenedText, openText } from '../ods/text/open-text.ts'
import { readCsvSample, readJsonSample, requireRecords, type SampleRecords } from './read-sample.ts'
import { type Sample, sampleText } from './sample-text.ts'

/** A file, and the records of it that a proposal rests on. */
export interface OpenedSample {
  readonly fileName: string
  readonly limits: LimitsConfig
  readonly text: OpenedText
  readonly sample: Sample
  readonly found: SampleRecords
  /** What the contract has to declare; null for what is found out by itself. */
  readonly encoding: TextEncoding | null
}

export interface SampleOptions {
  readonly limits: LimitsConfig
  readonly hasHeader: boolean | undefined
  readonly wholeBytes: number | undefined
}

/**
 * Open a file through a link in a folder of our own: what is unpacked or converted goes beside the link.
 *
 * @param path absolute @param scratch the folder, absolute
 * @throws {DroplakeError} UPLOAD_NOT_TEXT, UPLOAD_DAMAGED, UPLOAD_TOO_LARGE, UPLOAD_EMPTY
 */
export async function openSample(
  engine: Engine,
  path: string,
  scratch: string,
  { limits, hasHeader, wholeBytes }: SampleOptions,
): Promise<OpenedSample> {
  const fileName = basename(path)
  const { size: sizeBytes } = await stat(path)
  const openAs = async (encoding: TextEncoding | undefined, linkName: string): Promise<OpenedSample> => {
    const link = join(scratch, linkName)
    await symlink(path, link)
    const text = await openText({ name: fileName, path: link, sizeBytes, encoding, limits })
    const sample = await sampleText(text, `${link}.pieces`, wholeBytes)
    const found = isJsonLines(fileName)
      ? await readJsonSample(engine, sample, limits.maxFieldBytes)
      : await readCsvSample(engine, text, sample, hasHeader)
    return { fileName, limits, text, sample, found, encoding: encoding ?? null }
  }
  const asItIs = await openAs(undefined, 'upload')
  const notUtf8 = asItIs.found.faults.get('not_utf8') ?? 0
  // One damaged record does not make a file Latin: most records with an accent have to be no UTF-8.
  const isLatin = notUtf8 > (await countAccented(engine, asItIs.found))
  const opened = isLatin ? await openAs('windows-1252', 'upload-windows-1252') : asItIs
  requireRecords(opened.found, fileName)
  return opened
}

/** Well-formed records with a character beyond ASCII. */
async function countAccented(engine: Engine, { rows, columns }: SampleRecords): Promise<number> {
  const beyond = columns.map((column) => sql`strlen(${ident(column)}) > length(${ident(column)})`)
  const { records } = await engine.row<{ records: number }>(
    sql`select count(*) as records from ${rows} as _rows where ${joinSql(beyond, ' or ')}`,
  )
  return records
}
