import { livePaths } from '../../../control/catalog.ts'
import type { Lake } from '../../../control/lake.ts'
import { selectFrom, selectQuarantine } from '../../../control/relations.ts'
import type { TableConfig } from '../../../core/config/schema.ts'
import { ident, join, literal, type Sql, sql } from '../../../core/sql.ts'
import type { OdsResult } from '../../ods/index.ts'
import { FILE_ORIGINS } from '../origins.ts'
import { batchPath, correctionCount, createRunFiles, type InputFile, type TableInput } from '../table-input.ts'
import { CORRECTION_UPLOADS } from './find-repeated.ts'
import { selectCorrections } from './select-corrections.ts'

/** Which open records of the quarantine are to be judged again, beside those that wait and those that a CSV corrects. */
export interface RetryRequest {
  /** Null for all tables. */
  readonly tableName: string | null
  /** Id of a rule that they break; null for whatever they break. */
  readonly rule: string | null
}

/**
 * Records that come back out of quarantine: the table's columns, `_extra`, `_malformed`, `_raw`; `_file_id` and `_line`, where
 * they came first; `_file`; `_waited_since`; `_waiting_since`; `_by_file_id`, the upload that corrects the record, or NULL; `_why`;
 * `_entry_run_id`, the run that made its entry, and `_before`, the entry's values (both NULL for what corrects nothing).
 */
export const RETURNED = ident('returned_records')

/** In the place of `RETURNED`, for a table to which none have come back. */
export const NOTHING_RETURNED: Sql = sql`(
  select null::varchar as _file_id, null::bigint as _line, null as _before, null::timestamp as _waiting_since where false)`

/**
 * Find the records of a table that are judged again in this run, and add them to what ODS has got for it. They count
 * where their files came: before the uploads of the run, and among themselves in that order.
 */
export async function withReturned(
  lake: Lake,
  input: TableInput,
  ods: OdsResult,
  retry: RetryRequest | null,
): Promise<TableInput> {
  const corrections = ods.rawFiles.filter(
    (file) => file.upload.tableName === input.tableName && correctionCount(file) > 0,
  )
  const isRetried = retry !== null && (retry.tableName ?? input.tableName) === input.tableName
  const rejects = livePaths(lake.state, lake.layout, 'rejects', input.tableName)
  if (corrections.length === 0 && !(isRetried && rejects.length > 0) && !(await hasWaiting(lake, rejects))) return input

  const outcomes = livePaths(lake.state, lake.layout, 'outcomes', input.tableName)
  const entries = sql`(${selectQuarantine(Object.keys(input.table.columns), rejects, outcomes)})`
  await createRunFiles(lake.engine, input.files)
  await lake.engine.run(sql`
    create or replace temp table ${RETURNED} as
    ${selectEntries(input.table, entries, sql`_status = 'waiting'`, 'waited')}
    union all
    ${selectEntries(input.table, entries, isRetried ? retryCondition(retry) : sql`false`, 'tried again')}`)
  if (corrections.length > 0)
    await addCorrections(lake, input, corrections, batchPath(lake, input.tableName, ods), entries)
  return addReturned(lake, input)
}

/** Whether an entry waits, or did: the entries say so, for the present contract may no longer let any wait. */
async function hasWaiting(lake: Lake, rejects: readonly string[]): Promise<boolean> {
  if (rejects.length === 0) return false
  const { found } = await lake.engine.row<{ found: boolean }>(sql`
    select count(*) > 0 as found from (select 1 from (${selectFrom(ENTRY_STATUS, rejects)}) where _status = 'waiting' limit 1)`)
  return found
}

const ENTRY_STATUS = [{ name: '_status', type: 'varchar' }]

/** A record that someone has corrected is judged as it is now. */
async function addCorrections(
  lake: Lake,
  input: TableInput,
  corrections: OdsResult['rawFiles'],
  batch: string | undefined,
  entries: Sql,
): Promise<void> {
  if (batch === undefined) return
  const corrected = ident('corrected_records')
  await lake.engine.run(
    sql`create or replace temp table ${corrected} as ${selectCorrections(input, corrections, batch, entries, CORRECTION_UPLOADS)}`,
  )
  await lake.engine.run(sql`
    create or replace temp table ${RETURNED} as
    select * from ${RETURNED} anti join ${corrected} using (_file_id, _line)
    union all by name
    select * from ${corrected}`)
}

async function addReturned(lake: Lake, input: TableInput): Promise<TableInput> {
  const { records } = await lake.engine.row<{ records: number }>(sql`select count(*) as records from ${RETURNED}`)
  if (records === 0) return input
  const found = await lake.engine.rows<{ _file_id: string; _file: string }>(sql`
    select _file_id, any_value(_file) as _file, any_value(_came_in) as _came_in, any_value(_came_as) as _came_as
    from ${RETURNED} left join ${FILE_ORIGINS} using (_file_id)
    group by _file_id
    order by _came_in, _came_as, _file_id`)
  const uploads = new Set(input.files.map((file) => file.fileId))
  const earlier: InputFile[] = found
    .map((file) => ({ fileId: file._file_id, name: file._file }))
    .filter((file) => !uploads.has(file.fileId))
  const part = { name: 'returned', source: RETURNED, records, lines: null, hasExtra: true, isReturned: true }
  return { ...input, files: [...earlier, ...input.files], parts: [part, ...input.parts] }
}

/**
 * Records that are `malformed` keep that verdict: it came from how they were read, or from the correction CSV that brought them, and their
 * values do not tell. Someone has to correct them.
 */
function retryCondition({ rule }: RetryRequest): Sql {
  const breaks = rule === null ? sql`true` : sql`list_contains(_rules, ${literal(rule)})`
  return sql`_status = 'open' and not list_contains(_rules, 'malformed') and ${breaks}`
}

function selectEntries(table: TableConfig, entries: Sql, condition: Sql, why: string): Sql {
  const columns = join(
    Object.keys(table.columns).map((name) => ident(name)),
    ', ',
  )
  return sql`
    select
      ${columns}, _extra, null::varchar as _malformed, _raw, _file_id, _line, _file,
      case when _status = 'waiting' then _waiting_since end as _waited_since, _waiting_since,
      null::varchar as _by_file_id, ${literal(why)} as _why, _run_id as _entry_run_id, ${entryValues(table)} as _before
    from ${entries}
    where ${condition}`
}

/** All that makes an entry another one than before: its record's values, its reasons, its status. */
export function entryValues(table: TableConfig): Sql {
  const columns = Object.keys(table.columns).map((name) => ident(name))
  const all = [...columns, ident('_extra'), ident('_raw'), ident('_rules'), ident('_reason'), ident('_status')]
  return sql`struct_pack(${join(
    all.map((column) => sql`${column} := ${column}`),
    ', ',
  )})`
}
