import type { Engine, EngineRow } from '../../../core/engine.ts'
import { ident, literal, type Sql, sql } from '../../../core/sql.ts'

/** Records of a table that wait for a person, with some of them to look at. */
export interface OpenRecords {
  readonly table: string
  readonly open: number
  /** Records that wait for the row they refer to; they need nobody. */
  readonly waiting: number
  readonly samples: readonly RefusedRecord[]
  /** Uploads whose CSV in the inbox holds them, and the run that took each; newest first. */
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

/** @param tables names of tables that have refused records, and so a view `quarantine.<table>` */
export async function readQuarantine(engine: Engine, tables: readonly string[]): Promise<OpenRecords[]> {
  const found: OpenRecords[] = []
  for (const table of tables) {
    const view = ident('quarantine', table)
    await engine.run(sql`
      create or replace temp table waiting_records as
      select _status, _rules, _id, _file, _file_id, _run_id, _line from ${view} where _status in ('open', 'waiting')`)
    const groups = await readGroups(engine)
    const sum = (status: string) =>
      groups.filter((group) => group.status === status).reduce((total, group) => total + group.records, 0)
    const [open, waiting] = [sum('open'), sum('waiting')]
    if (open + waiting === 0) continue
    const examples = groups.filter((group) => group.status === 'open').slice(0, MOST_SAMPLES)
    found.push({
      table,
      open,
      waiting,
      samples: await readSamples(engine, view, examples),
      csvs: await readCsvs(engine),
    })
  }
  return found
}

/** Records that broke the same rules, and the `_id` of one of the newest. */
interface Group {
  readonly status: string
  readonly records: number
  readonly example: string
}

async function readGroups(engine: Engine): Promise<Group[]> {
  return engine.rows<{ status: string; records: number; example: string }>(sql`
    select _status as status, count(*) as records, arg_max(_id, (_run_id, -_line)) as example
    from temp.waiting_records
    group by _status, _rules
    order by records desc, example`)
}

async function readSamples(engine: Engine, view: Sql, groups: readonly Group[]): Promise<RefusedRecord[]> {
  if (groups.length === 0) return []
  const ids = groups.map((group) => group.example)
  const rows = await engine.rows(sql`select * from ${view} where list_contains(${literal(ids)}, _id)`)
  return ids.flatMap((id) => rows.filter((row) => row._id === id).map(sampleOf))
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

async function readCsvs(engine: Engine): Promise<OpenRecords['csvs']> {
  return engine.rows<{ file: string; runId: number; records: number }>(sql`
    with uploads as (
      select file_id, max(run_id) as run_id
      from control.files
      join control.runs using (run_id)
      where outcome = 'loaded' and runs.status = 'committed'
      group by file_id
    )
    select any_value(_file) as file, any_value(uploads.run_id) as "runId", count(*) as records
    from temp.waiting_records as _open
    join uploads on uploads.file_id = _open._file_id
    where _open._status = 'open'
    group by _open._file_id
    order by "runId" desc, file`)
}
