import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { KEY_CONFLICTS } from './find-key-conflicts.ts'
import { REFUSED } from './find-refused.ts'
import { readRecords, withTypedValues } from './read-records.ts'
import { allRecordRules, holdsBack, type Rule, uniqueRule } from './rules/index.ts'
import { RUN_FILES, type TableInput } from './table-input.ts'

/**
 * Write the records that break a rule, each with its own text and with all rules it breaks.
 * The rules' SQL is the same that judged them; here it runs over the refused records only.
 */
export async function quarantineRows(lake: Lake, run: Run, input: TableInput): Promise<DataFile | null> {
  const rules = [
    ...allRecordRules(input.rules, input.table, input.tables),
    uniqueRule(input.tableName, input.table),
  ].filter(holdsBack)
  const columns = join(
    Object.keys(input.table.columns).map((name) => ident(name)),
    ', ',
  )
  const records = [sql`select * from ${REFUSED}`, ...(await goodRecordsInConflict(lake, input))]
  const query = sql`
    with
    _records as (${withTypedValues(input.table, join(records, ' union all '))}),
    _judged as (
      select
        _records.*, _files._file, _files._file_no,
        list_filter([${join(rules.map(verdict), ', ')}], lambda _verdict: _verdict is not null) as _verdicts
      from _records
      join (select * from ${RUN_FILES}) as _files using (_file_id)
      left join (select * from ${KEY_CONFLICTS}) as _conflicts using (_file_id, _line)
    )
    select
      ${columns}, _extra, _raw,
      list_transform(_verdicts, lambda _verdict: _verdict.rule) as _rules,
      array_to_string(list_transform(_verdicts, lambda _verdict: _verdict.reason), '; ') as _reason,
      _file_id || ':' || _line as _id,
      _file, _file_id, _line, ${raw(String(run.runId))}::bigint as _run_id
    from _judged
    order by _file_no, _line`
  return writeDataFile(lake, run, { layer: 'rejects', tableName: input.tableName }, query)
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
  return sql`case when ${rule.broken} then {rule: ${literal(rule.id)}, reason: ${rule.reason}} end`
}
