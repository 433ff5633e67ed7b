import avro from 'avsc'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EncodedBlock } from '../../backup/encode-rows.ts'
import { LineageEncoder, lineageSchema, selectLineage } from '../../backup/lineage.ts'
import { configSchema, type TableConfig } from '../../core/config/schema.ts'
import { Engine } from '../../core/engine.ts'
import { literal, type Sql, sql } from '../../core/sql.ts'

const table = configSchema.parse({
  name: 'x',
  tables: { t: { files: ['x.csv'], columns: { id: { type: 'integer' } }, primaryKey: ['id'] } },
}).tables.t as TableConfig

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ path: ':memory:' })
})
afterAll(() => engine.close())

async function blocksOf(rows: Sql): Promise<EncodedBlock[]> {
  const encoder = new LineageEncoder(lineageSchema('t', table), table, 0, new Map())
  const blocks = []
  for await (const chunk of engine.chunks(sql`select ${selectLineage(table)} from (${rows})`))
    blocks.push(...encoder.encode(chunk))
  const last = encoder.end()
  return [...blocks, ...(last === null ? [] : [last])]
}

/** The stretches that are encoded for rows, as `[file, run, first line, rows]`. */
async function stretchesOf(rows: Sql): Promise<unknown[][]> {
  const type = avro.Type.forSchema(JSON.parse(lineageSchema('t', table)))
  return (await blocksOf(rows)).flatMap(({ bytes }) => {
    const found: unknown[][] = []
    for (let at = 0; at < bytes.length; ) {
      const { value, offset } = type.decode(Buffer.from(bytes), at)
      found.push([value._file_id, value._run_id, value._line, value._rows])
      at = offset
    }
    return found
  })
}

test('rows that follow one another make one stretch, also from chunk to chunk', async () => {
  const rows = sql`
    select
      case when i < 3000 then 'one file of many' else 'another file' end as _file_id,
      case when i < 5000 then 7 when i < 5001 then null else 9007199254740993 end::bigint as _run_id,
      case when i = 4000 then 1 else i + 10 end as _line
    from range(6000) as numbers(i)`
  expect(await stretchesOf(rows)).toEqual([
    ['one file of many', '7', 10, 3000],
    ['another file', '7', 3010, 1000],
    ['another file', '7', 1, 1],
    ['another file', '7', 4011, 999],
    ['another file', null, 5010, 1],
    ['another file', '9007199254740993', 5011, 999],
  ])
})

test('no stretch is lost when the last one fills a block', async () => {
  const jumping = (count: number) =>
    sql`select 'a file' as _file_id, 1::bigint as _run_id, i * 2 as _line from range(${literal(count)}) as numbers(i)`
  const [first] = await blocksOf(jumping(6000))
  const full = first?.rows ?? 0
  expect(full).toBeGreaterThan(1000)
  for (const count of [full - 1, full, full + 1]) expect((await stretchesOf(jumping(count))).length).toBe(count)
})
