import type { Engine } from '../../../core/engine.ts'
import { ident, join, literal, raw, sql } from '../../../core/sql.ts'
import type { TableInput } from '../table-input.ts'
import { LATE, mayBeLate } from './find-late.ts'
import { MEMBERS } from './gather-members.ts'
import { VERDICTS } from './judge-chains.ts'
import { KeyHolders, type Member, type Verdict } from './judge-in-order.ts'
import { allGiven, keyNames, together } from './key-sql.ts'

/** Entangled members in the order of their positions, `_step` by step, with numbers for their values. */
const STEPS = ident('key_steps')

/** Members that are in memory at once. */
const PAGE = 10_000

/**
 * Judge the members whose fate hangs on records of other keys, one after the other. They are few: only faults, and records
 * that hand a value of `unique` from one row to another.
 */
export async function judgeEntangled(engine: Engine, input: TableInput): Promise<void> {
  const { unique, onConflict } = input.table
  if (unique.length === 0) return
  await numberMembers(engine, input)
  const { steps } = await engine.row<{ steps: number }>(sql`select count(*) as steps from ${STEPS}`)
  const holders = new KeyHolders(onConflict, unique.length)
  for (let first = 1; first <= steps; first += PAGE) {
    const members = await readMembers(engine, first)
    const verdicts = members.flatMap((member) => holders.take(member) ?? [])
    await writeVerdicts(engine, verdicts)
  }
}

async function numberMembers(engine: Engine, input: TableInput): Promise<void> {
  const { primaryKey, unique } = input.table
  const values = unique.map(
    (columns) => sql`case when ${allGiven(columns)} then dense_rank() over (order by ${keyNames(columns)}) end`,
  )
  await engine.run(sql`
    create or replace temp table ${STEPS} as
    select
      row_number() over (order by _position, _no) as _step, _no, _kind,
      case when ${allGiven(primaryKey)} then dense_rank() over (order by ${together(primaryKey)}) end as _key,
      [${join(values, ', ')}] as _values,
      dense_rank() over (order by ${together(primaryKey)}, _content) as _same,
      ${mayBeLate(input) ? sql`_no in (select _no from ${LATE})` : sql`false`} as _is_late
    from ${MEMBERS}
    where _is_entangled`)
}

async function readMembers(engine: Engine, first: number): Promise<Member[]> {
  const rows = await engine.rows<{
    _no: number
    _kind: Member['kind']
    _key: number | null
    _values: readonly (number | null)[]
    _same: number
    _is_late: boolean
  }>(sql`
    select _no, _kind, _key, _values, _same, _is_late from ${STEPS}
    where _step between ${raw(String(first))} and ${raw(String(first + PAGE - 1))}
    order by _step`)
  return rows.map((row) => ({
    no: row._no,
    kind: row._kind,
    key: row._key,
    values: row._values,
    content: row._same,
    isLate: row._is_late,
  }))
}

async function writeVerdicts(engine: Engine, verdicts: readonly Verdict[]): Promise<void> {
  if (verdicts.length === 0) return
  const rows = verdicts.map(
    ({ no, outcome, holders }) => sql`(${join([literal(no), literal(outcome), ...holders.map(literal)], ', ')})`,
  )
  await engine.run(sql`insert into ${VERDICTS} values ${join(rows, ', ')}`)
}
