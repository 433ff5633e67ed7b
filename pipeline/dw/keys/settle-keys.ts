import type { Lake, Run } from '../../../control/lake.ts'
import type { Engine } from '../../../core/engine.ts'
import { ident, join, type Sql, sql } from '../../../core/sql.ts'
import type { Accepted } from '../accept-records.ts'
import { RUN_FILES, type TableInput } from '../table-input.ts'
import { createEmptyVersions, findChanges, VERSIONS } from './find-changes.ts'
import { findContestedKeys } from './find-contested-keys.ts'
import { findLate, mayBeLate } from './find-late.ts'
import { UNCHANGED } from './find-unchanged.ts'
import { gatherMembers, MEMBERS } from './gather-members.ts'
import { createVerdicts, judgeChains, VERDICTS } from './judge-chains.ts'
import { judgeEntangled } from './judge-entangled.ts'
import { holderName, keysOf } from './key-sql.ts'

/** One row per record whose key is taken: `_file_id`, `_line`, and `_holder_<n>`, who has its n-th key: `employees.csv:12`. */
export const KEY_CONFLICTS = ident('key_conflicts')

/**
 * Good records that become no row, beside those of UNCHANGED: `_file_id`, `_line`, `_why`: `rejected` (a key is taken), `unchanged` (the row was so already),
 * `superseded` (a later record of the run has taken its place).
 */
export const UNWRITTEN = ident('unwritten_records')

/** Good records that found the row as they are: `_file_id`, `_line`. */
export const ALL_UNCHANGED: Sql = sql`(
  select _file_id, _line from ${UNWRITTEN} where _why = 'unchanged'
  union all
  select _file_id, _line from ${UNCHANGED}
)`

/** Good records that change a row: `_file_id`, `_line`. */
export const UPDATING = ident('updating_records')

/**
 * Decide what becomes of each good record by the keys of its table and `onConflict`. It is what one would get by loading record
 * after record: of several with one key, the first is loaded, and the others find it there. A record that is refused for
 * one key holds no other, and one that has come back takes no newer row's place.
 *
 * @param good a relation of the good records
 * @param accepted the files that they are in
 */
export async function settleKeys(
  lake: Lake,
  run: Run,
  input: TableInput,
  good: Sql,
  accepted: readonly Accepted[],
): Promise<void> {
  const { engine } = lake
  const isContested = await findContestedKeys(engine, input, good, accepted)
  if (!isContested) return settleNothing(engine, input)
  await gatherMembers(engine, input, good)
  await createVerdicts(engine, input)
  if (mayBeLate(input)) await findLate(lake, input)
  await judgeChains(engine, input)
  await judgeEntangled(engine, input)
  await findChanges(engine, run, input)
  await nameConflicts(lake, input)
  await listUnwritten(engine, input)
}

/** No key is contested: each good record is a row of its own, but for those of UNCHANGED. */
async function settleNothing(engine: Engine, { table }: TableInput): Promise<void> {
  const holders = keysOf(table).map((_, number) => sql`${holderName(number)} varchar`)
  await engine.run(sql`
    ${createEmptyVersions()};
    create or replace temp table ${KEY_CONFLICTS} (_file_id varchar, _line bigint, ${join(holders, ', ')});
    create or replace temp table ${UNWRITTEN} (_file_id varchar, _line bigint, _why varchar);
    create or replace temp table ${UPDATING} (_file_id varchar, _line bigint)`)
}

async function nameConflicts(lake: Lake, { table }: TableInput): Promise<void> {
  const numbers = keysOf(table).map((_, number) => number)
  const holders = numbers.map((number) => sql`${holder(number)}._name as ${holderName(number)}`)
  const joins = numbers.map(
    (number) => sql`left join _holders as ${holder(number)} on ${holder(number)}._no = _verdicts.${holderName(number)}`,
  )
  const isAny = join(
    numbers.map((number) => sql`${holderName(number)} is not null`),
    ' or ',
  )
  await lake.engine.run(sql`
    create or replace temp table ${KEY_CONFLICTS} as
    with
    _verdicts as (from ${VERDICTS} where ${isAny}),
    _held as (${join(
      numbers.map((number) => sql`select ${holderName(number)} as _no from _verdicts`),
      ' union ',
    )}),
    -- A file that a rollback has undone may have come again under another name.
    _committed as (select run_id from lake.control.runs where status = 'committed'),
    _names as (
      select file_id as _file_id, min(name) as _name from lake.control.files semi join _committed using (run_id) where outcome = 'loaded' group by file_id
    ),
    _holders as (
      select _no, coalesce(_files._file, _names._name) || ':' || _line as _name
      from (from ${MEMBERS} semi join _held using (_no)) as _members
      left join (select * from ${RUN_FILES}) as _files using (_file_id)
      left join _names using (_file_id)
    )
    select _members._file_id, _members._line, ${join(holders, ', ')}
    from _verdicts
    join ${MEMBERS} as _members using (_no)
    ${join(joins, ' ')}`)
}

function holder(number: number): Sql {
  return ident(`_holding_${number}`)
}

async function listUnwritten(engine: Engine, { table }: TableInput): Promise<void> {
  const superseded =
    table.onConflict === 'update'
      ? sql`select _file_id, _line, 'superseded' as _why from ${VERSIONS} where _kind = 'good' and _next_line is not null`
      : sql`select _file_id, _line, null as _why from ${VERSIONS} where false`
  await engine.run(sql`
    create or replace temp table ${UNWRITTEN} as
    select _file_id, _line, _outcome as _why
    from ${VERDICTS} join (select _no, _file_id, _line from ${MEMBERS}) using (_no)
    where _outcome in ('rejected', 'unchanged')
    union all ${superseded};
    create or replace temp table ${UPDATING} as
    select _file_id, _line
    from ${VERDICTS} join (select _no, _file_id, _line from ${MEMBERS}) using (_no)
    where _outcome = 'updated'`)
}
