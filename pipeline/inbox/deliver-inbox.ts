// The only writer of quarantine/<table>/: a CSV for each upload that has open records.
import { join as joinPath } from 'node:path'
import type { Lake } from '../../control/lake.ts'
import { besidePath, ensureFolder, exists, freePath, hashFile, moveFile, removePath } from '../../core/durable-files.ts'
import { literal, type Sql, sql } from '../../core/sql.ts'
import { copyToCsv, writeCsv } from '../deliver/csv-file.ts'
import { inboxQuery } from './inbox-query.ts'
import type { InboxCsv } from './plan-inbox.ts'

/**
 * Bring a CSV of the inbox to what the lake says. Work of people is never lost: a CSV that someone has changed is replaced only
 * when it was dropped into uploads as it is; otherwise it stays, or, when none of its records is open any more, it goes to
 * `processed/`. Safe to repeat.
 *
 * @param taken SHA-256 of the corrections that the run has taken
 * @param gathered the records that stand in it, where they have been read already (`gatherInbox`)
 */
export async function deliverInboxCsv(
  lake: Lake,
  csv: InboxCsv,
  taken: readonly string[],
  gathered?: Sql,
): Promise<void> {
  const path = joinPath(lake.layout.quarantine, csv.tableName, csv.csvName)
  const isThere = await exists(path)
  if (isThere && !(await isDoneWith(lake, csv, path, taken))) {
    if (csv.open === 0) await moveFile(path, await placeInProcessed(lake, csv))
    else lake.log.warn({ file: path }, 'quarantine CSV was changed by someone and is left as it is')
    return
  }
  if (csv.open > 0) await writeCsv(lake, path, gathered ?? (await inboxQuery(lake, csv, csv.after)))
  else if (isThere) await removePath(path)
}

/** Nothing in the file is anyone's work that the lake does not have: its bytes are those that we wrote, or an upload's. */
async function isDoneWith(lake: Lake, csv: InboxCsv, path: string, taken: readonly string[]): Promise<boolean> {
  const found = await hashFile(path)
  if (taken.includes(found) || (await isUpload(lake, found))) return true
  for (const files of [csv.before, csv.after]) {
    if (files.rejects.length === 0) continue
    const asWritten = besidePath(path)
    await copyToCsv(lake, asWritten, await inboxQuery(lake, csv, files))
    const isSame = (await hashFile(asWritten)) === found
    await removePath(asWritten)
    if (isSame) return true
  }
  return false
}

async function isUpload(lake: Lake, sha256: string): Promise<boolean> {
  const { found } = await lake.engine.row<{ found: number }>(
    sql`select count(*) as found from lake.control.files where sha256 = ${literal(sha256)} and outcome <> 'refused'`,
  )
  return found > 0
}

async function placeInProcessed(lake: Lake, { csvName }: InboxCsv): Promise<string> {
  await ensureFolder(lake.layout.processed)
  return freePath(lake.layout.processed, csvName)
}
