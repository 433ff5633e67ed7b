import type { Engine } from '../../core/engine.ts'
import { ident, literal, raw, readParquet, type Sql, sql } from '../../core/sql.ts'
import type { Accepted } from './accept-records.ts'
import { readRecords } from './read-records.ts'
import type { TableInput } from './table-input.ts'

/**
 * Lines of a part that are not among its accepted rows: `_part`, `_file_id`, `_line`. Lines without a record are among them:
 * their record may be in another part.
 */
export const MISSING = ident('missing_lines')

/** What each part has and its accepted rows have not: by construction no record is in neither. */
export async function findMissing(engine: Engine, input: TableInput, accepted: readonly Accepted[]): Promise<void> {
  await engine.run(sql`create or replace temp table ${MISSING} (_part varchar, _file_id varchar, _line bigint)`)
  for (const rows of accepted) {
    const { part } = rows
    if (rows.rows === part.records) continue
    if (part.lines !== null && (await findGaps(engine, rows, part.lines))) continue
    await engine.run(sql`
      insert into ${MISSING}
      select ${literal(part.name)}, _file_id, _line from (${readRecords(input, part)}) anti join ${readParquet([rows.path])} using (_file_id, _line)`)
  }
}

type Lines = NonNullable<Accepted['part']['lines']>

/**
 * Accepted rows stand in the order of their lines: what is missing are the gaps between them, found without keeping anything in
 * memory (0.2 s for 10 million rows instead of 0.9 s for a join, 2026-11).
 *
 * @returns false, with nothing found, when the rows turn out to be in another order
 */
async function findGaps(engine: Engine, { part, path, rows }: Accepted, lines: Lines): Promise<boolean> {
  const [first, end] = [lines.firstLine, lines.firstLine + lines.count]
  await engine.run(sql`
    insert into ${MISSING}
    with
    _accepted as (
      select _line, lag(_line, 1, ${number(first - 1)}) over () as _before from ${readParquet([path])}
    ),
    _gaps as (
      select _before + 1 as _first, _line as _end from _accepted where _line <> _before + 1
      union all
      select coalesce(max(_line), ${number(first - 1)}) + 1, ${number(end)} from _accepted
    )
    select ${literal(part.name)}, ${literal(lines.fileId)}, unnest(range(_first, _end)) from _gaps`)
  const ofPart = sql`from ${MISSING} where _part = ${literal(part.name)}`
  const { found } = await engine.row<{ found: number }>(sql`select count(*) as found ${ofPart}`)
  if (found === lines.count - rows) return true
  await engine.run(sql`delete ${ofPart}`)
  return false
}

function number(value: number): Sql {
  return raw(`${value}::bigint`)
}
