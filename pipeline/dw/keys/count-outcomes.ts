import type { Engine } from '../../../core/engine.ts'
import { join, type Sql, sql } from '../../../core/sql.ts'
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
  const relations: Record<keyof KeyOutcomes, Sql> = {
    updated: counted(UPDATING),
    unchanged: counted(ALL_UNCHANGED),
    superseded: counted(sql`(from ${UNWRITTEN} where _why = 'superseded')`),
    replaced: sql`(from ${VERSIONS} where ${table.onConflict === 'update'} and _next_line is not null)`,
  }
  const counts = Object.entries(relations).map(
    ([outcome, records]) =>
      sql`select ${outcome}::varchar as outcome, _file_id, count(*) as records from ${records} group by _file_id`,
  )
  const rows = await engine.rows<{ outcome: string; _file_id: string; records: number }>(join(counts, ' union all '))
  const of = (wanted: keyof KeyOutcomes) =>
    new Map(rows.filter(({ outcome }) => outcome === wanted).map((row) => [row._file_id, row.records]))
  return {
    updated: of('updated'),
    unchanged: of('unchanged'),
    superseded: of('superseded'),
    replaced: of('replaced'),
  }
}

export async function countRecords(engine: Engine, records: Sql): Promise<Map<string, number>> {
  const rows = await engine.rows<{ _file_id: string; records: number }>(
    sql`select _file_id, count(*) as records from ${records} group by _file_id`,
  )
  return new Map(rows.map((row) => [row._file_id, row.records]))
}
