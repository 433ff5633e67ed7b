import { join } from 'node:path'
import type { Lake } from '../../../control/lake.ts'
import type { DataFile } from '../../../control/ledger.ts'
import { hashFile, listFolder } from '../../../core/durable-files.ts'
import { sql } from '../../../core/sql.ts'

/** Nothing lies below ODS but the upload itself: say where it is, when it is still there. */
export async function odsAdvice(lake: Lake, file: DataFile): Promise<string> {
  const uploads = await lake.engine.rows<{ name: string; sha256: string }>(sql`
    select name, sha256
    from lake.control.files
    where run_id = ${file.runId} and table_name = ${file.tableName} and outcome = 'loaded'
    order by name`)
  const places: string[] = []
  for (const { name, sha256 } of uploads) places.push(`"${name}" ${await findUpload(lake, name, sha256)}`)
  return `it is the lowest layer; its uploads: ${places.join(', ')}; roll back to before run ${file.runId} and drop them again`
}

async function findUpload(lake: Lake, name: string, sha256: string): Promise<string> {
  const { processed } = lake.layout
  const stem = name.replace(/\.[^.]*$/, '')
  for (const candidate of (await listFolder(processed)).filter((found) => found.startsWith(stem))) {
    const found = await hashFile(join(processed, candidate)).catch(() => '')
    if (found === sha256) return `is whole in processed/${candidate}`
  }
  return 'is not in processed/ any more'
}
