import { changesRows } from '../../../core/config/changes-rows.ts'
import type { Engine } from '../../../core/engine.ts'
import { ident, join, raw, type Sql, sql } from '../../../core/sql.ts'
import type { TableInput } from '../table-input.ts'
import { LATE, mayBeLate } from './find-late.ts'
import { MEMBERS } from './gather-members.ts'
import { holderName, keyNames, keysOf, sameKey } from './key-sql.ts'

/**
 * What becomes of a member, by its `_no`: `_outcome` is `updated`, `unchanged` or `rejected`; `_holder_<n>` is the `_no` of who has
 * its n-th key. A good member that is not there is loaded. A refused one has holders, but no outcome.
 */
export const VERDICTS = ident('key_verdicts')

/** Empty, with a column for each key. */
export async function createVerdicts(engine: Engine, input: TableInput): Promise<void> {
  const holders = keysOf(input.table).map((_, number) => sql`${holderName(number)} bigint`)
  await engine.run(sql`create or replace temp table ${VERDICTS} (_no bigint, _outcome varchar, ${join(holders, ', ')})`)
}

/** Judge all members that no other key's can disturb: those with one primary key, in their order, decide among themselves. */
export async function judgeChains(engine: Engine, input: TableInput): Promise<void> {
  const chains = changesRows(input.table) ? changingChains(input) : keepingChains(input)
  await engine.run(sql`insert into ${VERDICTS} ${chains}`)
  if (mayBeLate(input)) await engine.run(sql`insert into ${VERDICTS} ${lateMembers(input)}`)
}

/** Whoever comes first with a key has it; all others are rejected, or are the same. */
function keepingChains({ table }: TableInput): Sql {
  const [, ...others] = keysOf(table)
  const isSame =
    table.onConflict === 'ignore'
      ? sql`(_members._kind = 'good' and _members._content is not distinct from _first._content)`
      : sql`false`
  const holders = [
    sql`_first._no`,
    ...others.map((columns) => sql`case when ${sameKey('_members', '_first', columns)} then _first._no end`),
  ]
  const rejected = holders.map((holder) => sql`case when not ${isSame} then ${holder} end`)
  return sql`
    with
    _members as (from ${MEMBERS} where not _is_entangled),
    _firsts as (
      select arg_min(_no, _position) as _no from _members where _kind <> 'refused' group by ${keyNames(table.primaryKey)}
    ),
    _first as (from _members semi join _firsts using (_no))
    select
      _members._no,
      case when _members._kind = 'refused' then null when ${isSame} then 'unchanged' else 'rejected' end,
      ${join(rejected, ', ')}
    from _members
    join _first on ${sameKey('_members', '_first', table.primaryKey)}
    where _members._position > _first._position`
}

/** Each record is compared with the one before it, which is what the row then holds. */
function changingChains(input: TableInput): Sql {
  const noHolders = keysOf(input.table).map(() => raw('null::bigint'))
  return sql`
    select
      _no, case when _content is not distinct from lag(_content) over _chain then 'unchanged' else 'updated' end,
      ${join(noHolders, ', ')}
    from ${mayBeLate(input) ? sql`(select * from ${MEMBERS} anti join ${LATE} using (_no))` : MEMBERS}
    where not _is_entangled and _kind <> 'refused'
    window _chain as (partition by ${keyNames(input.table.primaryKey)} order by _position)
    qualify lag(_no) over _chain is not null`
}

/** A record that is older than the row is held against the row alone. */
function lateMembers({ table }: TableInput): Sql {
  const noOthers = table.unique.map(() => raw(', null::bigint'))
  return sql`
    select
      _no,
      case when _kind = 'refused' then null when _is_same then 'unchanged' else 'rejected' end,
      case when not _is_same then _row_no end${join(noOthers, '')}
    from (
      select _late.*, _kind = 'good' and _late._content is not distinct from _row._content as _is_same
      from (select * from ${MEMBERS} join ${LATE} using (_no)) as _late
      join (select _no as _row_no, _content from ${MEMBERS}) as _row using (_row_no)
    )
    where not _is_entangled`
}
