import { join as joinPath } from 'node:path'
import type { Layout } from '../../control/layout.ts'
import type { DataFile } from '../../control/ledger.ts'
import type { Project } from '../../core/config/load-config.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { ColumnEvidence } from './column-evidence.ts'

/** A column whose values may name rows of a table. */
export interface ReferenceEvidence {
  readonly column: string
  readonly table: string
  readonly key: string
  /** Of the values, by records: the share that is a key of the table; and some that are not. */
  readonly share: number
  readonly missingRecords: number
  readonly missing: readonly string[]
  /** The names say so, too; without that, small numbers are keys of many tables by chance. */
  readonly isNamed: boolean
}

/** A reference is proposed from this share of known values on. */
export const REFERENCE_SHARE = 0.9
/** A column with fewer different values is known to some table by chance. */
const FEWEST_VALUES = 10

/** The tables of the project, by the keys of the rows that the lake has. */
export async function findReferences(
  engine: Engine,
  project: Project,
  layout: Layout,
  dataFiles: readonly DataFile[],
  rows: Sql,
  columns: readonly ColumnEvidence[],
  own: string,
): Promise<ReferenceEvidence[]> {
  const found: ReferenceEvidence[] = []
  for (const [tableName, table] of Object.entries(project.config.tables)) {
    const [key, second] = table.primaryKey
    const files = dataFiles.filter((file) => file.layer === 'dw' && file.tableName === tableName)
    if (tableName === own || key === undefined || second !== undefined || files.length === 0) continue
    const paths = files.map((file) => joinPath(layout.lake, file.path))
    for (const { column, type, distinct } of columns) {
      if (type !== table.columns[key]?.type) continue
      const evidence = await holdAgainst(
        engine,
        rows,
        column,
        sql`(select ${ident(key)}::varchar as key from ${readParquet(paths)})`,
      )
      const isNamed = isNamedFor(column, key, tableName)
      const isTelling = isNamed || (evidence.share >= REFERENCE_SHARE && distinct >= FEWEST_VALUES)
      if (isTelling) found.push({ column, table: tableName, key, ...evidence, isNamed })
    }
  }
  return found
}

async function holdAgainst(
  engine: Engine,
  rows: Sql,
  column: string,
  keys: Sql,
): Promise<Pick<ReferenceEvidence, 'share' | 'missing' | 'missingRecords'>> {
  const values = sql`(select ${ident(column)} as key, count(*) as records from ${rows} as _rows where ${ident(column)} is not null group by 1)`
  const { all, known } = await engine.row<{ all: number; known: number }>(sql`
    select
      coalesce(sum(records), 0)::bigint as "all",
      coalesce(sum(records) filter (where key in (select key from ${keys})), 0)::bigint as known
    from ${values}`)
  const missing = await engine.rows<{ key: string }>(
    sql`select key from ${values} anti join ${keys} using (key) order by records desc, key limit 3`,
  )
  return { share: all === 0 ? 0 : known / all, missingRecords: all - known, missing: missing.map(({ key }) => key) }
}

/** `department_id` or `dept_department_id` for the key `department_id`; `department` for the table `departments`. */
function isNamedFor(column: string, key: string, table: string): boolean {
  const [name, plainKey] = [column.toLowerCase(), key.toLowerCase()]
  const stem = table.toLowerCase().replace(/(ies|es|s)$/, '')
  const isPlainKey = ['id', 'key', 'code', 'name'].includes(plainKey)
  return (!isPlainKey && (name === plainKey || name.endsWith(`_${plainKey}`))) || name.startsWith(stem)
}
