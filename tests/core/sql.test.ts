import { expect, test } from 'vitest'
import { Engine } from '../../core/engine.ts'
import { exactPath, ident, join, literal, sql } from '../../core/sql.ts'

const NAMES = ['we"ird', 'drop table', "it's", '中文', 'a*.csv', 'select']

test('names are quoted and values are bound', () => {
  const query = sql`select ${ident('dw', 'we"ird')} where a = ${'x'} and b in (${join([sql`${1}`, sql`${null}`], ', ')})`
  expect(query.text).toBe('select "dw"."we""ird" where a = ? and b in (?, ?)')
  expect(query.values).toEqual(['x', 1, null])
})

test.each(NAMES)('the name %s names a column, and as a literal it is itself', async (name) => {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    const row = await engine.row(sql`select ${literal(name)} as ${ident(name)}, ${name} as bound`)
    expect(row).toEqual({ [name]: name, bound: name })
  } finally {
    engine.close()
  }
})

test('literals of every kind come back as they went in', async () => {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    const moment = new Date('2021-02-28T23:59:59.123Z')
    const row = await engine.row(
      sql`select ${literal(null)} as a, ${literal(true)} as b, ${literal(-7)} as c, ${literal(moment)} as d, ${literal(["x'", 'y'])} as e`,
    )
    expect(row).toEqual({ a: null, b: true, c: -7, d: moment, e: ["x'", 'y'] })
  } finally {
    engine.close()
  }
})

test('whole numbers are bound as integers, so that they fit date functions', async () => {
  const engine = await Engine.open({ path: ':memory:' })
  try {
    const row = await engine.row(
      sql`select typeof(${2021}) as small, typeof(${2 ** 40}) as large, typeof(${0.5}) as fraction`,
    )
    expect(row).toEqual({ small: 'INTEGER', large: 'BIGINT', fraction: 'DOUBLE' })
  } finally {
    engine.close()
  }
})

test('a path with pattern characters means that one file', () => {
  expect(exactPath('/data/a[x]*?/b.parquet')).toBe('/data/a[[]x][*][?]/b.parquet')
})
