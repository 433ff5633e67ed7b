import type { Engine } from '../../core/engine.ts'
import { ident, join, literal, raw, type Sql, sql } from '../../core/sql.ts'

/** Of so many runs that took uploads, refused files, duplicates and columns that differ are told. */
const RUNS_TOLD = 20

/** `file`, `line`, `kind`, `table`, `reason`, `run`: what is wrong with the files that came, one row per record and rule. */
export const ANOMALIES = ident('temp', 'anomalies')

/** Collect the anomalies that the open catalog knows of: open records of the quarantine, and files of the last runs. */
export async function collectAnomalies(engine: Engine): Promise<void> {
  await engine.run(sql`
    create or replace temp table anomalies (file varchar, line bigint, kind varchar, "table" varchar, reason varchar, run bigint)`)
  const tables = await engine.rows<{ name: string }>(
    sql`select view_name as name from duckdb_views() where schema_name = 'quarantine' and not internal order by name`,
  )
  for (const { name } of tables) await engine.run(sql`insert into ${ANOMALIES} ${openRecords(name)}`)
  await engine.run(sql`insert into ${ANOMALIES} ${refusedFiles()}`)
  await engine.run(sql`insert into ${ANOMALIES} ${duplicateFiles()}`)
  await addOtherColumns(engine)
}

/** Reasons stand in the order of their rules; where a value has the mark between them in it, the whole is told. */
function openRecords(table: string): Sql {
  return sql`
    with
    _open as (
      select _file, _line, _run_id, _rules, _reason, string_split(_reason, '; ') as _reasons
      from ${ident('quarantine', table)}
      where _status = 'open'
    ),
    _broken as (select *, unnest(_rules) as _rule, generate_subscripts(_rules, 1) as _place from _open)
    select
      _file, _line,
      case
        when _rule = 'malformed' then 'malformed record'
        when starts_with(_rule, 'unique:') then 'duplicate record'
        else _rule
      end,
      ${literal(table)},
      case when len(_reasons) = len(_rules) then _reasons[_place] else _reason end,
      _run_id
    from _broken`
}

/** Runs that took uploads and count, the last ones. */
const RECENT = raw(`(
  select run_id from control.runs where status = 'committed' and files > 0 order by run_id desc limit ${RUNS_TOLD}
)`)

function refusedFiles(): Sql {
  return sql`
    select
      name, null,
      case when regexp_matches(reason, '^CSV_(HEADER_MISMATCH|NO_RECORD_FITS)') then 'schema mismatch' else 'refused file' end,
      table_name, regexp_replace(reason, '^[A-Z_]+: ', ''), run_id
    from control.files
    semi join ${RECENT} as _recent using (run_id)
    where outcome = 'refused'`
}

function duplicateFiles(): Sql {
  return sql`
    with _originals as (
      select file_id, max_by(name, run_id) as original, max(run_id) as loaded_by
      from control.files where outcome = 'loaded' group by file_id
    )
    select
      name, null, 'duplicate file', table_name,
      'it has the same content as "' || original || '" of run ' || loaded_by, run_id
    from control.files
    semi join ${RECENT} as _recent using (run_id)
    join _originals on _originals.file_id = files.duplicate_of
    where outcome = 'duplicate'`
}

/** What `control.files.dialect` tells of columns. */
interface ColumnsFound {
  readonly extra?: readonly string[]
  readonly missing?: readonly string[]
  readonly renamed?: readonly { readonly found: string; readonly column: string }[]
}

async function addOtherColumns(engine: Engine): Promise<void> {
  const files = await engine.rows<{ name: string; table_name: string; run_id: number; dialect: string }>(sql`
    select name, table_name, run_id, dialect
    from control.files
    semi join ${RECENT} as _recent using (run_id)
    where outcome = 'loaded'
      and greatest(
        json_array_length(dialect, '$.extra'), json_array_length(dialect, '$.missing'), json_array_length(dialect, '$.renamed')
      ) > 0
      -- A CSV of the quarantine has columns of ours.
      and not list_contains(json_extract_string(dialect, '$.extra[*]'), '_id')`)
  const rows = files.map((file) => {
    const reason = describeColumns(JSON.parse(file.dialect) as ColumnsFound)
    return sql`(${literal(file.name)}, null, 'schema mismatch', ${literal(file.table_name)}, ${literal(reason)}, ${literal(file.run_id)})`
  })
  if (rows.length > 0) await engine.run(sql`insert into ${ANOMALIES} values ${join(rows, ', ')}`)
}

function describeColumns({ extra = [], missing = [], renamed = [] }: ColumnsFound): string {
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')
  return [
    ...(extra.length === 0 ? [] : [`it has columns that the table does not have: ${quoted(extra)}`]),
    ...(missing.length === 0 ? [] : [`it lacks ${quoted(missing)}`]),
    ...renamed.map(({ found, column }) => `it writes "${found}" for "${column}"`),
  ].join('; ')
}
