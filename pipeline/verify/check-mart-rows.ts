import { join as joinPath } from 'node:path'
import { readHeldMarts } from '../../control/held-marts.ts'
import type { DataFile } from '../../control/ledger.ts'
import { isLiveIn, type StoredFile } from '../../control/stored-files.ts'
import { tableFilesOf } from '../../control/table-rows.ts'
import type { CheckResult, Finding, Verification } from '../../control/verify/index.ts'
import { hashFile } from '../../core/durable-files.ts'
import { DroplakeError, messageOf } from '../../core/errors.ts'
import { ident, join, readParquet, type Sql, sql } from '../../core/sql.ts'
import { computeMart, fingerprintOf, inputFilesOf, type MartQuery, readMarts, showMarts } from '../app/index.ts'
import { showTables } from '../dw/index.ts'

/**
 * Every mart holds the rows that its SQL gives over the tables and marts of the same version. A mart that was held back, or
 * whose SQL, parameters or contracts have changed since, is passed over, and told.
 */
export async function checkMartRows(verification: Verification): Promise<CheckResult> {
  const { engine, layout, project, stored, version } = verification
  const live = stored.filter((file) => isLiveIn(file, version))
  const marts = live.filter((file) => file.layer === 'app')
  const read = await readMarts(engine, project).catch((error: unknown) => messageOf(error))
  if (typeof read === 'string')
    return { examined: '0 marts', findings: [], notes: [`marts: their SQL cannot be run today: ${read}`] }
  await showTables(engine, project.config.tables, (table) => tableFilesOf(live, layout, table))
  await showMarts(engine, layout, marts)
  const heldBack = await readHeldMarts(engine, 'lake')
  const findings: Finding[] = []
  const notes: string[] = []
  let examined = 0
  for (const file of marts) {
    const query = read.find((mart) => mart.martName === file.tableName)
    const reason = heldBack.get(file.tableName) ?? whyNot(query, file, verification, live)
    if (query === undefined || reason !== null) {
      notes.push(`app.${file.tableName}: ${reason}`)
      continue
    }
    const found = await compareMart(verification, file, query)
    const damaged = found.length === 0 ? null : await findDamaged(verification, inputFilesOf(query, live))
    if (damaged !== null) {
      notes.push(`app.${file.tableName}: it cannot be compared, because ${damaged.path} is damaged`)
      continue
    }
    examined++
    findings.push(...found)
  }
  return { examined: `${examined} ${examined === 1 ? 'mart' : 'marts'}`, findings, notes }
}

/** Why a mart cannot be compared with what its SQL gives today; null when it can. */
function whyNot(
  query: MartQuery | undefined,
  file: StoredFile,
  { project }: Verification,
  live: readonly StoredFile[],
): string | null {
  if (query === undefined) return 'it has left the config; the next run takes it away'
  if (fingerprintOf(query, project.config.tables, live) !== file.fingerprint)
    return 'its SQL, its tests, its parameters or the contracts have changed since it was made; the next run makes it anew'
  return query.isFickle ? 'its SQL asks for the time, for chance, or for files of its own' : null
}

/** A mart is not to blame when what it is compared with is damaged. */
async function findDamaged({ layout }: Verification, inputs: readonly DataFile[]): Promise<DataFile | null> {
  for (const file of inputs) {
    const found = await hashFile(joinPath(layout.lake, file.path)).catch(() => null)
    if (found !== file.sha256) return file
  }
  return null
}

async function compareMart(verification: Verification, file: StoredFile, query: MartQuery): Promise<Finding[]> {
  const { engine, layout, version } = verification
  const told = (message: string): Finding[] => [
    { check: 'marts', file: file.path, versions: [{ first: version, last: version }], message, remedy: 'repair' },
  ]
  try {
    const fresh = sql`select * from (${await computeMart(engine, query)})`
    const held = sql`select * from ${readParquet([joinPath(layout.lake, file.path)])}`
    const columns = await comparableColumns(verification, fresh)
    const { missing, surplus } = await engine.row<{ missing: number; surplus: number }>(sql`
      with fresh as (select ${columns} from (${fresh})), held as (select ${columns} from (${held}))
      select
        (select count(*) from (from fresh except all from held)) as missing,
        (select count(*) from (from held except all from fresh)) as surplus`)
    if (missing === 0 && surplus === 0) return []
    return told(`its SQL gives ${missing} rows that it has not, and not ${surplus} rows that it has`)
  } catch (error) {
    if (!(error instanceof DroplakeError)) throw error
    return told(`it cannot be compared with its SQL: ${messageOf(error).split('\n', 1)[0]}`)
  }
}

/** Sums of floating point numbers depend on their order, which several threads do not keep: ten digits are compared. */
async function comparableColumns({ engine }: Verification, rows: Sql): Promise<Sql> {
  const described = await engine.rows<{ column_name: string; column_type: string }>(sql`describe ${rows}`)
  const columns = described.map(({ column_name: name, column_type: type }) =>
    type === 'DOUBLE' || type === 'FLOAT' ? sql`format('{:.9e}', ${ident(name)}) as ${ident(name)}` : ident(name),
  )
  return join(columns, ', ')
}
