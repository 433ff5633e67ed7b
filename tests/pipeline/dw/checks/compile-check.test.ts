import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TableConfig } from '../../../../core/config/schema.ts'
import { Engine } from '../../../../core/engine.ts'
import { ident, join, literal, raw, sql } from '../../../../core/sql.ts'
import { ALLOWED_FUNCTIONS } from '../../../../pipeline/dw/checks/allowed.ts'
import { compileCheck } from '../../../../pipeline/dw/checks/index.ts'

const required = true
const table: TableConfig = {
  files: ['*.csv'],
  columns: {
    id: { type: 'bigint', required },
    Amount: { type: 'decimal(10,2)', required },
    name: { type: 'string', required },
    'we"ird; col': { type: 'integer', required },
    joined: { type: 'timestamp', required },
    left_on: { type: 'date', required },
    doc: { type: 'json', required },
    active: { type: 'boolean', required },
    ratio: { type: 'double', required },
  },
  primaryKey: ['id'],
  references: [],
  checks: [],
  severity: {},
  onConflict: 'reject',
  unique: [],
  onExtraColumns: 'keep',
  onMissingColumns: 'allow',
}
const STARTED = new Date('2026-11-21T12:34:56.789Z')

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ path: ':memory:' })
  await engine.run(sql`create table secrets as select 'x' as name, 1 as id`)
})
afterAll(() => engine.close())

const compile = (expression: string) =>
  compileCheck(engine, table, { name: 'c', expression, message: 'm', severity: 'quarantine' }, STARTED)

const ROW = {
  id: '9007199254740993',
  Amount: '19.95',
  name: "O'Hara",
  'we"ird; col': '7',
  joined: '2026-11-21 12:00:00',
  left_on: '2026-11-22',
  doc: '{"a": {"b": 5}}',
  active: 'true',
  ratio: '0.5',
}

/** Whether the row above passes. */
async function passes(expression: string): Promise<boolean> {
  const compiled = await compile(expression)
  if ('fault' in compiled) throw new Error(compiled.fault)
  const typed = Object.entries(ROW).map(([name, text]) => {
    const type = table.columns[name]?.type ?? ''
    return sql`${literal(text)}::${raw(type === 'string' ? 'varchar' : type)} as ${ident(`_typed_${name}`)}`
  })
  const { passes } = await engine.row<{ passes: boolean }>(
    sql`select not ${compiled.broken} as passes from (select ${join(typed, ', ')})`,
  )
  return passes
}

test.each([
  ["cast('x' as integer) > 1", false],
  ['null = 5', true],
  ['coalesce(cast(name as integer), 5) > 1', false],
  ['case when active then true else cast(name as integer) > 1 end', true],
  ['case when not active then true else cast(name as integer) > 1 end', false],
  ['case cast(name as integer) when 1 then true end', false],
  ['coalesce(id, cast(name as integer)) > 1', true],
  ['nullif(cast(name as integer), 5) > 1', false],
  ['coalesce(id, 0) * coalesce(id, 1) > 1', false],
  ['coalesce(ratio, 0) * 2 + case when active then 1 else 0 end = 2', true],
  ['case when active then null else false end', true],
  ['case when active then false end', false],
  ['case when not active then false end', true],
  ['amount > 19.94 and "AMOUNT" < 19.96', true],
  ['id = 9007199254740993', true],
  ['id = 9007199254740992', false],
  ['amount = 19.9500000000000000000000000001', false],
  ["name = 'O''Hara' -- a comment with ' and ;", true],
  ["/* a ; comment */ name like 'O%'", true],
  ["name <> $$'; drop table secrets; --$$", true],
  ['"we""ird; col" between 1 and 7', true],
  ['joined <= $run_started_at', true],
  ['joined > $run_started_at - interval 1 hour', true],
  ['left_on > joined::date', true],
  ["doc->>'$.a.b' = '5' and json_extract(doc, '$.a.b')::integer = 5", true],
  ['case when active then ratio between 0 and 1 else ratio is null end', true],
  ["name in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j') or not active is null", true],
  ["regexp_full_match(name, '[A-Z].[A-Z][a-z]+')", true],
  ["name similar to 'O.*' and name ~ '.*a'", true],
  ["extract(year from joined) = 2026 and date_trunc('month', left_on) = date '2026-11-01'", true],
  ['nullif(id, id) > 5', true],
  ['coalesce(nullif(amount, 19.95), 0) = 0', true],
  ["substring(name from 1 for 2) = 'O''' and position('H' in name) = 3 and trim(name) = name", true],
  ["id is distinct from 5 and name not in ('x') and name not like 'x%' and name not ilike 'x'", true],
  ["name[1] = 'O' and name[1:2] = 'O'''", true],
  ['list_contains([1, 7], "we""ird; col")', true],
  ['cast(name as integer) > 5', false],
  ['id * id > 5', false],
  ['try_cast(name as integer) is null', true],
  ["e'\\n' <> name and 'ünï🦆' <> name", true],
  ['-id < 0 and +id > 0 and 1e3 > ratio', true],
  ['left_on > joined', true],
  ['name is not null and not (active is null)', true],
  [`${'('.repeat(1990)}true${')'.repeat(1990)}`, true],
  ['ratio = 0.5e0 and 1e3 > ratio', true],
])('%s', async (expression, expected) => {
  expect(await passes(expression)).toBe(expected)
})

