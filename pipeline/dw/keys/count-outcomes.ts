import type { Engine } from '../../../core/engine.ts'
import { type Sql, sql } from '../../../core/sql.ts'
import type { TableInput } from '../table-input.ts'
import { VERSIONS } from './find-changes.ts'
import { ALL_UNCHANGED, UNWRITTEN, UPDATING } from './settle-keys.ts'

/** By file id; a file without any is not there. */
export type CountByFile = ReadonlyMap<string, number>

export interface KeyOutcomes {
  /** Records that changed a row, and records that found it as they are. */
  readonly updated: CountByFile
  readonly unchanged: CountByFile
  /** Records whose place a later one of the same run has taken: they are loaded or updated, and no row. */
  readonly superseded: CountByFile
  /** Rows and records of an upload whose place a record of this run has taken, so that they are in the table no more. */
  readonly replaced: CountByFile
}

export const NO_OUTCOMES: KeyOutcomes = {
  updated: new Map(),
  unchanged: new Map(),
  superseded: new Map(),
  replaced: new Map(),
}

/** @param counted narrows a relation of records to those that are counted for their file */
export async function countOutcomes(
  engine: Engine,
  { table }: TableInput,
  counted: (records: Sql) => Sql,
): Promise<KeyOutcomes> {
  const count = (records: Sql) => countRecords(engine, counted(records))
  return {
    updated: await count(UPDATING),
    unchanged: await count(ALL_UNCHANGED),
    superseded: await count(sql`(from ${UNWRITTEN} where _why = 'superseded')`),
    replaced:
      table.onConflict === 'update'
        ? await countRecords(engine, sql`(from ${VERSIONS} where _next_line is not null)`)
        : new Map(),
  }
}

export async function countRecords(engine: Engine, records: Sql): Promise<Map<string, number>> {
  const rows = await engine.rows<{ _file_id: string; records: number }>(
    sql`select _file_id, count(*) as records from ${records} group by _file_id`,
  )
  return new Map(rows.map((row) => [row._file_id, row.records]))
}
