// A reader of lakes that is a process of its own and knows nothing of droplake: DuckDB, read-only, opened anew each time.
// Takes a line of JSON { path }, answers with a line of JSON: what a user of that catalog sees.
import { createInterface } from 'node:readline'
import { DuckDBInstance } from '@duckdb/node-api'

const quoted = (name) => `"${name.replaceAll('"', '""')}"`

/** Columns that differ from run to run. */
const CHANGING = new Set(['_valid_from', '_valid_to', '_run_id'])

async function look(path) {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY', threads: '1' })
  const connection = await instance.connect()
  try {
    const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowsJson()
    const [[version]] = await rows('select version from control.lake')
    const columns = await rows(
      `
      select schema_name, view_name, list(column_name order by column_index)
      from duckdb_views() as v join duckdb_columns() as c on c.schema_name = v.schema_name and c.table_name = v.view_name
      where not v.internal group by all order by all`.replaceAll(
        'schema_name, view_name, list',
        'v.schema_name, v.view_name, list',
      ),
    )
    const tables = {}
    for (const [schema, view, names] of columns) {
      const list = names.filter((name) => !CHANGING.has(name)).map(quoted)
      const [[count, digest]] = await rows(`
        select count(*), coalesce(md5(string_agg(r, chr(10) order by r)), '')
        from (select struct_pack(${list.map((name, i) => `c${i} := ${name}`).join(', ')})::varchar as r from ${quoted(schema)}.${quoted(view)})`)
      tables[`${schema}.${view}`] = `${count} rows ${digest}`
    }
    return {
      version: Number(version),
      tables,
      ownTables: (
        await rows(
          `select schema_name || '.' || table_name from duckdb_tables() where schema_name <> 'control' order by 1`,
        )
      ).flat(),
      files: await rows(
        `select name, table_name, outcome, records, loaded, updated, unchanged, quarantined, sha256 from control.files order by all`,
      ),
      runs: (await rows('select run_id, version, status, error from control.runs order by run_id')).map(
        ([runId, at, status, error]) => ({ runId: Number(runId), version: Number(at), status, error }),
      ),
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { path } = JSON.parse(line)
  const answer = await look(path).catch((error) => ({ error: String(error?.message ?? error) }))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
