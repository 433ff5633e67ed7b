import type { Engine, EngineRow } from '../../../core/engine.ts'
import { ident, type Sql, sql } from '../../../core/sql.ts'

/** Records of a table that wait for a person, with some of them to look at. */
export interface OpenRecords {
  readonly table: string
  readonly open: number
  readonly samples: readonly RefusedRecord[]
  /** CSVs in the inbox that hold them, newest first, at most a few. */
  readonly csvs: readonly { readonly file: string; readonly runId: number; readonly records: number }[]
}

export interface RefusedRecord {
  readonly file: string
  readonly line: number
  readonly reason: string
  /** Of the record as it came; those that a broken rule looks at are marked. Empty when it could not be split. */
  readonly cells: readonly { readonly column: string; readonly text: string | null; readonly isBad: boolean }[]
  /** The text of a record that could not be split. */
  readonly raw: string | null
}

/** Records shown of a table, each of other rules. */
const MOST_SAMPLES = 4
/** Columns shown of a record; the bad ones in any case. */
const MOST_COLUMNS = 6
const MOST_CSVS = 5

/** @param tables names of tables that have a view `quarantine.<table>` */
export async function readQuarantine(engine: Engine, tables: readonly string[]): Promise<OpenRecords[]> {
  const found: OpenRecords[] = []
  for (const table of tables) {
    const open = await openRecords(engine, table)
    const { count } = await engine.row<{ count: number }>(sql`select count(*) as count from (${open})`)
    if (count > 0)
      found.push({ table, open: count, samples: await readSamples(engine, open), csvs: await readCsvs(engine, open) })
  }
  return found
}

/** The records that still wait: those whose `_status` is open; all of them in a lake that keeps no status. */
async function openRecords(engine: Engine, table: string): Promise<Sql> {
  const view = ident('quarantine', table)
  const { has_status: hasStatus } = await engine.row<{ has_status: boolean }>(sql`
    select count(*) > 0 as has_status
    from duckdb_columns()
    where database_name = current_database() and schema_name = 'quarantine' and table_name = ${table} and column_name = '_status'`)
  return hasStatus ? sql`select * from ${view} where _status = 'open'` : sql`select * from ${view}`
}

async function readSamples(engine: Engine, open: Sql): Promise<RefusedRecord[]> {
  const rows = await engine.rows(sql`
    select * from (${open})
    qualify row_number() over (partition by _rules order by _run_id desc, _file, _line) = 1
    order by count(*) over (partition by _rules) desc, _run_id desc, _line
    limit ${MOST_SAMPLES}`)
  return rows.map(sampleOf)
}

function sampleOf(row: EngineRow): RefusedRecord {
  const rules = row._rules as readonly string[]
  const bad = new Set(rules.flatMap(columnsOfRule))
  const cells = Object.entries(row)
    .filter(([column]) => !column.startsWith('_'))
    .map(([column, text]) => ({ column, text: text as string | null, isBad: bad.has(column) }))
  const raw = row._raw as string | null
  return {
    file: row._file as string,
    line: row._line as number,
    reason: row._reason as string,
    cells: raw === null ? cells.filter((cell, index) => cell.isBad || index < MOST_COLUMNS) : [],
    raw,
  }
}

/** The columns that a rule looks at: `reference:country,city` names two. */
function columnsOfRule(rule: string): string[] {
  const names = rule.slice(rule.indexOf(':') + 1)
  return rule.includes(':') ? [names, ...names.split(',')] : []
}

async function readCsvs(engine: Engine, open: Sql): Promise<OpenRecords['csvs']> {
  return engine.rows<{ file: string; runId: number; records: number }>(sql`
    select _file as file, _run_id as "runId", count(*) as records
    from (${open})
    group by _file, _run_id
    order by _run_id desc, _file
    limit ${MOST_CSVS}`)
}
