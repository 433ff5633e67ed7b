import type { CheckResult, Finding, Verification } from '../../control/verify/index.ts'
import { literal, type Sql, sql } from '../../core/sql.ts'
import { lakeRowsOf } from './lake-rows.ts'
import { ADDRESSES, DIFFERING, findDiffering, releasedAddresses } from './rows/addresses.ts'
import { type LakeRows, type LakeTable, readLakeTables } from './rows/lake-tables.ts'
import { perTable } from './rows/per-table.ts'

/** Lines named in a finding. */
const MAX_EXAMPLES = 5

/**
 * Each record of ODS is in its table or in quarantine, unless it was found unchanged or has been replaced, as often as the ledger
 * says; and nothing is in the table or in quarantine that ODS does not have. Uploads from before a restore are passed over: their
 * rows came from the backup.
 */
export async function checkOrigins(verification: Verification): Promise<CheckResult> {
  const rows = lakeRowsOf(verification)
  const tables = await readLakeTables(rows)
  return perTable(rows, tables, async (table) => ({
    findings: (await findDiffering(rows, table)) === 0 ? [] : await findFaults(rows, verification.version, table),
  }))
}

async function findFaults(rows: LakeRows, version: number, table: LakeTable): Promise<Finding[]> {
  const { tableName } = table
  const places: readonly { readonly condition: Sql; readonly tell: (count: number) => string }[] = [
    {
      condition: sql`_in_ods = 0 and _in_table > 0`,
      tell: (count) => `${count} ${count === 1 ? 'row has' : 'rows have'} no record in ODS`,
    },
    {
      condition: sql`_in_ods = 0 and _in_table = 0`,
      tell: (count) =>
        `${count} ${count === 1 ? 'record in quarantine has' : 'records in quarantine have'} none in ODS`,
    },
    {
      condition: sql`_in_table > 1`,
      tell: (count) => `${count} ${count === 1 ? 'record is' : 'records are'} several rows of the table`,
    },
    {
      condition: sql`_in_ods > 1`,
      tell: (count) => `${count} ${count === 1 ? 'record is' : 'records are'} several times in ODS`,
    },
  ]
  const found: string[] = []
  for (const { condition, tell } of places) {
    const uploads = await rows.engine.rows<{ name: string; records: number; lines: number[] }>(sql`
      select coalesce(_name, _file_id) as name, count(*) as records, min(_line, ${literal(MAX_EXAMPLES)}) as lines
      from ${ADDRESSES} join ${DIFFERING} using (_no)
      where ${condition}
      group by all
      order by name`)
    found.push(
      ...uploads.map(({ name, records, lines }) => `upload "${name}": ${tell(records)} (${linesText(lines, records)})`),
    )
  }
  found.push(...(await findAbsent(rows, tableName)))
  return found.map((message) => ({
    check: 'origins',
    file: null,
    table: tableName,
    versions: [{ first: version, last: version }],
    message: `dw.${tableName}, ${message}`,
    remedy: null,
  }))
}

/** Records that are nowhere, beyond those that the ledger says were unchanged or have been replaced. */
async function findAbsent(rows: LakeRows, tableName: string): Promise<string[]> {
  const uploads = await rows.engine.rows<{
    name: string
    expected: number
    records: number
    lines: number[] | null
  }>(sql`
    with
    _released as (
      select _no, count(*) as _released
      from (
        select _no, _line from (${releasedAddresses(rows, tableName)}) join ${DIFFERING} using (_file_id)
      ) semi join (select _no, _line from ${ADDRESSES} where _in_table = 0) using (_no, _line)
      group by _no
    ),
    _absent as (
      select _no, count(*) as _records, min(_line, ${literal(MAX_EXAMPLES)}) as _lines
      from ${ADDRESSES}
      where _is_own and _in_table = 0 and _in_quarantine = 0
      group by _no
    )
    select
      coalesce(_name, _file_id) as name, greatest(coalesce(_absent, 0) - coalesce(_released._released, 0), 0) as expected,
      coalesce(_records, 0) as records, _lines as lines
    from (select _no, _file_id, _name, _absent from ${DIFFERING}) as _upload
    left join _released using (_no)
    left join (select _no, _records, _lines from _absent) as _found using (_no)
    where coalesce(_records, 0) <> coalesce(_absent, 0) - coalesce(_released._released, 0)
    order by name`)
  return uploads.map(
    ({ name, expected, records, lines }) =>
      `upload "${name}": ${records} records are neither in the table nor in quarantine${lines === null ? '' : ` (${linesText(lines, records)})`}; expected ${expected}, which were unchanged or have been replaced`,
  )
}

function linesText(lines: readonly number[], count: number): string {
  return `${count === 1 ? 'line' : 'lines'} ${lines.join(', ')}${count > lines.length ? ', …' : ''}`
}
