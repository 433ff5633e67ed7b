import type { Bench } from '../../control/data-files.ts'
import type { Layout } from '../../control/layout.ts'
import type { DataFile } from '../../control/ledger.ts'
import { columnsOf, lineageColumns, selectFrom } from '../../control/relations.ts'
import type { OnRows, RowSource } from '../../control/row-source.ts'
import { selectTable, tableFilesOf } from '../../control/table-rows.ts'
import type { Config, TableConfig } from '../../core/config/schema.ts'
import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, readParquet, type Sql, sql } from '../../core/sql.ts'
import { type AcceptedPart, acceptRows, REFUSED_ROWS } from './accept-rows.ts'
import { findOrphanedChildren, findOrphans, type Orphans, refuseOrphans, refuseRepeatedKeys } from './check-table.ts'
import type { Target } from './target.ts'

/** Where a restore is tried out: a lake that is open for writing, or for reading only. */
export interface Stage extends Bench {
  readonly layout: Layout
  readonly tables: Config['tables']
  /** Live data files. */
  readonly dataFiles: readonly DataFile[]
  /** For the typed rows. */
  readonly folder: string
}

/** What a restore would bring, in files that nobody sees yet. */
export interface Rehearsal {
  readonly parts: readonly AcceptedPart[]
  /** Rows of the source that break a rule; in `refused_rows`. */
  readonly refused: number
  /** Some of the reasons, as `employees.csv:12: hiring_date is missing`. */
  readonly reasons: readonly string[]
  /** Rows that would refer to nothing: of the table, and of the tables that refer to it. */
  readonly orphans: readonly Orphans[]
  readonly orphanedChildren: readonly Orphans[]
}

const MOST_REASONS = 20

/**
 * Read a source to its end, judge its rows by the contract, and hold the table that they would make against the others.
 * Nothing of the lake is changed.
 *
 * @param options `quarantine`: rows that refer to nothing are refused, too
 */
export async function rehearse(
  stage: Stage,
  target: Target,
  source: RowSource,
  options: { readonly quarantine: boolean; readonly onRows: OnRows },
): Promise<Rehearsal> {
  const { engine, tables } = stage
  const parts = await acceptRows(stage, target, source, stage.folder, options.onRows)
  await refuseRepeatedKeys(stage, target, source, parts)
  await showTables(stage, target, parts)
  if (options.quarantine) await refuseOrphans(stage, target, tables, parts)
  const orphans = options.quarantine ? [] : await findOrphans(stage, target, tables, parts)
  const { refused } = await engine.row<{ refused: number }>(
    sql`select count(*) as refused from (select distinct _file_id, _line from ${REFUSED_ROWS})`,
  )
  if (refused > 0 && parts.length > 0)
    await showTable(
      engine,
      target,
      withoutRefused(
        parts.map(({ path }) => path),
        [],
      ),
    )
  const orphanedChildren = await findOrphanedChildren(stage, target, tables)
  return { parts, refused, reasons: await readReasons(engine), orphans, orphanedChildren }
}

/**
 * Accepted rows but those that were refused after all.
 *
 * @param extra columns to leave out
 */
export function withoutRefused(paths: readonly string[], extra: readonly string[]): Sql {
  const names = join(
    extra.map((name) => ident(name)),
    ', ',
  )
  const columns = extra.length === 0 ? sql`*` : sql`* exclude (${names})`
  return sql`select ${columns} from ${readParquet(paths)} anti join (select _file_id, _line from ${REFUSED_ROWS}) using (_file_id, _line)`
}

/** Views `dw.<table>` of all tables, that of the target as it would be. */
async function showTables(
  { engine, layout, tables, dataFiles }: Stage,
  target: Target,
  parts: readonly AcceptedPart[],
) {
  await engine.run(sql`drop schema if exists memory.dw cascade`)
  await engine.run(sql`create schema memory.dw`)
  for (const [name, table] of Object.entries(tables)) {
    const rows = selectTable(table, tableFilesOf(dataFiles, layout, name))
    await engine.run(sql`create view ${ident('dw', name)} as ${rows}`)
  }
  const columns = [...ownColumns(target.table), ...lineageColumns(target.table)]
  const rows = selectFrom(
    columns,
    parts.map(({ path }) => path),
  )
  await showTable(engine, target, rows)
}

function ownColumns(table: TableConfig) {
  return columnsOf('dw', table).filter(({ name }) => !name.startsWith('_'))
}

/** Of a table that keeps the versions of its rows, the view says which are current. */
async function showTable(engine: Engine, { tableName, table }: Target, rows: Sql): Promise<void> {
  const current = table.onConflict === 'history' ? sql`, _valid_to is null as _current` : sql``
  await engine.run(sql`create or replace view ${ident('dw', tableName)} as select *${current} from (${rows})`)
}

async function readReasons(engine: Engine): Promise<string[]> {
  const rows = await engine.rows<{ text: string }>(sql`
    select _line || ': ' || _reason as text from ${REFUSED_ROWS} order by _line limit ${literal(MOST_REASONS)}`)
  return rows.map(({ text }) => text)
}
