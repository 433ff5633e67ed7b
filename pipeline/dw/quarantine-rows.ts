import { writeDataFile } from '../../control/data-files.ts'
import type { Lake, Run } from '../../control/lake.ts'
import type { DataFile } from '../../control/ledger.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'
import { CHECKED, readRecords, type TableInput } from './check-records.ts'
import { KEY_CONFLICTS } from './find-key-conflicts.ts'
import { type Rule, recordRules, uniqueRule } from './rules/index.ts'

/**
 * Write the records that break a rule, each with its own text and with all rules it breaks.
 * The rules' SQL is the same that judged them; here it runs over the refused records only.
 */
export async function quarantineRows(lake: Lake, run: Run, input: TableInput): Promise<DataFile | null> {
  const rules = [...recordRules(input.table, input.tables), uniqueRule(input.tableName, input.table)]
  const columns = join(
    Object.keys(input.table.columns).map((name) => ident(name)),
    ', ',
  )
  const query = sql`
    with _refused as (
      select _position from ${CHECKED} where _broken
      union
      select _position from ${KEY_CONFLICTS}
    ),
    _records as (
      select _all.*, _conflicts._holder
      from (${readRecords(input)}) as _all
      join _refused using (_position)
      left join ${KEY_CONFLICTS} as _conflicts using (_position)
    ),
    _judged as (
      select *, list_filter([${join(rules.map(verdict), ', ')}], lambda _verdict: _verdict is not null) as _verdicts
      from _records
    )
    select
      ${columns}, _raw,
      list_transform(_verdicts, lambda _verdict: _verdict.rule) as _rules,
      array_to_string(list_transform(_verdicts, lambda _verdict: _verdict.reason), '; ') as _reason,
      _file_id || ':' || _line as _id,
      _file, _file_id, _line, ${raw(String(run.runId))}::bigint as _run_id
    from _judged
    order by _position`
  return writeDataFile(lake, run, { layer: 'rejects', tableName: input.tableName }, query)
}

function verdict(rule: Rule): Sql {
  return sql`case when ${rule.broken} then {rule: ${literal(rule.id)}, reason: ${rule.reason}} end`
}
