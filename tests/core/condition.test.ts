import { expect, test } from 'vitest'
import { readCondition } from '../../core/condition.ts'
import { Engine } from '../../core/engine.ts'
import { sql } from '../../core/sql.ts'

async function withEngine<Result>(work: (engine: Engine) => Promise<Result>): Promise<Result> {
  const engine = await Engine.open({ path: ':memory:', threads: 1 })
  try {
    return await work(engine)
  } finally {
    engine.close()
  }
}

test('a condition may have anything that looks at its own row', () =>
  withEngine(async (engine) => {
    const conditions = [
      'a > 1',
      'a = 2 --',
      "a = 2 -- ' ;",
      'a = 2 /* ; drop */',
      '"a" in (2, 3)',
      "concat(a, ';') = '2;'",
    ]
    for (const text of [
      ...conditions,
      "a = 2 or b = 'it''s'",
      'list_contains([a], 2)',
      'a = 9007199254740993 - 9007199254740991',
    ]) {
      const condition = await readCondition(engine, text)
      const { rows } = await engine.row<{ rows: number }>(
        sql`select count(*) as rows from (values (1, 'x'), (2, 'y')) as t(a, b) where ${condition}`,
      )
      expect([text, rows]).toEqual([text, 1])
    }
  }))

test.each([
  ['1) or (1', 'syntax error'],
  ['true; drop view dw.t', 'Only SELECT statements'],
  ['true; select 1', 'more than one condition'],
  ['true from t', 'more than one condition'],
  ['true where true', 'more than one condition'],
  ['true union select false', 'more than one condition'],
  ['true limit 1', 'more than one condition'],
  ['true order by 1', 'more than one condition'],
  ['true group by all', 'more than one condition'],
  ['distinct true', 'more than one condition'],
  ['a, b', 'more than one condition'],
  ['true as x', 'more than one condition'],
  ['exists (from t)', 'it has a subquery'],
  ["(select content from read_text('/etc/passwd')) is null", 'it has a subquery'],
  ['row_number() over () = 1', 'it has a window function'],
  ['$year = 2021', 'it has a parameter'],
  ['*', 'it has a *'],
  ['/* open', 'unterminated'],
  ['', 'SELECT clause without selection list'],
])('%s is refused', (text, found) =>
  withEngine(async (engine) => {
    await expect(readCondition(engine, text)).rejects.toMatchObject({
      code: 'QUERY_REFUSED',
      message: expect.stringContaining(found),
    })
  }),
)
