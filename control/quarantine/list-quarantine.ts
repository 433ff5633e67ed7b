import type { Project } from '../../core/config/load-config.ts'
import { type Sql, sql } from '../../core/sql.ts'
import { type Quarantine, withQuarantine } from './open-quarantine.ts'

/** The records of a table that wait for someone, or for what they refer to. */
export interface TableQuarantine {
  readonly table: string
  readonly open: number
  readonly waiting: number
  /** Most frequent first; a record that breaks several rules counts for each. */
  readonly rules: readonly RuleQuarantine[]
}

export interface RuleQuarantine {
  readonly rule: string
  readonly open: number
  readonly waiting: number
  /** Start of the run that found the oldest of them, ISO 8601; null when it is not in the ledger. */
  readonly oldest: string | null
  readonly example: { readonly id: string; readonly file: string; readonly line: number; readonly reason: string }
}

/** What is in quarantine now, by table and rule; tables without any are not there. @throws {DroplakeError} LAKE_NOT_FOUND */
export async function listQuarantine(project: Project): Promise<TableQuarantine[]> {
  return withQuarantine(project, async (quarantine) => {
    const tables: TableQuarantine[] = []
    for (const tableName of Object.keys(project.config.tables)) {
      const table = await listTable(quarantine, tableName)
      if (table.open + table.waiting > 0) tables.push(table)
    }
    return tables
  })
}

async function listTable({ versions, entriesOf }: Quarantine, tableName: string): Promise<TableQuarantine> {
  const present = sql`(select * from (${entriesOf(tableName)}) where _status in ('open', 'waiting'))`
  const { open, waiting } = await versions.engine.row<{ open: number; waiting: number }>(sql`
    select count(*) filter (where _status = 'open') as open, count(*) filter (where _status = 'waiting') as waiting
    from ${present}`)
  const rules = open + waiting === 0 ? [] : await listRules({ versions, entriesOf }, present)
  return { table: tableName, open, waiting, rules }
}

async function listRules({ versions }: Quarantine, entries: Sql): Promise<RuleQuarantine[]> {
  const rows = await versions.engine.rows<{
    rule: string
    open: number
    waiting: number
    oldest: Date | null
    id: string
    file: string
    line: number
    reason: string
  }>(sql`
    with broken as (
      select unnest(_rules) as rule, _status, _id, _file, _line, _reason, _run_id, _run_id * 1000000000000 + _line as position
      from ${entries}
    )
    select
      rule, count(*) filter (where _status = 'open') as open, count(*) filter (where _status = 'waiting') as waiting,
      min(started_at) as oldest, arg_min(_id, position) as id, arg_min(_file, position) as file,
      arg_min(_line, position) as line, arg_min(_reason, position) as reason
    from broken
    left join (select run_id as _run_id, started_at from lake.control.runs) using (_run_id)
    group by rule
    order by count(*) desc, rule`)
  return rows.map(({ rule, open, waiting, oldest, ...example }) => ({
    rule,
    open,
    waiting,
    oldest: oldest === null ? null : new Date(oldest).toISOString(),
    example,
  }))
}
