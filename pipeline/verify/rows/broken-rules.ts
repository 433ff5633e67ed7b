import type { TableConfig } from '../../../core/config/schema.ts'
import type { Engine } from '../../../core/engine.ts'
import { ident, join, literal, type Sql, sql } from '../../../core/sql.ts'
import { asRecords, compileChecks, holdsBack, type Rule, recordRules, typedName } from '../../dw/index.ts'
import { isInRuns, type LakeTable, type RunRange, rowsOf } from './lake-tables.ts'
import { addViolations } from './violations.ts'

/** Find the rows that break a rule of the contract that they were loaded under. Rows of runs whose contract is unknown are left out. */
export async function findBrokenRules(engine: Engine, lakeTable: LakeTable): Promise<void> {
  for (const { contract, runs } of lakeTable.contracts) {
    const table = withTypesOf(contract, lakeTable.table)
    for (const { startedAt, ranges } of await startsOf(engine, table, runs)) {
      const rules = recordRules(table, await compileChecks(engine, table, startedAt)).filter(holdsBack)
      await findBroken(engine, lakeTable, table, rules, ranges)
    }
  }
}

async function findBroken(
  engine: Engine,
  lakeTable: LakeTable,
  table: TableConfig,
  rules: readonly Rule[],
  runs: readonly RunRange[],
): Promise<void> {
  const rows = sql`select * from (${rowsOf({ ...lakeTable, table })}) where ${isInRuns(runs)}`
  const verdicts = rules.map(
    (rule) => sql`case when ${rule.broken} then {rule: ${literal(rule.id)}, reason: ${rule.reason}} end`,
  )
  const anyBroken = join(
    rules.map((rule) => rule.broken),
    ' or ',
  )
  await addViolations(
    engine,
    lakeTable,
    sql`
      select * exclude (_verdict), _verdict.rule as _rule, _verdict.reason as _reason
      from (
        select ${keyColumns(lakeTable.table, table)}, _file_id, _line, _run_id, unnest([${join(verdicts, ', ')}]) as _verdict
        from (${asRecords(table, rows)})
        where ${anyBroken}
      )
      where _verdict is not null`,
  )
}

function keyColumns(newest: TableConfig, table: TableConfig): Sql {
  return join(
    newest.primaryKey.map((column) =>
      Object.hasOwn(table.columns, column)
        ? sql`${typedName(column)} as ${ident(column)}`
        : sql`null::varchar as ${ident(column)}`,
    ),
    ', ',
  )
}

/** An older contract over rows as they are now: a column that has been widened since may have larger values in other rows. */
function withTypesOf(contract: TableConfig, newest: TableConfig): TableConfig {
  const columns = Object.entries(contract.columns).map(([name, column]) => [
    name,
    { ...column, type: newest.columns[name]?.type ?? column.type },
  ])
  return { ...contract, onConflict: newest.onConflict, columns: Object.fromEntries(columns) }
}

/** The starts that `$run_started_at` stands for; one for all runs where no check asks for it. */
async function startsOf(
  engine: Engine,
  table: TableConfig,
  runs: readonly RunRange[],
): Promise<{ startedAt: Date; ranges: readonly RunRange[] }[]> {
  if (!table.checks.some(({ expression }) => /run_started_at/i.test(expression)))
    return [{ startedAt: new Date(0), ranges: runs }]
  const starts = await engine.rows<{ run_id: number; started_at: Date }>(
    sql`select run_id, started_at from lake.control.runs where status = 'committed' order by run_id`,
  )
  return starts
    .filter(({ run_id: runId }) => runs.some(({ first, last }) => first <= runId && runId <= last))
    .map(({ run_id: runId, started_at: startedAt }) => ({ startedAt, ranges: [{ first: runId, last: runId }] }))
}