test.each([
  '(select count(*) from secrets) > 0',
  'exists (from secrets)',
  'id in (select id from secrets)',
  'id = any(select id from secrets)',
  '1) from secrets where (true',
  '1), (2',
  '1) union all (select 2',
  'true; drop table secrets',
  'true) -- ',
  'true /*',
  'true); drop table secrets; select (true',
  'count(*) > 0',
  'sum(id) > 0',
  'max(id) over () > 0',
  'row_number() over (order by id) = 1',
  "getenv('HOME') is null",
  "current_setting('threads') > 0",
  "getvariable('x') is null",
  "read_text('/etc/passwd') is null",
  "'/etc/passwd' in (select filename from read_text('/etc/*'))",
  "glob('*') is null",
  "nextval('s') > 0",
  "query('select 1') is null",
  "pg_typeof(id) = 'x'",
  'random() > 0.5',
  'uuid() is not null',
  'now() > joined',
  'current_date > left_on',
  'current_timestamp > joined',
  "version() = 'x'",
  'current_user = name',
  'rowid = 1',
  '_file_id is not null',
  '_typed_id > 0',
  't.id > 0',
  'main.secrets.id > 0',
  '*',
  "columns('.*') > 0",
  'list_transform([1], lambda x: x + id) is not null',
  'list_sum([id]) > 0',
  "{'a': id}.a > 0",
  'name::secrets is null',
  "name::enum('a') is null",
  'joined::timestamptz is null',
  "'secrets'::regclass is null",
  "name collate nocase = 'x'",
  'id > ?',
  'id > $1',
  'id > $other',
  '#1 > 0',
  'default',
  "error('x') is null",
  'repeat(name, 1000000000) = name',
  "upper(x := name) = 'x'",
  'id',
  "name || 'x'",
  'null',
  'name > joined + 1',
  'nosuch > 5',
  'amont > 5',
  '',
  '--',
  'id >',
  `${'not '.repeat(990)}true`,
  `${'-'.repeat(1)}${'- '.repeat(1900)}id > 0`,
  'ⅰd > 0',
  'id＞0',
  'id > 0 ; ',
  "write_log('x') is null",
  'id > 1e400',
  'set_bit(id, 1) > 0',
  'unnest([1,2]) > 0',
  'try(id > 0)',
  'struct_pack(a := 1) is null',
  'grouping(id) = 0',
  'id = all (select 1)',
  '(id, name) = (1, name)',
  'array[1] = [id]',
  'x\u2028> 0',
])('refused: %s', async (expression) => {
  const compiled = await compile(expression)
  expect(compiled).toHaveProperty('fault')
})

test('each function that a check may use is a scalar one that looks at nothing but its arguments', async () => {
  const found = await engine.rows<{ name: string }>(sql`
    select function_name as name from duckdb_functions()
    group by function_name
    having bool_and(function_type = 'scalar' and stability = 'CONSISTENT')`)
  const names = new Set(found.map(({ name }) => name))
  expect([...ALLOWED_FUNCTIONS].filter((name) => !names.has(name))).toEqual([])
})
