import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { REFUSED } from './find-refused.ts'
import { KEY_CONFLICTS } from './keys/settle-keys.ts'
import { readRecords, withTypedValues } from './read-records.ts'
import { entryValues, NOTHING_RETURNED, RETURNED } from './returned/find-returned.ts'
import { allRecordRules, holdsBack, keyRules, type Rule } from './rules/index.ts'
import { RUN_FILES, type TableInput } from './table-input.ts'

/**
 * Write the records that break a rule, each with its own text and with all rules it breaks.
 * The rules' SQL is the same that judged them; here it runs over the refused records only.
 */
export async function quarantineRows(lake: Lake, run: Run, input: TableInput): Promise<DataFile | null> {
  const records = [...(await refusedRecords(lake)), ...(await goodRecordsInConflict(lake, input))]
  // Judging by a query of all rules takes its time, even over no records.
  return records.length === 0 ? null : writeEntries(lake, run, input, join(records, ' union all '))
}

/** @param records all that are to be entries */
async function writeEntries(lake: Lake, run: Run, input: TableInput, records: Sql): Promise<DataFile | null> {
  const rules = [
    ...allRecordRules(input.rules, input.table, input.tables),
    ...keyRules(input.tableName, input.table),
  ].filter(holdsBack)
  const now = literal(run.startedAt)
  const columns = join(
    Object.keys(input.table.columns).map((name) => ident(name)),
    ', ',
  )
  const hasReturned = input.parts.some((part) => part.isReturned)
  const before = hasReturned ? RETURNED : NOTHING_RETURNED
  const query = sql`
    with
    _records as (${withTypedValues(input.table, records)}),
    _judged as (
      select
        _records.*, _files._file, _files._file_no, _returned._before, _returned._waiting_since,
        list_filter([${join(rules.map(verdict), ', ')}], lambda _verdict: _verdict is not null)
          -- What is malformed is no record, whose values could break another rule: its reason stays one sentence, however often it comes back.
          .list_filter(lambda _verdict: _malformed is null or _verdict.rule = 'malformed') as _verdicts
      from _records
      join (select * from ${RUN_FILES}) as _files using (_file_id)
      left join (select * from ${KEY_CONFLICTS}) as _conflicts using (_file_id, _line)
      left join (select _file_id, _line, _before, _waiting_since from ${before}) as _returned using (_file_id, _line)
    ),
    _placed as (
      select
        *,
        list_transform(_verdicts, lambda _verdict: _verdict.rule) as _rules,
        array_to_string(list_transform(_verdicts, lambda _verdict: _verdict.reason), '; ') as _reasons,
        -- The shortest wait of the rules broken; NULL when one of them is not waited for.
        case when list_bool_and(list_transform(_verdicts, lambda _verdict: _verdict.wait_ms is not null))
          then list_min(list_transform(_verdicts, lambda _verdict: _verdict.wait_ms)) end as _wait_ms
      from _judged
    ),
    _entries as (
      select
        * exclude (_waiting_since), coalesce(_waiting_since, case when _wait_ms is not null then ${now} end) as _waiting_since,
        case when epoch_ms(${now}) - epoch_ms(coalesce(_waiting_since, ${now})) < _wait_ms then 'waiting' else 'open' end as _status
      from _placed
    ),
    _told as (
      select *, _reasons || case when _status = 'open' and _wait_ms is not null then '; it has waited since ' || strftime(_waiting_since, '%Y-%m-%d %H:%M') else '' end as _reason
      from _entries
    )
    select
      ${columns}, _extra, _raw, _rules, _reason,
      _file_id || ':' || _line as _id,
      _file, _file_id, _line, ${raw(String(run.runId))}::bigint as _run_id, _status, _waiting_since
    from _told
    ${hasReturned ? sql`where _before is null or _before is distinct from ${entryValues(input.table)}` : sql``}
    order by _file_no, _line`
  return writeDataFile(lake, run, { layer: 'rejects', tableName: input.tableName }, query)
}

async function refusedRecords(lake: Lake): Promise<Sql[]> {
  const { refused } = await lake.engine.row<{ refused: number }>(sql`select count(*) as refused from ${REFUSED}`)
  return refused === 0 ? [] : [sql`select * from ${REFUSED}`]
}

/** Good records whose key is taken: they were accepted, and are fetched from ODS only where there are any. */
async function goodRecordsInConflict(lake: Lake, input: TableInput): Promise<Sql[]> {
  const wanted = sql`(select _file_id, _line from ${KEY_CONFLICTS} anti join ${REFUSED} using (_file_id, _line))`
  const { found } = await lake.engine.row<{ found: number }>(sql`select count(*) as found from ${wanted}`)
  if (found === 0) return []
  return input.parts.map(
    (part) => sql`select * from (${readRecords(input, part)}) semi join ${wanted} using (_file_id, _line)`,
  )
}

function verdict(rule: Rule): Sql {
  return sql`case when ${rule.broken} then {rule: ${literal(rule.id)}, reason: ${rule.reason}, wait_ms: ${raw(rule.waitMs === undefined ? 'null' : String(rule.waitMs))}::bigint} end`
}
